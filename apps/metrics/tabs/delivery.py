"""The delivery tab: how much is merged, how long it takes, and where it takes longest."""

from __future__ import annotations

from apps.metrics.figures.charts import Chart, Series
from apps.metrics.figures.figures import figures_of, share
from apps.metrics.figures.pulls import Pull
from apps.metrics.formatting import written
from apps.metrics.models import PullRequestState
from apps.metrics.tabs._scope import Scope
from apps.metrics.tabs.content import Cell, Content, Table, card

__all__ = ["content"]

# Half a working day, a day, half a week, a week; in hours.
_DURATIONS = (
    ("Within 4 hours", 4.0),
    ("Within a day", 24.0),
    ("Within 3 days", 72.0),
    ("Within a week", 168.0),
    ("Longer", float("inf")),
)


def content(scope: Scope) -> Content:
    """Return the content of the tab.

    Args:
        scope: the pull requests and filters of the tab.
    """
    by_step = scope.figures_by_step
    return Content(
        cards=(
            scope.card("Merged", "merged"),
            scope.card("Time to merge", "cycle_hours", "hours"),
            scope.card("Wait for the first review", "review_hours", "hours"),
            card(
                "Merged of those finished",
                _merge_rate(scope.opened),
                _merge_rate(scope.opened_before),
                "percent",
            ),
        ),
        charts=(
            Chart(
                key="merged",
                title="Pull requests merged",
                across="From",
                labels=scope.step_labels,
                series=(Series("Merged", tuple(one.merged for one in by_step)),),
            ),
            Chart(
                key="durations",
                title="Time to merge and wait for the first review",
                across="From",
                labels=scope.step_labels,
                series=(
                    Series("Time to merge", tuple(one.cycle_hours for one in by_step)),
                    Series("Wait for the first review", tuple(one.review_hours for one in by_step)),
                ),
                unit="hours",
            ),
        ),
        tables=(_durations(scope.merged), _by_repository(scope)),
    )


def _merge_rate(opened: list[Pull]) -> float | None:
    """Return the share of merged pull requests among those that were merged or closed."""
    finished = [pull for pull in opened if pull.state != PullRequestState.OPEN]
    return share(sum(pull.state == PullRequestState.MERGED for pull in finished), len(finished))


def _durations(merged: list[Pull]) -> Table:
    counts = [0] * len(_DURATIONS)
    for pull in merged:
        if pull.cycle_hours is not None:
            counts[next(at for at, (_, most) in enumerate(_DURATIONS) if pull.cycle_hours <= most)] += 1
    return Table(
        caption="How long merging took",
        columns=("From opening to merging", "Pull requests", "Share"),
        rows=tuple(
            (Cell(label), Cell(written(count, "count")), Cell(written(share(count, sum(counts)), "percent")))
            for (label, _), count in zip(_DURATIONS, counts, strict=True)
        ),
    )


def _by_repository(scope: Scope) -> Table:
    by_repository: dict[int, list[Pull]] = {}
    for pull in scope.known:
        by_repository.setdefault(pull.repository_id, []).append(pull)
    found = [
        (name, figures_of(by_repository[pk], scope.span))
        for pk, name in scope.names.items()
        if pk in by_repository
    ]
    return Table(
        caption="By repository",
        columns=("Repository", "Opened", "Merged", "Time to merge", "Wait for the first review"),
        rows=tuple(
            (
                Cell(name),
                Cell(written(one.opened, "count")),
                Cell(written(one.merged, "count")),
                Cell(written(one.cycle_hours, "hours")),
                Cell(written(one.review_hours, "hours")),
            )
            for name, one in found
        ),
    )
