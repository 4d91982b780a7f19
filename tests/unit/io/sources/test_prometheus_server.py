# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The same against a real Prometheus with samples of the last ten minutes, where its binary is (scripts/install_prometheus)."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_facts import Wanted
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.report_source import Gathered, Gathering, read_sources

ROOT = Path(__file__).resolve().parents[4]
RELEASE = "1a2b3c4d5e6f"
STEP = 15


def folder() -> Path | None:
    """The folder of prometheus and promtool: from PATH or as scripts/install_prometheus has left it."""
    on_path = shutil.which("prometheus")
    candidates = [Path(on_path).parent] if on_path else []
    return next((path for path in [*candidates, ROOT / ".cache/prometheus/usr/bin"] if os.access(path / "promtool", os.X_OK)), None)


class Prometheus(NamedTuple):
    url: str
    newest: float


def samples(newest: float) -> str:
    """OpenMetrics text: 41 samples every 15 s up to `newest`."""
    times = [newest - STEP * number for number in reversed(range(41))]
    lines = ["# TYPE app_cpu gauge"]
    lines += [
        f'app_cpu{{container="{name}",version="{RELEASE}"}} {share} {at:.3f}'
        for name, share in (("api", 0.2), ("web", 0.3))
        for at in times
    ]
    lines += ["# TYPE app_gone gauge", *[f"app_gone 1 {at:.3f}" for at in times[:20]]]
    lines += ["# TYPE app_quiet gauge", *[f"app_quiet 1 {at:.3f}" for at in times[:35]]]
    lines += ["# TYPE app_broken gauge", *[f"app_broken NaN {at:.3f}" for at in times]]
    lines += ["# TYPE http_requests counter"]
    lines += [
        f'http_requests_total{{code="{code}"}} {rise * number} {at:.3f}'
        for code, rise in (("200", 99), ("500", 1))
        for number, at in enumerate(times)
    ]
    lines += ["# TYPE http_seconds histogram"]
    lines += [
        f'http_seconds_bucket{{le="{le}"}} {rise * number} {at:.3f}'
        for le, rise in (("0.1", 5), ("0.5", 9), ("+Inf", 10))
        for number, at in enumerate(times)
    ]
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    binaries = folder()
    if binaries is None:
        pytest.skip("no prometheus here: scripts/install_prometheus gets one")
    work = tmp_path_factory.mktemp("prometheus")
    newest = round(time.time(), 3)
    (work / "samples.txt").write_text(samples(newest))
    (work / "prometheus.yml").write_text("{}\n")
    make = [binaries / "promtool", "tsdb", "create-blocks-from", "openmetrics", "samples.txt", "data"]
    subprocess.run(make, cwd=work, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        binaries / "prometheus",
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (work / "log").open("wb") as log, subprocess.Popen(command, cwd=work, stdout=log, stderr=log) as process:
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/-/ready", process, work / "log")
            yield Prometheus(f"http://127.0.0.1:{port}", newest)
        finally:
            process.terminate()


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _try in range(200):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(log.read_text())


def gather(server: Prometheus, since: float | None = None, **changes: Any) -> Gathered:
    given = {
        "from": "prometheus",
        "url": server.url,
        "sli": "host.cpu",
        "unit": "ratio",
        "accept_unstated_release": "release" not in changes,
    }
    start = server.newest - 600 if since is None else since
    wanted = Wanted(RELEASE, RELEASE + "0" * 28, start, time.time())
    return Gathering(wanted, {}, 10.0).gather(read_sources([{**given, **changes}]))


def test_a_value_of_each_container_is_measured_with_the_release_of_its_label(server: Prometheus) -> None:
    per_container = {"sli": "container.cpu", "labels_from": {"container": "container"}}
    found = gather(server, select="app_cpu", release="version", **per_container)
    assert found.problems == []
    assert {item["labels"]["container"]: item["value"] for item in found.measurements} == {"api": 0.2, "web": 0.3}
    assert gather(server, select="app_cpu", **per_container).measurements
    other = gather(server, select='label_replace(app_cpu, "version", "ffffffffffff", "", "")', release="version", **per_container)
    assert other.measurements == []
    assert "another release: 'ffffffffffff'" in other.problems[0]


def test_samples_over_time_are_measured_from_the_start_of_the_phase(server: Prometheus) -> None:
    since = server.newest - 300
    found = gather(server, since=since, **{"from": "prometheus_range", "select": "avg(app_cpu)", "step": "5 s"})
    (item,) = found.measurements
    assert item["samples"][0][0] == pytest.approx(since, abs=0.01)
    assert len(item["samples"]) >= 61
    assert {round(value, 6) for _at, value in item["samples"]} == {0.25}


def test_trap_samples_of_a_selector_are_taken_once_and_a_gone_series_is_seen_at_once(server: Prometheus) -> None:
    (item,) = gather(server, **{"from": "prometheus_range", "select": "app_cpu{container='api'}", "step": "5 s"}).measurements
    assert len(item["samples"]) == 41
    assert {round(after[0] - before[0], 3) for before, after in zip(item["samples"], item["samples"][1:])} == {STEP}
    # Prometheus itself answers with the last sample for five minutes more.
    quiet = gather(server, **{"from": "prometheus_range", "select": "app_quiet", "step": "5 s"})
    assert re.search(r"a series stops \d min", quiet.problems[0])


def test_a_ratio_of_rises_is_measured(server: Prometheus) -> None:
    query = 'sum(increase(http_requests_total{code="500"}[5m])) / sum(increase(http_requests_total[5m]))'
    (item,) = gather(server, select=query, of="sum(increase(http_requests_total[5m]))").measurements
    assert item["value"] == pytest.approx(0.01)


def test_a_histogram_is_measured(server: Prometheus) -> None:
    query = "sum by (le) (increase(http_seconds_bucket[5m]))"
    (item,) = gather(server, select=query, sli="http.duration", unit="s", histogram=True).measurements
    assert [bound for bound, _count in item["histogram"]] == [0.1, 0.5, "+Inf"]
    assert item["histogram"][0][1] == pytest.approx(item["histogram"][2][1] / 2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"select": "app_missing"}, "found no series"),
        ({"select": "app_gone"}, "found no series"),
        ({"select": "app_broken"}, "no finite number"),
        ({"select": "app_cpu"}, "ambiguous"),
        ({"select": "sum(app_cpu) / (sum(app_cpu) * 0)"}, "no finite number"),
        ({"select": "sum(app_missing) / sum(app_missing)"}, "found no series"),
        ({"select": "avg(app_cpu)", "of": "sum(increase(http_requests_total[5m])) * 0"}, "nothing was looked at"),
        ({"select": "app_quiet", "max_age": "60 s"}, "too old"),
        ({"from": "prometheus_range", "select": "app_gone", "step": "15 s"}, "stops"),
        ({"from": "prometheus_range", "select": "app_broken", "step": "15 s"}, "no finite number"),
        ({"from": "prometheus_range", "select": "app_missing", "step": "15 s"}, "found no series"),
    ],
)
def test_trap_what_prometheus_does_not_know_is_no_data(server: Prometheus, changes: dict[str, Any], said: str) -> None:
    found = gather(server, **changes)
    assert found.measurements == []
    assert said in found.problems[0]


def test_a_sample_that_is_not_too_old_counts(server: Prometheus) -> None:
    # Its newest sample is 90 s old: Prometheus still answers with it.
    (item,) = gather(server, select="app_quiet", max_age="10 min").measurements
    assert item["value"] == 1


@pytest.mark.parametrize("query", ["sum((", "1", "app_cpu[5m]", "no_such_function(app_cpu)"])
def test_a_query_that_is_none_is_a_mistake_of_the_writer(server: Prometheus, query: str) -> None:
    with pytest.raises(InputError, match=r"understand the query|the query gives"):
        gather(server, select=query)
