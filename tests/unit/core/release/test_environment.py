# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The environment file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.environment import bits_beyond_owner, parse, render

VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=40)


def test_variables_are_sorted_and_plain_values_unquoted() -> None:
    assert render({"B": "x", "A": 8000, "C": True, "D": None}) == "A=8000\nB=x\nC=true\nD=\n"


def test_a_dollar_is_quoted_so_that_compose_does_not_fill_it_in() -> None:
    assert render({"A": "pa$$w0rd ${HOME}"}) == "A='pa$$w0rd ${HOME}'\n"


@given(VALUES)
def test_every_value_of_one_line_reads_back_as_it_was(value: str) -> None:
    assert parse(render({"A": value})) == {"A": value}


def test_a_value_of_several_lines_is_refused_without_being_shown() -> None:
    with pytest.raises(InputError, match="the value of KEY has more than one line") as caught:
        render({"KEY": "secret\nlines"})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["1A", "A-B", "", "A B"])
def test_a_name_that_no_shell_accepts_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name"):
        render({name: "x"})


@pytest.mark.parametrize(("mode", "bits"), [(0o100600, 0), (0o100640, 1), (0o100644, 2), (0o100400, 0), (0o100777, 7)])
def test_permission_bits_beyond_the_owner_are_counted(mode: int, bits: int) -> None:
    assert bits_beyond_owner(mode) == bits
