"""The team tab: how work and reviews are distributed; people are not ranked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, F

from apps.metrics.bots import is_bot
from apps.metrics.figures.charts import Chart, Series
from apps.metrics.figures.figures import middle
from apps.metrics.formatting import written
from apps.metrics.models import Review
from apps.metrics.pull_requests.listing import Listing
from apps.metrics.tabs._scope import Scope
from apps.metrics.tabs.content import Cell, Content, Table, card

__all__ = ["content"]


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    opened: int
    merged: int
    reviewed: int
    assisted: int
    cycle_hours: float | None


def content(scope: Scope) -> Content:
    """Return the content of the tab.

    Args:
        scope: the pull requests and filters of the tab.
    """
    people = _people(scope)
    return Content(
        cards=(
            card("People", len(people), None),
            card("Opened, for each person", middle(one.opened for one in people), None),
            card("Reviewed, for each person", middle(one.reviewed for one in people), None),
            card("Reviewing", sum(one.reviewed > 0 for one in people), None),
        ),
        charts=(
            Chart(
                key="people",
                title="Pull requests opened and reviewed",
                across="Person",
                labels=tuple(one.name for one in people),
                series=(
                    Series("Opened", tuple(one.opened for one in people)),
                    Series("Reviewed", tuple(one.reviewed for one in people)),
                ),
            ),
        ),
        tables=(_table(scope, people),),
    )


def _people(scope: Scope) -> list[_Person]:
    opened = Counter(pull.author for pull in scope.opened)
    merged = Counter(pull.author for pull in scope.merged)
    assisted = Counter(pull.author for pull in scope.opened if pull.is_ai_assisted)
    reviewed = _reviewed(scope)
    cycles: dict[str, list[float | None]] = {}
    for pull in scope.merged:
        cycles.setdefault(pull.author, []).append(pull.cycle_hours)
    names = {name for name in {*opened, *merged, *reviewed} if not is_bot(name)}
    return [
        _Person(
            name,
            opened[name],
            merged[name],
            reviewed.get(name, 0),
            assisted[name],
            middle(cycles.get(name, ())),
        )
        for name in sorted(names, key=lambda name: (name.lower(), name))
    ]


def _reviewed(scope: Scope) -> dict[str, int]:
    """Return how many pull requests of others each person has reviewed in the range, in one query."""
    given = Review.objects.filter(pull_request__team=scope.team, submitted_at__lt=scope.span.end)
    if scope.span.start:
        given = given.filter(submitted_at__gte=scope.span.start)
    if scope.filters.repositories:
        given = given.filter(pull_request__repository__in=scope.filters.repositories)
    of_others = given.exclude(reviewer=F("pull_request__author")).values("reviewer").order_by()
    counted = of_others.annotate(reviewed=Count("pull_request", distinct=True))
    return dict(counted.values_list("reviewer", "reviewed"))


def _table(scope: Scope, people: list[_Person]) -> Table:
    return Table(
        caption="People",
        columns=("Person", "Opened", "Merged", "Reviewed", "With AI", "Time to merge"),
        rows=tuple(
            (
                Cell(one.name, scope.list_url(Listing(author=one.name))),
                Cell(written(one.opened, "count")),
                Cell(written(one.merged, "count")),
                Cell(written(one.reviewed, "count")),
                Cell(written(one.assisted, "count")),
                Cell(written(one.cycle_hours, "hours")),
            )
            for one in people
        ),
        note="In alphabetical order. These numbers show how work is spread, and not how well anybody works.",
        empty="Nobody has opened or reviewed anything in this range.",
    )
