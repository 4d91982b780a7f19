# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The declared load as a table of plain values: what the scripts of foreign load engines are made of. It holds no secret values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from math import gcd
from typing import Any

from ..eyes.api_journey import Step
from .load_schedule import arrivals
from .soak_plan import Load

LONGEST_ORDER = 1000  # journeys after which the mix begins again, when its weights are no small whole numbers
# The secret values of the journeys, as one JSON object, are in this variable of the environment and in no file.
SECRETS_VARIABLE = "STAGEGATE_LOAD_SECRETS"
KEY_ROUNDS = 200_000  # so many, because the secrets of a load are words that somebody chose


def order_of(weights: Sequence[float]) -> list[int]:
    """The journeys by index in the order of the built-in load; the list is gone through again and again.

    Whole weights are met exactly; others as well as LONGEST_ORDER journeys can.
    """
    whole = [int(weight) for weight in weights]
    length = LONGEST_ORDER
    if all(one == weight for one, weight in zip(whole, weights)):
        length = min(LONGEST_ORDER, sum(whole) // gcd(*whole) if len(whole) > 1 else 1)
    return [chosen for _at, chosen in islice(arrivals(weights, [1] * len(weights), 1.0), length)]


def table_of(load: Load) -> dict[str, Any]:
    """The load as JSON can hold it: journeys, their order, journeys a second, users, time limit and login (seconds)."""
    order = order_of([entry.weight for entry in load.mix])
    mean = sum(len(load.mix[index].steps) for index in order) / len(order)
    return {
        "journeys": [{"name": entry.name, "base_url": entry.base_url.rstrip("/"), "steps": _steps(entry.steps)} for entry in load.mix],
        "order": order,
        "mean_requests": mean,
        "journeys_per_second": load.rate / mean,
        "users": load.workers,
        "timeout": load.timeout,
        "session": {
            "base_url": (load.base_url or load.mix[0].base_url).rstrip("/"),
            "every": load.session_every,
            "steps": _steps(load.session),
        },
    }


def load_key(run: str, load: Load, secrets: Mapping[str, str]) -> str:
    """The key (64 hex digits) by which master and workers of one load know each other.

    Each of them makes it by itself, so that it is sent to nobody. Workers of another run, load or secrets have another one.
    """
    said = json.dumps([table_of(load), load.senders, dict(secrets)], sort_keys=True).encode()
    return hashlib.pbkdf2_hmac("sha256", said, f"stagegate load {run}".encode(), KEY_ROUNDS).hex()


def _steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [{**asdict(step), "expect": list(step.expect), "expect_present": list(step.expect_present)} for step in steps]
