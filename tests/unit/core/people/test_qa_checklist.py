"""A QA sheet is counted the way a careful reader would count it."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.people.qa_checklist import parse_csv, parse_markdown
from ansible_collections.proofile.stagegate.plugins.module_utils.core.people.qa_issues import severity_of, state_of

SHEET = """\
# Manual QA checklist

About ~200 points in all.

## Prerequisites
- [x] The stack runs

## Part 1: Functionality
### Login
- [x] Signs in
- [ ] Refuses a wrong password
- [~] Half of it
### Section setup
- [X] A group whose name only sounds like a prerequisite

## Part 2: Browsers
| Page | Chrome | Firefox |
|------|--------|---------|
| Login | [x] | [ ] |
| Home | ✅ | ❌ |

```
- [x] in a code block
```
<!-- - [x] in a comment -->

## Points
- [x] Summary of part 1

## Issues found
### Critical
| Issue | Priority | Status | Notes |
|-------|----------|--------|-------|
| Crash on save | high | Open | |
### Major
| Issue | Priority | Status | Notes |
|-------|----------|--------|-------|
| Slow list | P1 | won't fix | |
| _None_ | | | |
### Minor
- [x] Typo in footer

## Sign-Off
Team: ____________ Date: __________
Score: 190/200
- [ ] Approved
| Team | Name |
|------|------|
| QA   |      |
"""


def test_points_are_boxes_outside_of_prerequisites_summary_and_sign_off() -> None:
    sheet = parse_markdown(SHEET)
    assert (sheet.total, sheet.passed) == (8, 4)


def test_only_an_x_is_passed() -> None:
    assert any("Half of it" in line for line in parse_markdown(SHEET).not_passed)


def test_the_sheet_s_own_claims_are_read_apart_from_the_count() -> None:
    sheet = parse_markdown(SHEET)
    assert (sheet.stated, sheet.score) == (200, 190)


def test_a_blank_score_is_no_score() -> None:
    assert parse_markdown("# A\n- [x] a\n## Sign-off\nScore: _____/200\n").score is None


def test_issues_come_with_severity_of_their_heading_and_state() -> None:
    found = [(issue.severity, issue.title, issue.state) for issue in parse_markdown(SHEET).issues]
    assert found == [
        ("critical", "Crash on save", "open"),
        ("major", "Slow list", "documented"),
        ("minor", "Typo in footer", "resolved"),
    ]


def test_blanks_of_the_sign_off_block_are_counted() -> None:
    assert parse_markdown(SHEET).sign_off_blanks == 4


def test_a_box_with_boxes_under_it_is_not_counted_twice() -> None:
    sheet = parse_markdown("# A\n- [ ] parent\n  - [x] one\n  - [x] two\n- [x] three\n")
    assert (sheet.total, sheet.passed) == (3, 3)
    assert sheet.left_out == ("1 boxes left out: they repeat the boxes nested under them",)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is empty"),
        ("   \n\n", "is empty"),
        ("# Title\nonly prose\n", "holds no point"),
        ("# Sign-off\n- [x] Approved\n", "holds no point"),
        ("# A\n\x00\n- [x] a\n", "is no text"),
        ("# A\n" + " " * 100 + "- [x] deep\n", "nested deeper"),
        ("# A\n" + "x" * 6000, "longer than 5000"),
        ("x\n" * 20_001, "more than 20000 lines"),
    ],
)
def test_a_sheet_that_cannot_be_used_is_refused_with_its_line(text: str, what: str) -> None:
    with pytest.raises(EvidenceError, match=what) as caught:
        parse_markdown(text)
    assert "line" in caught.value.where


def test_an_issue_without_severity_is_refused_with_its_line() -> None:
    text = "# A\n- [x] a\n## Issues\n| Issue | Status |\n|---|---|\n| Broken | open |\n"
    with pytest.raises(EvidenceError, match="no severity") as caught:
        parse_markdown(text)
    assert caught.value.where == "line 6"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Fixed", "resolved"),
        ("**Resolved** in 1a2b", "resolved"),
        ("✅ Done", "resolved"),
        ("Documented", "documented"),
        ("Won't fix", "documented"),
        ("known issue", "documented"),
        ("open", "open"),
        ("In progress", "open"),
        ("", "open"),
        ("not fixed", "open"),
        ("fixed?", "open"),
        ("Fixed, reopened", "open"),
        ("Resolved - pending review", "open"),
        ("unresolved", "open"),
        ("whatever", "open"),
        ("{{ lookup('pipe', 'id') }}", "open"),
    ],
)
def test_a_status_is_settled_only_when_it_says_so(status: str, state: str) -> None:
    assert state_of(status) == state


@pytest.mark.parametrize(("text", "severity"), [("Critical Issues", "critical"), ("P1", "major"), ("low", "minor"), ("x", None)])
def test_a_severity_is_named_by_a_word(text: str, severity: str | None) -> None:
    assert severity_of(text) == severity


def test_a_sheet_in_csv_holds_points_and_issues() -> None:
    sheet = parse_csv("id,title,status,severity\n1,Signs in,passed,\n2,Logs out,failed,\n3,Crash,open,Critical\n")
    assert (sheet.total, sheet.passed, sheet.issues[0].severity) == (2, 1, "critical")


def test_a_csv_without_the_columns_is_refused() -> None:
    with pytest.raises(EvidenceError, match="no title and status column"):
        parse_csv("a,b\n1,2\n")
