"""Timing: rounds that alternate between two or more ways, and the spread of their ratios."""

from __future__ import annotations

import gc
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Rounds", "Spread", "in_turn", "spread"]


@dataclass(frozen=True, slots=True)
class Spread:
    """A median and its quartiles.

    Args:
        median: the median of all rounds.
        low: the first quartile.
        high: the third quartile.
    """

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the quartiles of values.

    Args:
        values: at least one value.
    """
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


@dataclass(frozen=True, slots=True)
class Rounds:
    """The measurements of each way, by round.

    Args:
        values: for each way, one value per round.
    """

    values: Mapping[str, Sequence[float]]

    def median(self, way: str) -> float:
        """Return the median of one way's rounds.

        Args:
            way: the name of the way.
        """
        return statistics.median(self.values[way])

    def ratio(self, way: str, to: str) -> Spread:
        """Return the spread of the ratios of one way to another, round by round.

        If the machine is slower for a while, both ways are slower: the ratio of neighboring measurements is
        stable, but the ratio of two averages would not be.

        Args:
            way: the name of the way in the numerator.
            to: the name of the way in the denominator.
        """
        pairs = zip(self.values[way], self.values[to], strict=True)
        return spread([one / other for one, other in pairs])


def in_turn(rounds: int, ways: Mapping[str, Callable[[], float]]) -> Rounds:
    """Measure each way once per round, in reverse order in every second round, after a warm-up round.

    The garbage collector runs between measurements, so that it does not slow down an arbitrary one.

    Args:
        rounds: the number of rounds after the warm-up.
        ways: functions that return a measurement, by name.
    """
    values: dict[str, list[float]] = {way: [] for way in ways}
    gc.collect()
    gc.freeze()  # a product's heap does not contain the benchmark's objects, so do not collect them again
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
