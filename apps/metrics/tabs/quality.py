"""The quality tab: reviews before merging, requested changes, and sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from django.urls import reverse

from apps.metrics.figures.charts import Chart, Series
from apps.metrics.figures.figures import middle, share
from apps.metrics.figures.pulls import Pull
from apps.metrics.formatting import written
from apps.metrics.models import PullRequest, Review
from apps.metrics.pull_requests.listing import Listing
from apps.metrics.sizes import SIZES, size_of
from apps.metrics.tabs._scope import Scope
from apps.metrics.tabs.content import Cell, Content, Table, card

__all__ = ["content"]

# Requested changes count as rework from the second round on; one round is a normal review.
_REWORK = 2
# As many as a person can look into.
_UNREVIEWED = 10


def content(scope: Scope) -> Content:
    """Return the content of the tab.

    Args:
        scope: the pull requests and filters of the tab.
    """
    rounds = _rounds_of_changes(scope)
    merged, earlier = scope.merged, scope.merged_before
    return Content(
        cards=(
            card("Reviewed before merging", _reviewed(merged), _reviewed(earlier), "percent"),
            card(
                "Merged without a review", _unreviewed(merged), _unreviewed(earlier) if scope.before else None
            ),
            card(
                "Changes were requested",
                _sent_back(merged, rounds, 1),
                _sent_back(earlier, rounds, 1),
                "percent",
            ),
            card(
                "Sent back more than once",
                _sent_back(merged, rounds, _REWORK),
                _sent_back(earlier, rounds, _REWORK),
                "percent",
            ),
            scope.card("Typical size", "size", "lines"),
        ),
        charts=(_sizes_chart(scope.opened), _coverage_chart(scope)),
        tables=(_by_size(scope), _without_review(scope)),
    )


def _rounds_of_changes(scope: Scope) -> dict[int, int]:
    """Return how often changes were requested in each merged pull request, in one query."""
    asked = Review.objects.filter(
        state="changes_requested", pull_request__team=scope.team, pull_request__merged_at__lt=scope.span.end
    )
    first = scope.span.before.start if scope.span.before else scope.span.start
    if first:
        asked = asked.filter(pull_request__merged_at__gte=first)
    return Counter(asked.values_list("pull_request", flat=True))


def _is_reviewed(pull: Pull) -> bool:
    """Whether another person reviewed the pull request before it was merged."""
    return (
        pull.first_review_at is not None
        and pull.merged_at is not None
        and pull.first_review_at <= pull.merged_at
    )


def _reviewed(merged: Collection[Pull]) -> float | None:
    return share(sum(map(_is_reviewed, merged)), len(merged))


def _unreviewed(merged: Collection[Pull]) -> int:
    return len(merged) - sum(map(_is_reviewed, merged))


def _sent_back(merged: Collection[Pull], rounds: dict[int, int], least: int) -> float | None:
    return share(sum(rounds.get(pull.pk, 0) >= least for pull in merged), len(merged))


def _sizes_chart(opened: list[Pull]) -> Chart:
    counts = Counter(size_of(pull.size).name for pull in opened)
    return Chart(
        key="sizes",
        title="Sizes of pull requests opened",
        across="Size",
        labels=tuple(size.name for size in SIZES),
        series=(Series("Pull requests", tuple(counts[size.name] for size in SIZES)),),
    )


def _coverage_chart(scope: Scope) -> Chart:
    return Chart(
        key="coverage",
        title="Share reviewed before merging",
        across="From",
        labels=scope.step_labels,
        series=(Series("Reviewed before merging", tuple(_reviewed(one) for one in scope.merged_by_step)),),
        unit="percent",
    )


def _by_size(scope: Scope) -> Table:
    groups: dict[str, list[Pull]] = {size.name: [] for size in SIZES}
    for pull in scope.merged:
        groups[size_of(pull.size).name].append(pull)
    return Table(
        caption="What size changes",
        columns=("Size", "Merged", "Reviewed before merging", "Wait for the first review", "Time to merge"),
        rows=tuple(
            (
                Cell(size.label, scope.list_url(Listing(size=size.name))),
                Cell(written(len(group), "count")),
                Cell(written(_reviewed(group), "percent")),
                Cell(written(middle(pull.review_hours for pull in group), "hours")),
                Cell(written(middle(pull.cycle_hours for pull in group), "hours")),
            )
            for size, group in zip(SIZES, groups.values(), strict=True)
        ),
    )


def _without_review(scope: Scope) -> Table:
    largest = sorted(
        (pull for pull in scope.merged if not _is_reviewed(pull)), key=lambda pull: (-pull.size, pull.pk)
    )[:_UNREVIEWED]
    titles = dict(PullRequest.objects.filter(pk__in=[pull.pk for pull in largest]).values_list("pk", "title"))
    return Table(
        caption="Largest merged without a review",
        columns=("Pull request", "Repository", "Author", "Size"),
        rows=tuple(
            (
                Cell(titles[pull.pk], reverse("metrics:pull_request", args=[pull.pk])),
                Cell(scope.names.get(pull.repository_id, "")),
                Cell(pull.author),
                Cell(written(pull.size, "lines")),
            )
            for pull in largest
            if pull.pk in titles
        ),
        empty="Everything merged in this range was reviewed before.",
    )
