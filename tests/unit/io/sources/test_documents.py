# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documents from outside become plain values, or an error that says where."""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources import documents
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.documents import (
    parse_csv,
    parse_json,
    parse_yaml,
    read_document,
)

finite = st.floats(allow_nan=False, allow_infinity=False)
letters = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
# YAML has no pairs of surrogates, which is how ASCII JSON writes what lies beyond the basic plane.
basic = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF), max_size=20)


def values_of(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | st.booleans() | st.integers(-(10**40), 10**40) | finite | texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
        max_leaves=20,
    )


@hypothesis.given(values_of(letters))
def test_what_json_can_say_comes_back(value: Any) -> None:
    assert parse_json(json.dumps(value), "here") == value
    assert parse_json(json.dumps(value, ensure_ascii=False, indent=2), "here") == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' stands twice"),
        ('{"\\u0061": 1, "a": 2}', "the key 'a' stands twice"),
        ("[NaN]", "NaN is no number"),
        ('{"p95": Infinity}', "Infinity is no number"),
        ("-Infinity", "-Infinity is no number"),
        ("1e999", "1e999 is too large"),
        ("-1e999", "too large"),
        ("1" * 301, "301 digits"),
        ("0." + "1" * 400, "too large"),
        ('"\\ud800"', "half a letter"),
        ('{"\\udfff": 1}', "half a letter"),
        ("[" * 51 + "]" * 51, "nested too deeply"),
        ('{"a":' * 51 + "1" + "}" * 51, "nested too deeply"),
        ("[" + "1," * 200_000 + "1]", "too many parts"),
        ("", "is no JSON"),
        ("{'a': 1}", "is no JSON"),
        ('{"a": 1} trailing', "is no JSON"),
        ('"' + "a" * (16 * 1024 * 1024), "too large"),
        ("\ufeff{}", "is no JSON"),
        ("]" * 100, "is no JSON"),
    ],
)
def test_json_that_is_not_read(text: str, says: str) -> None:
    with pytest.raises(EvidenceError, match=says) as caught:
        parse_json(text, "report.json")
    assert caught.value.where == "report.json"


def test_json_at_the_limits_is_read() -> None:
    assert parse_json("[" * 50 + "]" * 50, "here")
    assert len(parse_json("[" + "1," * 199_998 + "1]", "here")) == 199_999
    assert parse_json("9" * 300, "here") == 10**300 - 1
    assert math.isfinite(float(parse_json("9" * 300, "here")))
    brackets = '["' + '[{,:\\"\\\\' * 100_000 + '"]'
    assert len(parse_json(brackets, "here")[0]) == 600_000


@hypothesis.given(values_of(basic))
def test_yaml_reads_what_json_says(value: Any) -> None:
    assert parse_yaml(json.dumps(value), "here") == value


def test_yaml_words_mean_what_they_look_like() -> None:
    text = """
answer: NO
time: 12:30:45
day: 2026-11-23
version: 1.10
zip: 007
big: 1_000
hex: 0x1F
octal: 0o17
truth: [true, True, TRUE, false]
nothing: [null, ~, ]
quoted: ["true", '1', "~"]
1: one
block: |
  {{ lookup('pipe', 'id') }}
"""
    assert parse_yaml(text, "here") == {
        "answer": "NO",
        "time": "12:30:45",
        "day": "2026-11-23",
        "version": 1.1,
        "zip": 7,
        "big": "1_000",
        "hex": 31,
        "octal": 15,
        "truth": [True, True, True, False],
        "nothing": [None, None],
        "quoted": ["true", "1", "~"],
        "1": "one",
        "block": "{{ lookup('pipe', 'id') }}\n",
    }
    assert parse_yaml("", "here") is None
    assert parse_yaml("# nothing\n", "here") is None


BOMB = "a: &a [x, x]\n" + "".join(f"{name}: &{name} [*{before}, *{before}]\n" for before, name in zip("abcdefghij", "bcdefghijk"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "an anchor is not read"),
        ("a: *a", "an alias is not read"),
        ("a: &x 1", "an anchor is not read"),
        ("!!python/object/apply:os.system [id]", "a tag is not read"),
        ("a: !vault secret", "a tag is not read"),
        ("a: !!str 1", "a tag is not read"),
        ("a: !unsafe '{{ 1 }}'", "a tag is not read"),
        ("<<: {a: 1}", "a merge key is not read"),
        ("a: 1\nb: 2\na: 3", "the key 'a' stands twice"),
        ('1: a\n"1": b', "the key '1' stands twice"),
        ("a: {b: 1, b: 1}", "the key 'b' stands twice"),
        ("? [a]\n: b", "a key must be a plain value"),
        ("[.nan]", ".nan is no number"),
        ("a: -.INF", "-.INF is no number"),
        ("a: 1e999", "1e999 is too large"),
        ("--- 1\n--- 2", "a second document"),
        ("[" * 20_000, "nested too deeply"),
        ("{a: " * 20_000, "nested too deeply"),
        ("\n".join(" " * level + "-" for level in range(200)), "nested too deeply"),
        ("-\n" * 200_001, "too many parts"),
        ("a: b: c", "is no YAML"),
        ("\tx", "is no YAML"),
        ("a\x00b", "is no YAML"),
        ("\ud800", "is no YAML"),
        ('"\\ud800"', "is no YAML"),
        ("%YAML 9.9\n---\n1", "is no YAML"),
        ("x" * (16 * 1024 * 1024 + 1), "too large"),
    ],
)
def test_yaml_that_is_not_read(text: str, says: str) -> None:
    with pytest.raises(EvidenceError, match=says) as caught:
        parse_yaml(text, "slo.yaml")
    assert caught.value.where.startswith("slo.yaml")


def test_a_mistake_in_yaml_is_shown_by_line_and_column() -> None:
    with pytest.raises(EvidenceError) as caught:
        parse_yaml("a: 1\nb:\n  - c\n  - *d\n", "slo.yaml")
    assert caught.value.where == "slo.yaml, line 4, column 5"


def test_a_host_without_pyyaml_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(InputError, match="no module yaml"):
        parse_yaml("a: 1", "slo.yaml")


def test_the_slow_parser_gives_the_same_within_a_smaller_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    text = "a: [1, NO, {b: ~}]\n"
    fast = parse_yaml(text, "here")
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert parse_yaml(text, "here") == fast == {"a": [1, "NO", {"b": None}]}
    for hostile in (BOMB, "[" * 20_000, "a: 1\na: 2", "x" * (512 * 1024 + 1)):
        with pytest.raises(EvidenceError):
            parse_yaml(hostile, "here")


def test_csv_rows_are_dicts_of_texts() -> None:
    text = 'name,value\r\n"a, b",1\r\n\r\n"{{ lookup(""pipe"") }}",=1+1\r\n'
    assert parse_csv(text, "here", ["value"]) == [{"name": "a, b", "value": "1"}, {"name": '{{ lookup("pipe") }}', "value": "=1+1"}]
    assert parse_csv("a,b\n", "here") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no header line"),
        ("\n \n", "no header line"),
        ("a,a\n1,2\n", "a column stands twice"),
        ("value,b\n1\n", "another number of columns"),
        ("value,b\n1,2,3\n", "another number of columns"),
        ("a\n1\n", "column 'value' is missing"),
        ("value\n" + "x" * 10_001, "longer than 10000"),
        ("value\n" + "x" * 200_000, "longer than 10000|is no CSV"),
        ("value\n" + "1\n" * 200_001, "more than 200000 cells"),
        ("value" + ",a" * 501, "more than 500 columns"),
        ('value\n"1" 2\n', "is no CSV"),
        ('value\n"1', "is no CSV"),
        ("value\n\ud800", "half a letter"),
    ],
)
def test_csv_that_is_not_read(text: str, says: str) -> None:
    with pytest.raises(EvidenceError, match=says):
        parse_csv(text, "here", ["value"])


def test_a_file_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(b"\xef\xbb\xbf[1]\r\n")
    assert read_document(str(path)) == "[1]\r\n"
    assert read_document(str(path), limit_bytes=8) == "[1]\r\n"
    with pytest.raises(EvidenceError, match="8 bytes, the limit is 7"):
        read_document(str(path), limit_bytes=7)


def test_what_is_no_file_of_text_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in (
        tmp_path / "pipe",
        tmp_path / "binary",
        tmp_path / "loop",
        tmp_path,
        tmp_path / "absent",
        "/dev/zero",
        "/proc/self/stat",
        "a\0b",
    ):
        with pytest.raises(EvidenceError):
            read_document(str(name))


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    path.write_text("[1]")
    facts = os.stat(path)
    path.write_text("[1, 2]")
    monkeypatch.setattr(documents.os, "fstat", lambda _descriptor: facts)
    with pytest.raises(EvidenceError, match="changed while it was read"):
        read_document(str(path))
