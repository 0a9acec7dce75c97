"""What a benchmark found: rows of a table, each with what was wanted and whether it is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks._timing import Spread

__all__ = ["Result", "Row", "Wanted", "at_least", "at_most", "table"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Say what a row's figure should be.

    Args:
        bound: the number.
        is_floor: whether the figure should be above it; below it otherwise.
        text: for the table, such as `at least 8 x`.
    """

    bound: float
    is_floor: bool
    text: str

    def is_reached(self, figure: float) -> bool:
        """Whether a figure is on the right side of the bound.

        Args:
            figure: measured.
        """
        return figure >= self.bound if self.is_floor else figure <= self.bound


def at_least(bound: float, text: str) -> Wanted:
    """Want a figure to be a bound or more.

    Args:
        bound: the number.
        text: for the table.
    """
    return Wanted(bound, is_floor=True, text=text)


def at_most(bound: float, text: str) -> Wanted:
    """Want a figure to be a bound or less.

    Args:
        bound: the number.
        text: for the table.
    """
    return Wanted(bound, is_floor=False, text=text)


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one comparison, or one figure of ours alone.

    Args:
        what: is measured.
        unit: of `ours` and `theirs`.
        ours: the median.
        theirs: the median of what it is compared with.
        ratio: of the two, round by round, in whichever direction `what` says.
        wanted: of the ratio's median, or of `ours` where nothing is compared; None if nothing is.
        is_conclusive: False if the run was too short to tell whether it is reached.
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
        """Whether the wanted number is reached; None if none is wanted, or the run cannot tell."""
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
    """Hold what one benchmark found.

    Args:
        name: the benchmark's.
        rows: at least one.
        note: what the reader should know of how it was measured.
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
        results: in the order to be shown.
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
    """Put words to the left and numbers to the right."""
    is_number = (False, True, True, False, True, False, False, False)
    columns = zip(cells, widths, is_number, strict=True)
    return "  ".join(
        f"{cell:>{width}}" if right else f"{cell:<{width}}" for cell, width, right in columns
    ).rstrip()
