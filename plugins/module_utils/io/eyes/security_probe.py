# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sending what must be refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Callable, Optional

from ...core.errors import ServiceError
from ...core.eyes.api_journey import Step, prepare
from ...core.eyes.security_probe import FORGED_ORIGIN, INVENTED, Probe, ProbeResult, ProbeSet
from ..web.http_session import CookieJar, HttpSession
from .journey import walk

NewSession = Callable[[CookieJar], HttpSession]


def probe(probes: ProbeSet, secrets: Mapping[str, str], new_session: NewSession) -> ProbeResult:
    """Sign in, send the forged requests, make the rightful ones, then knock without any right."""
    jar = CookieJar()
    login = walk(new_session(jar), probes.login, secrets)
    problems = [text for step in login for text in step.failures]
    found: list[Probe] = []
    control_works = False
    if not problems:
        found += [result for step in probes.forged for result in _forge(step, probes, secrets, jar, new_session)]
        control = walk(new_session(jar), probes.control, secrets)
        problems += [text for step in control for text in step.failures]
        control_works = not problems
    for step in probes.unauthenticated:
        found.append(_send(step, "without a session", "auth", CookieJar(), probes, secrets, new_session))
        invented = CookieJar(dict.fromkeys(jar.values or {"session": ""}, INVENTED))
        found.append(_send(step, "with an invented session", "auth", invented, probes, secrets, new_session))
    found += [_send(step, "with wrong credentials", "auth", CookieJar(), probes, secrets, new_session) for step in probes.wrong_credentials]
    login_works = bool(login) and all(step.ok for step in login)
    return ProbeResult(tuple(found), login_works, control_works, tuple(problems))


def _forge(step: Step, probes: ProbeSet, secrets: Mapping[str, str], jar: CookieJar, new_session: NewSession) -> tuple[Probe, Probe]:
    """The victim's session from a stranger's page: once without the token, once with an invented one."""
    header = probes.csrf.header if probes.csrf else ""
    bare = _send(step, "without the token", "csrf", CookieJar(dict(jar.values)), probes, secrets, new_session, {"Origin": FORGED_ORIGIN})
    wrong = {"Origin": FORGED_ORIGIN, header: INVENTED} if header else {"Origin": FORGED_ORIGIN}
    return bare, _send(step, "with an invented token", "csrf", CookieJar(dict(jar.values)), probes, secrets, new_session, wrong)


def _send(
    step: Step,
    how: str,
    kind: str,
    jar: CookieJar,
    probes: ProbeSet,
    secrets: Mapping[str, str],
    new_session: NewSession,
    headers: Optional[Mapping[str, str]] = None,
) -> Probe:
    request = prepare(step, {}, secrets, {})
    session = new_session(jar)
    try:
        reply = session.request(request.method, request.path, {**request.headers, **(headers or {})}, request.body, follow=False)
    except ServiceError:
        # No answer is no refusal.
        return Probe(kind, f"{step.name} {how}", None, False)
    finally:
        session.close()
    return Probe(kind, f"{step.name} {how}", reply.status, reply.status in probes.refusals)
