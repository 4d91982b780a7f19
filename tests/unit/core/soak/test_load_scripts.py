# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import ast
import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.k6_script import k6_script
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.load_table import LONGEST_ORDER, load_key, order_of, table_of
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.locust_file import locust_file, master_words, worker_words
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import digest, parse_plan

MIX = [
    {"name": "read", "weight": 3, "steps": [{"request": "GET /read"}]},
    {"name": "write", "weight": 1, "steps": [{"request": "POST /write", "expect": [200, 201]}, {"request": "GET /read"}]},
]


def raw_plan(**load):
    settings = {"base_url": "http://127.0.0.1:1/", "rate_per_second": 10, "mix": MIX, **load}
    return {"run": "r", "duration_seconds": 9, "interval_seconds": 1, "projects": ["p"], "load": settings}


def load_of(**load):
    return parse_plan(raw_plan(**load)).load


def k6_parts(script):
    table = json.loads(re.search(r"const TABLE = (.*);", script).group(1))
    scenario = json.loads(re.search(r"scenarios: \{ load: (.*) \},", script).group(1))
    return table, scenario


def locust_table(text):
    assigned = [node for node in ast.parse(text).body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TABLE"]
    return json.loads(ast.literal_eval(assigned[0].value.args[0]))


def test_both_scripts_hold_the_same_table():
    load = load_of()
    assert k6_parts(k6_script(load))[0] == locust_table(locust_file(load, "/agent.pyz", "stagegate")) == table_of(load)


def test_the_rate_is_of_requests_and_a_journey_takes_as_many_as_it_has():
    table, scenario = k6_parts(k6_script(load_of(workers=5, timeout_seconds=4)))
    assert (table["order"], table["mean_requests"], table["journeys_per_second"]) == ([0, 0, 1, 0], 1.25, 8.0)
    assert scenario["executor"] == "constant-arrival-rate"
    assert (scenario["rate"], scenario["timeUnit"]) == (1000, f"{125 * 10**9}ns")
    assert (scenario["preAllocatedVUs"], scenario["maxVUs"], scenario["gracefulStop"]) == (5, 5, "5s")


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_whole_weights_are_met_exactly(weights):
    order = order_of(weights)
    assert len(order) <= sum(weights) <= LONGEST_ORDER
    counts = Counter(order)
    assert all(counts[index] * sum(weights) == weight * len(order) for index, weight in enumerate(weights))


@given(st.lists(st.floats(0.05, 50), min_size=1, max_size=8))
def test_other_weights_are_met_within_a_hundredth(weights):
    order = order_of(weights)
    for index, weight in enumerate(weights):
        assert order.count(index) / len(order) == pytest.approx(weight / sum(weights), abs=0.01)


@pytest.mark.parametrize("render", [k6_script, lambda load: locust_file(load, "/agent.pyz", "stagegate")])
def test_hostile_words_of_a_plan_stay_words(render):
    word = "@SECRETS@ ''' \" \\ </script> \u2028 ${x} `"
    load = load_of(mix=[{"name": word, "steps": [{"request": "GET /a", "expect_text": word}]}])
    text = render(load)
    table = k6_parts(text)[0] if render is k6_script else locust_table(text)
    assert (table["journeys"][0]["name"], table["journeys"][0]["steps"][0]["expect_text"]) == (word, word)


def test_an_old_plan_has_its_digest_and_sends_by_itself():
    raw = raw_plan()
    assert digest(raw) == digest(json.loads(json.dumps(raw)))
    assert (load_of().engine, load_of().program, load_of().processes) == ("builtin", "", 1)
    assert "engine" not in parse_plan(raw).raw["load"]


@pytest.mark.parametrize(
    ("load", "said"),
    [
        ({"engine": "jmeter"}, "'jmeter' is no load engine"),
        ({"engine": "k6", "processes": 2}, "k6 sends from one process"),
        ({"engine": "locust", "processes": 3, "workers": 2}, "more processes than workers"),
        ({"engine": "locust", "processes": 0}, "processes is 0"),
        ({"engine": "locust", "processes": 1, "remote_workers": 2, "workers": 2}, "more processes than workers"),
        ({"engine": "locust", "remote_workers": 65}, "remote_workers is 65"),
        ({"engine": "k6", "processes": 0, "remote_workers": 1}, "k6 sends from one host"),
        ({"engine": "k6", "remote_workers": 1}, "k6 sends from one process"),
        ({"engine": "locust", "bind": "192.0.2.1"}, "nobody comes from another host"),
        ({"engine": "locust", "port": 5557}, "nobody comes from another host"),
        ({"engine": "locust", "remote_workers": 1, "port": 70000}, "port is 70000"),
        ({"engine": "locust", "remote_workers": 1, "bind": "staging.example"}, "no IP address.*soak_load_bind"),
    ],
)
def test_an_engine_that_is_not_known_or_cannot_be_divided_is_refused(load, said):
    with pytest.raises(InputError, match=said):
        load_of(**load)


def test_a_load_from_other_hosts_has_its_shares_and_a_port_that_is_known_beforehand():
    load = load_of(engine="locust", processes=2, remote_workers=3)
    assert (load.senders, load.bind, load.port) == (5, "127.0.0.1", 5557)
    words = master_words("/f.py", load, load.bind, load.port)
    assert words[words.index("--expect-workers") + 1] == "5"
    assert worker_words("/f.py", "192.0.2.1", 5557)[-4:] == ["--master-host", "192.0.2.1", "--master-port", "5557"]


def test_the_host_that_soaks_may_leave_all_sending_to_others():
    assert load_of(engine="locust", processes=0, remote_workers=1).senders == 1


def test_a_plan_that_knows_nothing_of_other_hosts_sends_from_one_and_needs_no_port():
    load = load_of(engine="locust", processes=2)
    assert (load.senders, load.remote_workers, load.bind, load.port) == (2, 0, "127.0.0.1", 0)


def test_the_key_of_a_load_is_that_of_its_run_its_plan_and_its_secrets():
    one = load_key("r-1", load_of(), {"password": "a"})
    assert len(bytes.fromhex(one)) == 32
    assert one == load_key("r-1", load_of(), {"password": "a"})
    others = [load_key("r-2", load_of(), {"password": "a"}), load_key("r-1", load_of(), {"password": "b"})]
    others.append(load_key("r-1", load_of(rate_per_second=11), {"password": "a"}))
    assert len({one, *others}) == 4


def test_as_many_processes_as_workers_is_allowed():
    assert load_of(engine="locust", processes=2, workers=2).processes == 2
