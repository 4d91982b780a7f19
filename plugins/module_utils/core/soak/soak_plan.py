# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a soak: what is sampled, what load is sent, for how long. Fixed once the soak has begun.

{run, duration_seconds, interval_seconds, projects: [..], docker_socket,
 postgres: {project, service, command} | null, cache: {project, service, command} | {url, hits, misses} | null,
 edge: {project, service} | null, probes: [{name, url, timeout_seconds}],
 load: {base_url, rate_per_second, workers, timeout_seconds, csrf, session: {every_seconds, steps},
        mix: [{name, weight, base_url?, steps}], engine?: builtin | k6 | locust, program?, processes?,
        remote_workers?, bind?, port?} | null,
 logs: {every_seconds, patterns, ignored} | null}
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ..errors import InputError
from ..eyes.api_journey import Step, parse_steps
from ..release.log_scan import compile_patterns

KEYS = {
    "run",
    "duration_seconds",
    "interval_seconds",
    "projects",
    "docker_socket",
    "slow_seconds",
    "postgres",
    "cache",
    "load",
    "edge",
    "probes",
    "logs",
}
LOAD_KEYS = {
    "base_url",
    "rate_per_second",
    "workers",
    "timeout_seconds",
    "csrf",
    "session",
    "mix",
    "engine",
    "program",
    "processes",
    "remote_workers",
    "bind",
    "port",
}
LOOPBACK = "127.0.0.1"
LOCUST_PORT = 5557
ENGINES = ("builtin", "k6", "locust")
# A soak is cut into so many stretches at least: enough for its first and its last part to be compared in blocks.
STRETCHES = 500
# The password is the container's own and stays there.
POSTGRES_COMMAND = (
    "sh",
    "-c",
    'PGPASSWORD="${PGPASSWORD:-$POSTGRES_PASSWORD}" psql -w -U "${POSTGRES_USER:-postgres}" '
    '-d "${POSTGRES_DB:-${POSTGRES_USER:-postgres}}" -Atqc '
    # The columns of postgres_counters.FIELDS.
    '"select count(*), (select count(*) from pg_locks where not granted), (select sum(blks_hit) from pg_stat_database), '
    "(select sum(blks_read) from pg_stat_database), (select sum(deadlocks) from pg_stat_database) from pg_stat_activity "
    "where backend_type = 'client backend' and pid <> pg_backend_pid()\"",
)
CACHE_COMMAND = ("redis-cli", "INFO")


@dataclass(frozen=True)
class Ask:
    """A command to run in the container of a compose service, or (with `url`) an address to read JSON counters from."""

    project: str = ""
    service: str = ""
    command: tuple[str, ...] = ()
    url: str = ""
    hits: str = "hits"
    misses: str = "misses"


@dataclass(frozen=True)
class Probe:
    """An address that is asked at each slow look; without a good answer in `timeout` seconds the service does not answer."""

    name: str
    url: str
    timeout: float


@dataclass(frozen=True)
class Journey:
    """One entry of the load mix."""

    name: str
    weight: float
    base_url: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Load:
    """An open-model load: requests a second over all journeys, and the login that is renewed every so often."""

    base_url: str
    rate: float
    workers: int
    timeout: float
    mix: tuple[Journey, ...]
    session: tuple[Step, ...] = ()
    session_every: float = 60.0
    engine: str = "builtin"
    program: str = ""  # the path of a foreign engine's program; empty: found by its name
    processes: int = 1  # of locust on the host that soaks, beside its master when there are more, or others come
    remote_workers: int = 0  # of locust, on other hosts
    bind: str = LOOPBACK  # where the master listens
    port: int = 0  # of the master; 0: any, for nobody comes from elsewhere

    @property
    def senders(self) -> int:
        """How many programs send the load, each its share."""
        return self.processes + self.remote_workers


@dataclass(frozen=True)
class LogCheck:
    """How often the logs are looked at, and regular expressions of critical lines and of lines that are never critical."""

    every: float
    patterns: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class SoakPlan:
    """A whole plan; times in seconds."""

    run: str
    duration: float
    interval: float
    projects: tuple[str, ...]
    docker_socket: str = "/var/run/docker.sock"
    slow_interval: float = 10.0
    postgres: Optional[Ask] = None
    cache: Optional[Ask] = None
    load: Optional[Load] = None
    edge: Optional[Ask] = None
    probes: tuple[Probe, ...] = ()
    logs: Optional[LogCheck] = None
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def stretch_seconds(self) -> float:
        """For how long durations are counted together: a minute, and in a short soak a part of it that is as small."""
        return min(60.0, self.duration / STRETCHES)


def digest(raw: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a plan: the same plan, the same digest."""
    return hashlib.sha256(json.dumps(raw, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def parse_plan(raw: Any) -> SoakPlan:
    """Read a plan. Raises InputError that says which part of it cannot be used."""
    if not isinstance(raw, Mapping):
        raise InputError("the soak plan is no mapping", where="plan")
    _known(raw, KEYS, "plan")
    plan = SoakPlan(
        run=str(raw.get("run") or ""),
        duration=_number(raw, "duration_seconds", 1.0, 14 * 86400.0),
        interval=_number(raw, "interval_seconds", 0.2, 3600.0),
        projects=tuple(str(project) for project in raw.get("projects") or ()),
        docker_socket=str(raw.get("docker_socket") or "/var/run/docker.sock"),
        slow_interval=_number(raw, "slow_seconds", 1.0, 3600.0, 10.0),
        postgres=_ask(raw.get("postgres"), POSTGRES_COMMAND, "plan.postgres"),
        cache=_ask(raw.get("cache"), CACHE_COMMAND, "plan.cache"),
        load=parse_load(raw.get("load")),
        edge=_ask(raw.get("edge"), (), "plan.edge"),
        probes=_probes(raw.get("probes"), _number(raw, "slow_seconds", 1.0, 3600.0, 10.0)),
        logs=_logs(raw.get("logs")),
        raw=raw,
    )
    if not plan.projects:
        raise InputError("the soak watches no container", where="plan.projects", todo="name the compose projects")
    if plan.interval > plan.duration:
        raise InputError("the interval is longer than the soak", where="plan.interval_seconds")
    return plan


def _logs(raw: Any) -> Optional[LogCheck]:
    if not raw:
        return None
    _known(raw, {"every_seconds", "patterns", "ignored"}, "plan.logs")
    patterns, ignored = (tuple(str(pattern) for pattern in raw.get(key) or ()) for key in ("patterns", "ignored"))
    for key, given in (("patterns", patterns), ("ignored", ignored)):
        compile_patterns(given, f"plan.logs.{key}")
    return LogCheck(_number(raw, "every_seconds", 0.2, 3600.0, 10.0), patterns, ignored)


def parse_load(raw: Any) -> Optional[Load]:
    """Read the load of a plan, None for an empty one. Raises InputError that says which part of it cannot be used."""
    if not raw:
        return None
    where = "plan.load"
    _known(raw, LOAD_KEYS, where)
    base_url, csrf = str(raw.get("base_url") or ""), raw.get("csrf")
    mix = raw.get("mix")
    if not isinstance(mix, (list, tuple)) or not mix:
        raise InputError("the load has no mix of journeys", where=f"{where}.mix", todo="name at least one journey")
    session = raw.get("session") or {}
    _known(session, {"every_seconds", "steps"}, f"{where}.session")
    engine = str(raw.get("engine") or "builtin")
    if engine not in ENGINES:
        raise InputError(f"{engine[:40]!r} is no load engine", where=f"{where}.engine", todo=f"known: {', '.join(ENGINES)}")
    processes, remote = _processes(raw, engine, where)
    return Load(
        base_url=base_url,
        rate=_number(raw, "rate_per_second", 0.01, 10000.0),
        workers=int(_number(raw, "workers", 1, 256, 8)),
        timeout=_number(raw, "timeout_seconds", 0.1, 600.0, 10.0),
        mix=tuple(_journey(entry, base_url, csrf, f"{where}.mix[{number}]") for number, entry in enumerate(mix)),
        session=parse_steps(session["steps"], f"{where}.session.steps", csrf) if session else (),
        session_every=_number(session, "every_seconds", 1.0, 86400.0, 60.0),
        engine=engine,
        program=str(raw.get("program") or ""),
        processes=processes,
        remote_workers=remote,
        bind=_bind(raw, remote, where),
        port=_port(raw, remote, where),
    )


def _processes(raw: Mapping[str, Any], engine: str, where: str) -> tuple[int, int]:
    """How many processes of the engine send from the host that soaks, and how many from other hosts."""
    remote = int(_number(raw, "remote_workers", 0, 64, 0))
    # With others that send, this host may have the master alone.
    processes = int(_number(raw, "processes", 0 if remote else 1, 64, 1))
    if processes + remote > _number(raw, "workers", 1, 256, 8):
        raise InputError("more processes than workers", where=f"{where}.processes", todo="give each process one worker at least")
    if processes + remote > 1 and engine != "locust":
        raise InputError(f"{engine} sends from one process", where=f"{where}.processes", todo="leave it at 1, or take locust")
    if remote and engine != "locust":
        raise InputError(f"{engine} sends from one host", where=f"{where}.remote_workers", todo="leave it at 0, or take locust")
    return processes, remote


def _bind(raw: Mapping[str, Any], remote: int, where: str) -> str:
    bind = str(raw.get("bind") or LOOPBACK)
    if bind != LOOPBACK and not remote:
        raise InputError("nobody comes from another host", where=f"{where}.bind", todo="leave it out, or plan remote_workers")
    try:
        return str(ipaddress.ip_address(bind))
    except ValueError as error:
        todo = "give an address of the host that soaks (soak_load_bind), or 0.0.0.0 for all that it has"
        raise InputError(f"{bind[:60]!r} is no IP address", where=f"{where}.bind", todo=todo) from error


def _port(raw: Mapping[str, Any], remote: int, where: str) -> int:
    if not remote:
        if raw.get("port"):
            raise InputError("nobody comes from another host", where=f"{where}.port", todo="leave it out, or plan remote_workers")
        return 0
    return int(_number(raw, "port", 1, 65535, LOCUST_PORT))


def _journey(raw: Any, base_url: str, csrf: Any, where: str) -> Journey:
    _known(raw, {"name", "weight", "base_url", "steps"}, where)
    base = str(raw.get("base_url") or base_url)
    if not base:
        raise InputError("where does the load go?", where=where, todo="give base_url to the load or to the journey")
    steps = parse_steps(raw.get("steps"), f"{where}.steps", csrf)
    return Journey(str(raw.get("name") or steps[0].name), _number(raw, "weight", 0.001, 1e6, 1.0), base, steps)


def _probes(raw: Any, every: float) -> tuple[Probe, ...]:
    if raw and not isinstance(raw, (list, tuple)):
        raise InputError("the probes are no list", where="plan.probes", todo="list mappings with `name` and `url`")
    found = []
    for number, entry in enumerate(raw or ()):
        where = f"plan.probes[{number}]"
        _known(entry, {"name", "url", "timeout_seconds"}, where)
        # One that takes longer than the time to the next one could never be asked on time again.
        probe = Probe(
            str(entry.get("name") or ""), str(entry.get("url") or ""), _number(entry, "timeout_seconds", 0.1, every, min(5.0, every))
        )
        if not probe.name or not probe.url.startswith(("http://", "https://")):
            raise InputError("who is asked, and where?", where=where, todo="give `name` and `url` (http://...)")
        found.append(probe)
    if len({probe.name for probe in found}) < len(found):
        raise InputError("two probes have one name", where="plan.probes", todo="give each a name of its own")
    return tuple(found)


def _ask(raw: Any, command: tuple[str, ...], where: str) -> Optional[Ask]:
    if not raw:
        return None
    _known(raw, {"project", "service", "command", "url", "hits", "misses"}, where)
    ask = Ask(
        project=str(raw.get("project") or ""),
        service=str(raw.get("service") or ""),
        command=tuple(str(word) for word in raw.get("command") or command),
        url=str(raw.get("url") or ""),
        hits=str(raw.get("hits") or "hits"),
        misses=str(raw.get("misses") or "misses"),
    )
    if not ask.url and not (ask.project and ask.service):
        raise InputError("which container is asked?", where=where, todo="give `project` and `service`")
    return ask


def _known(raw: Any, keys: set[str], where: str) -> None:
    if not isinstance(raw, Mapping):
        raise InputError("a mapping is needed", where=where, why=f"got {type(raw).__name__}")
    unknown = sorted(set(raw) - keys)
    if unknown:
        raise InputError(f"unknown key {unknown[0]!r}", where=where, todo=f"known: {', '.join(sorted(keys))}")


def _number(raw: Mapping[str, Any], key: str, low: float, high: float, default: Optional[float] = None) -> float:
    value = raw.get(key, default)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number <= high:
        raise InputError(f"{key} is {value!r}", where="plan", todo=f"give a number from {low:g} to {high:g}")
    return number
