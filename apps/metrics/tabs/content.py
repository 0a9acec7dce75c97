"""What an analytics tab shows: cards, charts and tables, ready for one template."""

from __future__ import annotations

from dataclasses import dataclass

from apps.metrics.figures.charts import Chart
from apps.metrics.formatting import Direction, Unit, change, direction, written

__all__ = ["Card", "Cell", "Content", "Table", "card"]


@dataclass(frozen=True, slots=True)
class Card:
    """Be one figure, large.

    Args:
        label: what it is.
        value: as people read it.
        change: against the period before; empty if there is nothing to compare with.
        direction: which way it has gone since; empty for none.
    """

    label: str
    value: str
    change: str = ""
    direction: Direction = ""


def card(label: str, value: float | None, before: float | None, unit: Unit = "count") -> Card:
    """Write a figure and its change.

    Args:
        label: what it is.
        value: now.
        before: in the period before; None if there is none.
        unit: what both are counted in.
    """
    return Card(label, written(value, unit), change(value, before, unit), direction(value, before, unit))


@dataclass(frozen=True, slots=True)
class Cell:
    """Be one cell of a table.

    Args:
        text: what it says.
        url: where it leads, if anywhere.
    """

    text: str
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Be a table.

    Args:
        caption: what it shows.
        columns: their headings.
        rows: the first cell of each is its heading.
        note: how to read it.
        empty: what to say instead of no rows.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    empty: str = "There is nothing in this range."


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """Be what a tab shows, from top to bottom."""

    cards: tuple[Card, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
