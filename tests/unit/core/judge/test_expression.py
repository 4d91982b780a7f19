# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SLI expressions."""

from __future__ import annotations

import contextlib

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.aggregate import parse_aggregation
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.expression import parse_expression
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.limit import parse_limit


def test_a_plain_name_is_an_expression() -> None:
    assert parse_expression("host.cpu").numerator.sli == "host.cpu"


def test_labels_are_read_in_any_order_and_spacing() -> None:
    read = parse_expression("bundle.size{ encoding = gzip,set=all_client_js }").numerator
    assert read == parse_expression('bundle.size{set="all_client_js", encoding=gzip}').numerator


def test_a_label_value_may_hold_blanks_in_quotes() -> None:
    assert parse_expression('build.failures{command="npm run build"}').numerator.labels == (("command", "npm run build"),)


def test_a_ratio_has_a_sum_below() -> None:
    read = parse_expression("redis.hits / (redis.hits + redis.misses)")
    assert [reference.sli for reference in read.denominator] == ["redis.hits", "redis.misses"]


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "expected the name of an SLI"),
        ("qa.points_pased", 1, "did you mean 'qa.points_passed'"),
        ("redis.hits / redis.mises", 14, "did you mean 'redis.misses'"),
        ("bundle.size{sett=all}", 13, "did you mean 'set'"),
        ("host.cpu{core=1}", 10, "it has no labels"),
        ("bundle.size{set=a, set=b}", 20, "stands twice"),
        ("bundle.size{set=}", 13, "expected label=value"),
        ("bundle.size{set=a", 13, "expected label=value"),
        ("redis.hits / (redis.hits + redis.misses", 40, r"expected \+ or \)"),
        ("redis.hits redis.misses", 12, "should end here"),
        ("redis.hits - redis.misses", 12, "should end here"),
        ("redis.hits / host.cpu", 1, "cannot be divided"),
        ("__import__('os')", 1, "expected the name of an SLI"),
        ("{{ lookup('pipe', 'id') }}", 1, "expected the name of an SLI"),
    ],
)
def test_an_error_names_the_column_and_what_to_do(text: str, column: int, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        parse_expression(text, "field sli")
    assert f"field sli, column {column} " in caught.value.where


WORDS = ["redis.hits", "redis.misses", "bundle.size", "set", "gzip", "p(95)", "last", "<=", "==", "0", "1e9", "pct", "kB"]
SIGNS = ["{", "}", "(", ")", "/", "+", ",", "=", '"', " ", "\n", "\x00", "é", "{{"]
HOSTILE = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS + SIGNS), max_size=40).map("".join))


@hypothesis.settings(max_examples=1000)
@hypothesis.given(HOSTILE)
def test_no_text_makes_the_parsers_fail_in_any_other_way_than_by_an_input_error(text: str) -> None:
    for parse in (parse_expression, lambda given: parse_limit(given, "bytes", ""), lambda given: parse_aggregation(given, "")):
        with contextlib.suppress(InputError):
            parse(text)


@pytest.mark.parametrize("given", [None, 3, True, ["host.cpu"], {"a": 1}, "(" * 100000, "redis.hits / (" + "redis.hits + " * 9999])
def test_values_of_other_types_and_sizes_are_input_errors(given: object) -> None:
    with pytest.raises(InputError):
        parse_expression(given)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        parse_limit(given, "bytes", "")
    with pytest.raises(InputError):
        parse_aggregation(given, "")
