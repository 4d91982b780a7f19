# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.security_probe import (
    Probe,
    ProbeResult,
    parse_probes,
    probe_measurements,
)

LOGIN = {"request": "POST /api/auth/login"}
PROBES = {
    "csrf": {"cookie": "csrf_token", "header": "X-CSRF-Token"},
    "login": [LOGIN],
    "forged": [{"request": "POST /api/profiles"}],
    "control": [{"request": "POST /api/auth/logout", "expect": 204}],
    "unauthenticated": [{"request": "GET /api/profiles"}],
}
REFUSED, TAKEN = Probe("csrf", "a", 403, True), Probe("csrf", "b", 200, False)
KNOCKED = Probe("auth", "c", 401, True)


def values(result):
    return {fact["sli"]: fact["value"] for fact in probe_measurements(result, "x")}


def test_accepted_probes_are_counted_with_the_number_sent():
    assert values(ProbeResult((REFUSED, TAKEN, KNOCKED), True, True)) == {
        "security.csrf_probes": 2,
        "security.csrf_accepted": 1,
        "security.auth_probes": 1,
        "security.auth_accepted": 0,
    }


def test_where_the_rightful_request_is_refused_too_nothing_is_said():
    assert values(ProbeResult((REFUSED, KNOCKED), True, False)) == {
        "security.auth_probes": 1,
        "security.auth_accepted": 0,
    }
    assert values(ProbeResult((REFUSED, KNOCKED), False, False)) == {}


def test_a_probe_set_is_read():
    probes = parse_probes(PROBES)
    assert probes.csrf.header == "X-CSRF-Token"
    assert probes.refusals == (401, 403, 429)
    assert probes.wrong_credentials == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"forgd": []}, "did you mean 'forged'"),
        ({"control": []}, "control is missing"),
        ({"login": None}, "login is missing"),
        ({"control": [{"request": "GET /api/profiles"}]}, "no control request carries the CSRF token"),
        ({"csrf": None}, "no control request carries the CSRF token"),
        ({"refusals": [200]}, "are no refusals"),
        ({"forged": [{"request": "nonsense"}]}, "is no request"),
    ],
)
def test_a_probe_set_that_proves_nothing_is_refused(change, said):
    with pytest.raises(InputError, match=said):
        parse_probes({**PROBES, **change})
