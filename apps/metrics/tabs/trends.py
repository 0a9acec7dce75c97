"""The trends tab: the team's figures by month."""

from __future__ import annotations

from apps.metrics.figures.calendar import Piece, months
from apps.metrics.figures.charts import Chart, Series
from apps.metrics.figures.figures import figures_in
from apps.metrics.formatting import change, written
from apps.metrics.tabs._scope import Scope
from apps.metrics.tabs.content import Cell, Content, Table

__all__ = ["content"]


def content(scope: Scope) -> Content:
    """Return the content of the tab.

    Args:
        scope: the pull requests and filters of the tab.
    """
    pieces = months(scope.span, scope.known)
    found = figures_in(scope.known, [piece.span for piece in pieces])
    labels = tuple(map(_label, pieces))
    rows = tuple(
        (
            Cell(label),
            Cell(written(one.opened, "count")),
            Cell(written(one.merged, "count")),
            Cell(written(one.cycle_hours, "hours")),
            Cell(written(one.review_hours, "hours")),
            Cell(written(one.ai_share, "percent")),
            Cell(written(one.size, "lines")),
            Cell(change(one.cycle_hours, previous.cycle_hours, "hours") if previous else ""),
        )
        for label, one, previous in zip(labels, found, [None, *found], strict=False)
    )
    return Content(
        cards=(
            scope.card("Merged", "merged"),
            scope.card("Time to merge", "cycle_hours", "hours"),
            scope.card("Assisted by AI", "ai_share", "percent"),
        ),
        charts=(
            Chart(
                key="cycle_by_month",
                title="Time to merge by month",
                across="Month",
                labels=labels,
                series=(Series("Time to merge", tuple(one.cycle_hours for one in found)),),
                unit="hours",
            ),
            Chart(
                key="ai_by_month",
                title="Share assisted by AI by month",
                across="Month",
                labels=labels,
                series=(Series("Assisted by AI", tuple(one.ai_share for one in found)),),
                unit="percent",
            ),
        ),
        tables=(
            Table(
                caption="Months compared",
                columns=(
                    "Month",
                    "Opened",
                    "Merged",
                    "Time to merge",
                    "Wait for the first review",
                    "Assisted by AI",
                    "Typical size",
                    "Time to merge, to the month before",
                ),
                # The latest month first: people look for it.
                rows=tuple(reversed(rows)),
                note="Choose a longer range to see more months.",
            ),
        ),
    )


def _label(piece: Piece) -> str:
    return f"{piece.begin:%b %Y}" if piece.is_whole else f"{piece.begin:%b %Y} (part)"
