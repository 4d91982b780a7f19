# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An open-model load: when each journey is meant to start, whatever the service does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def arrivals(weights: Sequence[float], lengths: Sequence[int], rate: float) -> Iterator[tuple[float, int]]:
    """Yield (seconds from the start, index of the journey) for ever, at `rate` requests a second.

    A journey of n requests takes n slots. The mix follows the weights by smooth weighted round-robin: no dice, so that two
    soaks of the same plan send the same requests.
    """
    credit = [0.0] * len(weights)
    slots = 0
    while True:
        credit = [have + weight for have, weight in zip(credit, weights)]
        chosen = max(range(len(weights)), key=lambda index: credit[index])
        credit[chosen] -= sum(weights)
        yield slots / rate, chosen
        slots += max(1, lengths[chosen])
