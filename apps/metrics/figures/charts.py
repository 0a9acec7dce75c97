"""Charts: data for scripts and tables, and SVG bars for browsers without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from apps.metrics.formatting import NOTHING, Unit, written

__all__ = ["HEIGHT", "WIDTH", "Chart", "Series"]

# The size of the SVG drawing, in its own units; the page scales it.
WIDTH, HEIGHT = 720, 160
# The space between two groups of bars, as a share of a group's width.
_GAP = 0.25


@dataclass(frozen=True, slots=True)
class Series:
    """A series of values in a chart.

    Args:
        name: the name of the series, as the legend shows it.
        values: one value per label; None if the value is not known.
    """

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A chart of one or more series.

    Args:
        key: the chart's name in element ids and events.
        title: the chart's heading.
        across: what the labels stand for, such as weeks.
        labels: the labels of the horizontal axis, from left to right.
        series: the series, each with one value per label.
        unit: the unit of all values.
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
        """The type of chart that scripts draw: bars for counts, a line for shares and durations."""
        return "bar" if self.unit == "count" else "line"

    @property
    def data(self) -> dict[str, Any]:
        """The data for scripts, in Chart.js format."""
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
        """A text alternative of the drawing, with one sentence per series."""
        return " ".join(map(self._sentence, self.series))

    @property
    def highest(self) -> str:
        """The value of the highest bar, which the page shows as the scale."""
        return written(self._most, self.unit)

    @property
    def rows(self) -> Iterator[tuple[str, list[str]]]:
        """The rows of a table: each label with its formatted values."""
        for at, label in enumerate(self.labels):
            yield label, [written(one.values[at], self.unit) for one in self.series]

    @property
    def paths(self) -> list[str]:
        """The bars of each series, as the `d` attribute of an SVG path."""
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

    def _sentence(self, series: Series) -> str:
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
