# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.load_lines import LoadLine, k6_line, locust_line


def point(metric, value, **tags):
    return json.dumps({"metric": metric, "type": "Point", "data": {"time": "t", "value": value, "tags": tags or None}})


def test_a_request_of_k6_is_read():
    line = point("stagegate_request", 0.25, due="1", status="200", text="")
    assert k6_line(line, 2.0) == LoadLine(request=True, due=1.0, status=200, seconds=0.25, spent=0.25)


def test_a_journey_that_k6_dropped_stands_for_its_mean_of_requests():
    assert k6_line(point("dropped_iterations", 2), 1.5) == LoadLine(dropped=3.0)


def test_the_words_of_our_locustfile_are_read():
    assert locust_line('{"ready": true}') == LoadLine(ready=True)
    assert locust_line('{"dropped": 3}') == LoadLine(dropped=3.0)
    assert locust_line('{"ready": true, "part": 2}') == LoadLine(ready=True, part=2)
    assert locust_line('{"gone": true, "part": 1}') == LoadLine(gone=True, part=1)
    assert locust_line('{"note": "nobody came"}') == LoadLine(note="nobody came")
    said = {"seconds": 1.5, "spent": 0.5, "status": 500, "due": 2, "text": "bad"}
    assert locust_line(json.dumps(said)) == LoadLine(request=True, due=2.0, status=500, seconds=1.5, spent=0.5, text="bad")


def test_a_request_without_an_answer_failed_whatever_else_is_said():
    assert k6_line(point("stagegate_request", 4, due="1", status="0", text=""), 1.0).text == "no answer"
    assert locust_line('{"due": 1, "status": 0}').text == "no answer"


@pytest.mark.parametrize(
    "line",
    ["", "words", "[1]", "{", "[" * 5000, point("http_reqs", 1), '{"type": "Metric", "metric": "stagegate_request", "data": {}}'],
)
def test_what_is_not_ours_is_nothing(line):
    assert (k6_line(line, 1.0), locust_line(line)) == (None, None)


@given(
    st.text()
    | st.dictionaries(st.sampled_from(["due", "status", "dropped", "seconds", "ready", "gone", "part"]), st.floats() | st.text()).map(
        json.dumps
    )
)
def test_no_line_breaks_the_reading_or_takes_requests_away(line):
    found = locust_line(line)
    assert found is None or min(found.due, found.dropped, found.seconds, found.part) >= 0
