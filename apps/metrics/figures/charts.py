"""Charts: their data for scripts and tables, and bars for who has none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from apps.metrics.formatting import NOTHING, Unit, written

__all__ = ["HEIGHT", "WIDTH", "Chart", "Series"]

# Of the drawing, in its own units; the page stretches it.
WIDTH, HEIGHT = 720, 160
# What is left free between two groups of bars, of the width of one.
_GAP = 0.25


@dataclass(frozen=True, slots=True)
class Series:
    """Be one row of values.

    Args:
        name: what they are.
        values: one a label; None where nothing is known.
    """

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Be a chart.

    Args:
        key: its name on the page and in events.
        title: what it shows.
        across: what the labels are, such as weeks.
        labels: from left to right.
        series: one or more, each with a value for each label.
        unit: what all values are counted in.
    """

    key: str
    title: str
    across: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: Unit = "count"

    @property
    def element_id(self) -> str:
        """The id of the element that holds the data for scripts."""
        return f"chart-{self.key}"

    @property
    def kind(self) -> Literal["bar", "line"]:
        """How scripts draw it: what is counted adds up from nothing; a share or a duration moves."""
        return "bar" if self.unit == "count" else "line"

    @property
    def data(self) -> dict[str, Any]:
        """The data for scripts, in the shape of Chart.js."""
        datasets = [{"label": one.name, "data": list(one.values)} for one in self.series]
        labels = list(self.labels)
        return {
            "title": self.title,
            "unit": self.unit,
            "kind": self.kind,
            "labels": labels,
            "datasets": datasets,
        }

    @property
    def summary(self) -> str:
        """What the drawing shows, in a sentence a series."""
        return " ".join(map(self._said, self.series))

    @property
    def highest(self) -> str:
        """The value of the highest bar, as its scale."""
        return written(self._most, self.unit)

    @property
    def rows(self) -> Iterator[tuple[str, list[str]]]:
        """Each label with the values above it, for a table."""
        for at, label in enumerate(self.labels):
            yield label, [written(one.values[at], self.unit) for one in self.series]

    @property
    def paths(self) -> list[str]:
        """The bars of each series, as what an SVG path draws."""
        return [self._path(number, one) for number, one in enumerate(self.series)]

    def _path(self, number: int, series: Series) -> str:
        most = self._most
        if not most:
            return ""
        group = WIDTH / len(self.labels)
        width = group * (1 - _GAP) / len(self.series)
        left = group * _GAP / 2 + width * number
        return "".join(
            f"M{group * at + left:.1f} {HEIGHT}v{-HEIGHT * value / most:.1f}h{width:.1f}V{HEIGHT}z"
            for at, value in enumerate(series.values)
            if value
        )

    @property
    def _most(self) -> float:
        return max((value for one in self.series for value in one.values if value is not None), default=0)

    def _said(self, series: Series) -> str:
        known = [
            (value, label)
            for value, label in zip(series.values, self.labels, strict=True)
            if value is not None
        ]
        if not known:
            return f"{series.name}: {NOTHING}."
        low, high = min(known), max(known)
        if low[0] == high[0]:
            return f"{series.name}: {written(low[0], self.unit)} throughout."
        return (
            f"{series.name}: from {written(low[0], self.unit)} ({low[1]}) "
            f"to {written(high[0], self.unit)} ({high[1]})."
        )
