"""The content of an analytics tab: cards, charts and tables, rendered by one template."""

from __future__ import annotations

from dataclasses import dataclass

from apps.metrics.figures.charts import Chart
from apps.metrics.formatting import Direction, Unit, change, direction, written

__all__ = ["Card", "Cell", "Content", "Table", "card"]


@dataclass(frozen=True, slots=True)
class Card:
    """A card that shows one figure in large type.

    Args:
        label: the name of the figure.
        value: the formatted figure.
        change: the change since the period before, in words; empty if there is nothing to compare with.
        direction: the direction of the change; empty for no change.
    """

    label: str
    value: str
    change: str = ""
    direction: Direction = ""


def card(label: str, value: float | None, before: float | None, unit: Unit = "count") -> Card:
    """Return a card with a figure and its change.

    Args:
        label: the name of the figure.
        value: the figure; None if it is not known.
        before: the figure of the period before; None if it is not known.
        unit: the unit of both figures.
    """
    return Card(label, written(value, unit), change(value, before, unit), direction(value, before, unit))


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Args:
        text: the text of the cell.
        url: the target of the cell's link; empty for no link.
    """

    text: str
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table.

    Args:
        caption: the heading of the table.
        columns: the headings of the columns.
        rows: the rows; the first cell of each is the row's heading.
        note: an explanation that is shown below the table.
        empty: the text that is shown if there are no rows.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    empty: str = "There is nothing in this range."


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """The content of a tab, from top to bottom."""

    cards: tuple[Card, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
