"""Timing: rounds of two or more ways in turn, and the spread of the ratios between them."""

from __future__ import annotations

import gc
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Rounds", "Spread", "in_turn", "spread"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Hold a median with the quartiles around it.

    Args:
        median: of all rounds.
        low: the first quartile.
        high: the third quartile.
    """

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the quartiles of some values.

    Args:
        values: at least one.
    """
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


@dataclass(frozen=True, slots=True)
class Rounds:
    """Hold what each way measured, round by round.

    Args:
        values: for each way one value a round.
    """

    values: Mapping[str, Sequence[float]]

    def median(self, way: str) -> float:
        """Return the median of one way's rounds.

        Args:
            way: its name.
        """
        return statistics.median(self.values[way])

    def ratio(self, way: str, to: str) -> Spread:
        """Return the spread of the ratios of one way to another, round by round.

        A machine that is slower for a while is slower for both: the ratio of neighbours stays, where the
        ratio of two averages would not.

        Args:
            way: above the line.
            to: below it.
        """
        pairs = zip(self.values[way], self.values[to], strict=True)
        return spread([one / other for one, other in pairs])


def in_turn(rounds: int, ways: Mapping[str, Callable[[], float]]) -> Rounds:
    """Measure each way once a round, after one round to warm up; every second round in reverse order.

    The garbage collector runs between measurements rather than in whichever comes when it is due.

    Args:
        rounds: how many are kept.
        ways: each returns its measurement.
    """
    values: dict[str, list[float]] = {way: [] for way in ways}
    gc.collect()
    gc.freeze()  # what the benchmark itself holds is no product's heap, and is not to be gone through again
    order = list(ways)
    for number in range(rounds + 1):
        for way in order if number % 2 else reversed(order):
            gc.collect()
            value = ways[way]()
            if number:
                values[way].append(value)
        print(f"\r  round {number} of {rounds}", end="", file=sys.stderr, flush=True)
    print("\r" + " " * 24 + "\r", end="", file=sys.stderr, flush=True)
    return Rounds(values)
