# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Argo Rollouts, Keptn and k6 say according to their documents, and what our judge says to the same."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import StagegateError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.imports.import_k6 import import_k6
from ansible_collections.proofile.stagegate.plugins.module_utils.core.imports.import_keptn import import_keptn
from ansible_collections.proofile.stagegate.plugins.module_utils.core.imports.imported import Imported
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.outcome import status_text
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.samples import Samples
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.verdict import gate_verdict, judge_gate
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.ledger import entry_after
from ansible_collections.proofile.stagegate.plugins.module_utils.core.times import rfc3339, unix_seconds
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.documents import parse_json

PEERS = Path(__file__).resolve().parents[3] / "fixtures" / "peers"
TABLES = {path.parent.name: yaml.safe_load(path.read_text()) for path in sorted(PEERS.glob("*/*.yml"))}
PASSING = {"argo": {"Successful"}, "keptn": {"pass"}, "k6": {"pass"}}
# The register of fail-open judges, as far as it is about these three.
REGISTER = {"argo": {1, 2, 3, 4}, "keptn": {5, 6, 7, 8, 9}, "k6": {15, 16, 17}}
KEYS = {"id", "source", "section", "fact", "register", "theirs", "ours", "differs", "looser"}
GIVEN = {
    "argo": {"criteria", "interval", "values", "sampled"},
    "keptn": {"document", "objectives", "comparison", "warning_means", "units", "earlier", "measured"},
    "k6": {"thresholds", "text", "units", "reported"},
}
EARLIER = {"id": "r-20261122T101500Z-ffffffffffff", "release": "ffffffffffff"}
NOON = unix_seconds("2026-11-23T12:00:00.000Z")
Row = dict[str, Any]


def rows(peer: str) -> list[Any]:
    return [pytest.param(row, id=row["id"]) for row in TABLES[peer]["rows"]]


def judged(book: Any, gates: dict[str, Any], series: dict[str, Samples] | None = None) -> tuple[str, list[str], list[str]]:
    """Return the verdict of the only gate, and the status and the sentence of each of its criteria."""
    (gate,) = read_policy(gates).gates.values()
    outcomes = judge_gate(gate, book.evidence(), lambda ref: (series or {})[ref["metric"]], book.now)
    shown = [status_text(outcome.as_dict()) for outcome in outcomes]
    return gate_verdict(outcomes), shown, [outcome.sentence for outcome in outcomes]


def check(row: Row, result: tuple[str, list[str], list[str]]) -> None:
    verdict, statuses, sentences = result
    expected = row["ours"]["statuses"]
    # A status without a reason stands for every reason.
    shown = [full if "(" in wanted else full.split("(")[0] for full, wanted in zip(statuses, expected)] + statuses[len(expected) :]
    assert (verdict, shown) == (row["ours"]["verdict"], expected), sentences


def check_refused(row: Row, read: Any) -> None:
    with pytest.raises(StagegateError) as refused:
        read()
    assert row["ours"]["refused"] in str(refused.value)


# --- Argo Rollouts: criteria of ours, written by hand -------------------------------------------------------------------------------


def record_values(book: Any, row: Row) -> dict[str, Samples]:
    """Record the measurements of a row, one every `interval` seconds; `error` is one that could not be taken.

    They are recorded one by one, as Argo takes them; `sampled: true`, and numbers that are none, come as one series.
    """
    series = {}
    for name, values in row["values"].items():
        criterion = next(item for item in row["criteria"] if f"name={name}" in item["sli"])
        sli = criterion["sli"].split("{")[0]
        body = {"sli": sli, "labels": {"name": name}, "unit": sli.split(".")[1], "source": "an analysis run"}
        points = [(NOON + at * float(row.get("interval", 60)), value) for at, value in enumerate(values) if value != "error"]
        if row.get("sampled") or not all(math.isfinite(value) for _at, value in points):
            series[name] = Samples([at for at, _value in points], [value for _at, value in points])
            book.add("evidence", "soak", {**body, "series": {"file": "soak/r/samples.sqlite", "metric": name}})
            continue
        for at, value in points:
            book.entries.append(
                entry_after(book.entries[-1] if book.entries else None, rfc3339(at), "evidence", book.run, "soak", {**body, "value": value})
            )
    return series


@pytest.mark.parametrize("row", rows("argo"))
def test_argo(book: Any, row: Row) -> None:
    series = record_values(book, row)
    criteria = [{"id": f"soak.metric_{number}", **criterion} for number, criterion in enumerate(row["criteria"])]
    if "refused" in row["ours"]:
        check_refused(row, lambda: read_policy({"soak": {"criteria": criteria}}))
    else:
        check(row, judged(book, {"soak": {"criteria": criteria}}, series))


# --- Keptn: its own words, through the importer -------------------------------------------------------------------------------------


def slo_of(row: Row) -> Any:
    if "document" in row:
        return row["document"]
    comparison = row.get("comparison", {"compare_with": "single_result", "include_result_with_score": "pass"})
    score = {"pass": "90%", "warning": "75%"}
    return {"spec_version": "1.0", "comparison": comparison, "objectives": row["objectives"], "total_score": score}


def imported_slo(row: Row) -> Imported:
    return import_keptn(slo_of(row), "soak", row.get("units", {}), row.get("warning_means", "hold"))


def record_earlier_release(book: Any, imported: Imported, values: dict[str, float]) -> None:
    """Put a run of another release into the ledger that was proved good."""
    book.add("run", "", {"policy_digest": "0" * 64}, **EARLIER)
    book.add("phase", "soak", {"event": "started", "requires": []}, **EARLIER)
    for wanted in imported.wanted:
        if wanted.select in values:
            body = {"sli": wanted.sli, "labels": wanted.labels, "unit": wanted.unit, "value": values[wanted.select], "source": ""}
            book.add("evidence", "soak", body, **EARLIER)
    book.add("gate", "soak", {"phase": "soak", "verdict": "GO"}, **EARLIER)
    book.add("release", "decision", {"release": EARLIER["release"], "state": "soaked"}, **EARLIER)
    book.add("run", "", {"policy_digest": "0" * 64})
    book.start("soak")


def record_reported(book: Any, imported: Imported, values: dict[str, Any]) -> None:
    """Record what was reported for the names that the import asks for; other numbers are nobody's."""
    for wanted in imported.wanted:
        value = values.get(wanted.select)
        if value == "unreadable":
            book.add("evidence", "soak", {"sli": wanted.sli, "labels": wanted.labels, "unit": "s", "value": value, "source": ""})
        elif value is not None:
            book.measure("soak", wanted.sli, value, wanted.unit, labels=wanted.labels)


@pytest.mark.parametrize("row", rows("keptn"))
def test_keptn(book: Any, row: Row) -> None:
    if "refused" in row["ours"]:
        check_refused(row, lambda: imported_slo(row))
        return
    imported = imported_slo(row)
    if "earlier" in row:
        record_earlier_release(book, imported, row["earlier"])
    record_reported(book, imported, row["measured"])
    check(row, judged(book, {"soak": imported.gate}))


# --- k6: its own words, through the importer ----------------------------------------------------------------------------------------


def imported_thresholds(row: Row) -> Imported:
    document = parse_json(row["text"], "options") if "text" in row else {"thresholds": row["thresholds"]}
    return import_k6(document, "soak", row.get("units", {}))


@pytest.mark.parametrize("row", rows("k6"))
def test_k6(book: Any, row: Row) -> None:
    if "refused" in row["ours"]:
        check_refused(row, lambda: imported_thresholds(row))
        return
    imported = imported_thresholds(row)
    values = {f"{metric} {statistic}": value for metric, given in row["reported"].items() for statistic, value in given.items()}
    assert set(values) <= {wanted.select for wanted in imported.wanted}
    record_reported(book, imported, values)
    check(row, judged(book, {"soak": imported.gate}))


# --- the tables themselves ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("peer", TABLES)
def test_every_row_names_its_document_and_says_what_it_says(peer: str) -> None:
    table = TABLES[peer]
    ids = [row["id"] for row in table["rows"]]
    assert len(set(ids)) == len(ids)
    for row in table["rows"]:
        assert not set(row) - KEYS - GIVEN[peer], row["id"]
        assert row["source"] in table["documents"] and row["section"] and row["fact"].endswith("."), row["id"]
        assert set(row["ours"]) in ({"verdict", "statuses"}, {"refused"}), row["id"]
        if "values" not in row and "statuses" in row["ours"]:
            assert row.get("measured") is not None or row.get("reported") is not None, row["id"]
    assert {row["source"] for row in table["rows"]} == set(table["documents"])


@pytest.mark.parametrize("peer", TABLES)
def test_a_difference_is_explained_and_where_ours_is_looser_it_says_so(peer: str) -> None:
    for row in TABLES[peer]["rows"]:
        passes, lets_pass = row["theirs"] in PASSING[peer], row["ours"].get("verdict") == "GO"
        assert bool(row.get("differs")) == (passes != lets_pass), row["id"]
        assert bool(row.get("looser")) == (lets_pass and not passes), row["id"]


@pytest.mark.parametrize("peer", TABLES)
def test_every_case_of_the_fail_open_register_is_in_the_tables_and_does_not_pass(peer: str) -> None:
    cases = [row for row in TABLES[peer]["rows"] if "register" in row]
    assert {row["register"] for row in cases} == REGISTER[peer]
    for row in cases:
        assert row["theirs"] in PASSING[peer] and row["ours"].get("verdict") != "GO", row["id"]


def test_where_an_import_may_be_looser_a_note_says_so() -> None:
    looser = [row for row in TABLES["keptn"]["rows"] if row.get("looser")]
    assert looser
    for row in looser:
        notes = " ".join(note.text for note in imported_slo(row).notes)
        assert "LESS strict" in notes or "looser" in notes, row["id"]
