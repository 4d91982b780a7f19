#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take measurements out of reports of other tools."""

from __future__ import annotations

DOCUMENTATION = r"""
module: report_evidence
short_description: Take measurements out of reports of other tools
version_added: 0.1.0
description:
  - Reads JSON reports, JUnit and CSV files, k6 summaries and answers of Prometheus, and returns typed measurements for the ledger.
  - Each source says where its report states the release and the time, and in which unit it counts. A report that is missing,
    empty, of another release, from before the phase or of another form gives no measurement, but a line of RV(problems); the
    gate then says INCONCLUSIVE. Nothing is ever replaced by a default.
  - A mistake in a source itself (an unknown SLI, a unit of another dimension, an expression that is none) fails the module.
author: ProoFile operations (@proofile)
options:
  run:
    description: The run, as M(proofile.stagegate.run) returns it. A report must state its release or its commit.
    type: dict
    required: true
  since:
    description:
      - When the phase was started, as the ledger writes it. Reports and samples from before do not count, except those of a
        source with C(max_age).
      - Empty when the phase has not been started; then only sources with C(max_age) give measurements.
    type: str
    default: ""
  sources:
    description:
      - The sources, each a mapping with C(from), C(sli), C(unit), C(select) and C(labels).
      - C(from) is C(json), C(junit), C(k6) or C(csv), with C(path) (on this host) or C(url), and C(time); or C(prometheus) or
        C(prometheus_range), with C(url), the address of the server.
      - C(select) is a plain path or a JMESPath expression, C(run), C(passed), C(failed) or C(skipped) of JUnit, C(metric statistic)
        of k6, a column of CSV, or a PromQL query.
      - C(of) says how many were looked at (a path, a k6 statistic or a query); the source gives nothing unless that is more than 0.
      - C(time) is where the report states its time (a path, a column, C(timestamp) of JUnit), or C(file), the time of the file;
        C(time_zone) is for times without one.
      - C(release) is where the report states its release (a path, a column, a property of JUnit, a label of the series). Where it
        cannot state it, C(accept_unstated_release=true) must be written.
      - C(max_age) lets a report count that is not older, whatever the start of the phase.
      - C(where) picks rows of CSV by the text of columns.
      - C(labels_from) takes labels from those of the series, C(histogram=true) reads the buckets of a histogram, C(range) and
        C(step) are for samples over time; without C(range) they begin with the phase.
      - C(token) names an entry of O(tokens).
    type: list
    elements: dict
    required: true
  tokens:
    description: Bearer tokens by the names that sources use. They appear in no result.
    type: dict
    default: {}
  timeout_seconds:
    description: How long a whole answer over HTTP may take.
    type: float
    default: 20
attributes:
  check_mode:
    description: The module only reads.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Take the load test and the error rate of the monitoring
  proofile.stagegate.report_evidence:
    run: "{{ stagegate_run }}"
    since: "{{ phases.soak.started }}"
    sources:
      - from: k6
        path: /srv/reports/summary.json
        select: http_req_duration{expected_response:true} p(95)
        sli: reported.time
        labels: {name: checkout_p95}
        unit: ms
        time: file
        release: release
      - from: prometheus
        url: http://127.0.0.1:9090
        select: sum by (version) (increase(http_errors_total[1h])) / sum by (version) (increase(http_requests_total[1h]))
        release: version
        sli: reported.ratio
        labels: {name: error_rate}
        unit: ratio
  register: reports
"""

RETURN = r"""
measurements:
  description: Measurements for the ledger.
  returned: always
  type: list
  elements: dict
problems:
  description: One line for each source that gave no measurement, with the reason. Tokens are taken out.
  returned: always
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import EvidenceError, InputError
from ..module_utils.core.ledger.runs import check_run
from ..module_utils.core.sources.source_facts import Wanted
from ..module_utils.core.times import unix_seconds
from ..module_utils.io.sources.report_source import Gathering, read_sources
from ..module_utils.io.system.clock import now

SPEC = {
    "run": {"type": "dict", "required": True},
    "since": {"type": "str", "default": ""},
    "sources": {"type": "list", "elements": "dict", "required": True},
    "tokens": {"type": "dict", "default": {}, "no_log": True},
    "timeout_seconds": {"type": "float", "default": 20},
}


def start_of_phase(since: str) -> float:
    """Return the unix time at which the phase was started; 0.0 when it was not."""
    try:
        return unix_seconds(since) if since else 0.0
    except EvidenceError as error:
        raise InputError(error.what, where="parameter since", why=error.why) from error


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Read the sources; the same in check mode."""
    run = check_run(params["run"])
    if not 0 < params["timeout_seconds"] <= 600:
        raise InputError("timeout_seconds must be more than 0 and at most 600", where="parameter timeout_seconds")
    wanted = Wanted(run["release"], run["commit"], start_of_phase(params["since"]), now())
    tokens = {name: str(value) for name, value in params["tokens"].items()}
    gathered = Gathering(wanted, tokens, params["timeout_seconds"]).gather(read_sources(params["sources"]))
    return {"changed": False, "measurements": gathered.measurements, "problems": gathered.problems}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
