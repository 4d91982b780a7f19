# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services of a compose model that are special: those that must not run twice, those that keep state, and how often each one runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InputError

Service = Mapping[str, Any]
LABEL_SINGLE = "stagegate.single"
_SAID = {"true": True, "false": False}


def single_services(services: Mapping[str, Service], application: Sequence[str], named: Sequence[str]) -> tuple[str, ...]:
    """The application services of which never two may run: they start only at the switch, when those of the other colour are stopped.

    The label `stagegate.single` of a service decides; else the names of the policy, where it has any; else the guess: nothing is
    published or exposed and no other service depends on it, as it is with workers and schedulers.
    Raises InputError for a name that is no application service, a label that is neither true nor false, and a service with a public
    port: nothing of it could be asked before the switch.
    """
    unknown = sorted(set(named) - set(application))
    if unknown:
        raise InputError(
            f"deploy_single_services names {unknown[0]!r}",
            why="the compose model has no such application service",
            todo=f"its application services are {', '.join(application)}",
        )
    needed = {key for service in services.values() for key in service.get("depends_on") or {}}
    found = []
    for name in application:
        said = _label(name, services[name])
        guessed = name in named if named else not _reachable(services[name]) and name not in needed
        if guessed if said is None else said:
            found.append(name)
    for name in found:
        if any(port.get("published") for port in services[name].get("ports") or ()):
            raise InputError(
                f"service {name} must not run twice and has a public port",
                where=f"label {LABEL_SINGLE} or deploy_single_services",
                why="it could not be asked on its preview port before the switch",
                todo="publish no port of it, or use deploy_strategy: recreate for the whole stack",
            )
    return tuple(found)


def wanted_containers(name: str, service: Service) -> int:
    """How many containers of a service run: `deploy.replicas` or `scale`, else 1. InputError when that is no number."""
    said = (service.get("deploy") or {}).get("replicas")
    said = service.get("scale") if said is None else said
    try:
        number = 1 if said is None else int(str(said))
    except ValueError:
        number = -1
    if number < 0:
        raise InputError(f"service {name} has {said!r} replicas", where="deploy.replicas or scale", todo="write a number")
    return number


def running_services(services: Mapping[str, Service]) -> dict[str, Service]:
    """The services without those that are switched off by 0 replicas."""
    return {name: service for name, service in services.items() if wanted_containers(name, service) > 0}


def _label(name: str, service: Service) -> bool | None:
    labels = service.get("labels") or {}
    if LABEL_SINGLE not in labels:
        return None
    text = str(labels[LABEL_SINGLE]).strip().lower()
    if text not in _SAID:
        raise InputError(f"label {LABEL_SINGLE} of service {name} is {labels[LABEL_SINGLE]!r}", todo='write "true" or "false"')
    return _SAID[text]


def _reachable(service: Service) -> bool:
    return bool(service.get("ports") or service.get("expose"))
