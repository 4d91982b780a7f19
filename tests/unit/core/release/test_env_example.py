"""Every variable that compose needs is documented, set and real; no value is ever told."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.env_example import (
    examine,
    is_placeholder,
    needed_by_compose,
    read_environment,
    read_example,
)

COMPOSE = """
services:
  api:
    image: api:${RELEASE_TAG}
    # ${NOT_ME}
    environment:
      A: ${A:?is not set}
      B: "${B:-${C}}"
      D: $D
      E: $$E
"""


def test_references_with_a_default_are_optional() -> None:
    needed = needed_by_compose([COMPOSE])
    assert needed.required == {"RELEASE_TAG", "A", "C", "D"}
    assert needed.optional == {"B"}


def test_an_example_that_is_a_placeholder_is_required_one_that_works_is_optional() -> None:
    needed = read_example("A=change-me\nB=\nC=8000\n# D=1\n\n# required in staging\nE=x\n")
    assert needed.required == {"A", "B", "E"}
    assert needed.optional == {"C", "D"}


def test_a_line_of_another_shape_is_refused_with_its_number() -> None:
    with pytest.raises(InputError) as caught:
        read_example("A=1\nwhat is this\n")
    assert caught.value.where == ".env.example line 2"


@pytest.mark.parametrize(
    "value",
    [
        "change-me",
        "CHANGEME",
        "your-secret",
        "<password>",
        "xxx",
        "TODO",
        "example",
        "a@example.com",
        "postgres://user:pass@db/x",
    ],
)
def test_placeholders_are_seen(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize("value", ["8000", "http://localhost:3000", "4f9c0d1be2", "redis://redis:6379/0", "staging", "", "counterexamples"])
def test_real_values_are_no_placeholders(value: str) -> None:
    assert not is_placeholder(value)


def test_a_missing_variable_comes_with_the_name_that_was_probably_meant() -> None:
    needed = needed_by_compose(["x: ${DATABASE_URL:?} ${RELEASE_TAG}"])
    report = examine(needed, read_example("DATABASE_URL=change-me"), {"DATABSE_URL": "s3cret", "X": "todo"}, ["RELEASE_TAG"])
    assert report.missing == ("DATABASE_URL",)
    assert report.hints == ("DATABASE_URL: no value (DATABSE_URL is set and nobody needs it: misspelt?)",)
    assert report.placeholders == ("X",)
    assert report.needed == ("DATABASE_URL",)
    assert "s3cret" not in str(report)


def test_what_compose_needs_and_the_example_does_not_say_is_undocumented() -> None:
    report = examine(needed_by_compose(["x: $A $B"]), read_example("A=1"), {"A": "1", "B": "2"})
    assert report.undocumented == ("B",)


def test_an_environment_is_read_as_texts_and_refused_without_being_shown() -> None:
    assert read_environment('{"A": 1, "B": true, "C": null}') == {"A": "1", "B": "true", "C": ""}
    with pytest.raises(InputError) as caught:
        read_environment('{"A": ["s3cret"]}')
    assert "s3cret" not in str(caught.value)
