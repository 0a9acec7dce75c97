"""The results of a benchmark: table rows, each with its target and whether the target is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks._timing import Spread

__all__ = ["Result", "Row", "Wanted", "at_least", "at_most", "table"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The target of a row's figure.

    Args:
        bound: the lowest or highest acceptable figure.
        is_floor: whether the bound is the lowest acceptable figure, rather than the highest.
        text: the text for the table, such as `at least 8 x`.
    """

    bound: float
    is_floor: bool
    text: str

    def is_reached(self, figure: float) -> bool:
        """Return whether a figure reaches the target.

        Args:
            figure: the measured figure.
        """
        return figure >= self.bound if self.is_floor else figure <= self.bound


def at_least(bound: float, text: str) -> Wanted:
    """Return the target of a figure that must be at least a bound.

    Args:
        bound: the lowest acceptable figure.
        text: the text for the table.
    """
    return Wanted(bound, is_floor=True, text=text)


def at_most(bound: float, text: str) -> Wanted:
    """Return the target of a figure that must be at most a bound.

    Args:
        bound: the highest acceptable figure.
        text: the text for the table.
    """
    return Wanted(bound, is_floor=False, text=text)


@dataclass(frozen=True, slots=True)
class Row:
    """A comparison, or a figure without one.

    Args:
        what: the measured quantity, as a text for the table.
        unit: the unit of `ours` and `theirs`.
        ours: the median for our code.
        theirs: the median for the code that ours is compared with; None without a comparison.
        ratio: the ratio of the two by round, in the direction that `what` describes.
        wanted: the target of the ratio's median, or of `ours` without a comparison; None for no target.
        is_conclusive: False if the run was too short to decide whether the target is reached.
    """

    what: str
    unit: str
    ours: float
    theirs: float | None = None
    ratio: Spread | None = None
    wanted: Wanted | None = None
    is_conclusive: bool = True

    @property
    def is_reached(self) -> bool | None:
        """Whether the target is reached; None if there is no target, or the run is not conclusive."""
        if self.wanted is None or not self.is_conclusive:
            return None
        return self.wanted.is_reached(self.ours if self.ratio is None else self.ratio.median)

    def as_json(self) -> dict[str, Any]:
        """Return the row for `results.json`."""
        ratio = self.ratio
        return {
            "what": self.what,
            "unit": self.unit,
            "ours": self.ours,
            "theirs": self.theirs,
            "ratio": None if ratio is None else ratio.median,
            "ratio_quartiles": None if ratio is None else [ratio.low, ratio.high],
            "wanted": None if self.wanted is None else self.wanted.text,
            "reached": self.is_reached,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """The results of a benchmark.

    Args:
        name: the benchmark's name.
        rows: the rows for the table; empty if nothing could be measured.
        note: a note for readers on how the figures were measured.
    """

    name: str
    rows: tuple[Row, ...]
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the result for `results.json`."""
        return {"name": self.name, "note": self.note, "rows": [row.as_json() for row in self.rows]}


_HEAD = ("what", "ours", "theirs", "", "ratio", "quartiles", "wanted", "reached")
_VERDICTS = {True: "yes", False: "NO", None: ""}


def table(results: list[Result]) -> str:
    """Return the results as a table in plain text.

    Args:
        results: the results, in the order of the table.
    """
    lines = [_HEAD, *(_cells(row) for result in results for row in result.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    text = [_aligned(line, widths) for line in lines]
    notes = [f"{result.name}: {result.note}" for result in results if result.note]
    return "\n".join([*text, "", *notes])


def _cells(row: Row) -> tuple[str, ...]:
    ratio = row.ratio
    verdict = "too short to tell" if row.wanted and not row.is_conclusive else _VERDICTS[row.is_reached]
    return (
        row.what,
        _figure(row.ours),
        "" if row.theirs is None else _figure(row.theirs),
        row.unit,
        "" if ratio is None else f"{ratio.median:.3g}",
        "" if ratio is None else f"{ratio.low:.3g} to {ratio.high:.3g}",
        "" if row.wanted is None else row.wanted.text,
        verdict,
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


def _aligned(cells: tuple[str, ...], widths: list[int]) -> str:
    """Return a line with left-aligned words and right-aligned numbers."""
    is_number = (False, True, True, False, True, False, False, False)
    columns = zip(cells, widths, is_number, strict=True)
    return "  ".join(
        f"{cell:>{width}}" if right else f"{cell:<{width}}" for cell, width, right in columns
    ).rstrip()
