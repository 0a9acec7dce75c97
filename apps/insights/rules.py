"""The rules that find insights in a team's figures, with their wording and priority."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from apps.insights.measures import MEASURES, Measure, MeasureName
from apps.insights.models import Insight, InsightKind, Priority
from apps.insights.review_waits import PATIENCE, Waiting
from apps.metrics.figures.figures import Figures
from apps.metrics.formatting import Unit, written

__all__ = [
    "CHANGE",
    "ENOUGH",
    "GREAT_CHANGE",
    "LEAST",
    "MILESTONES",
    "NAMED",
    "QUEUE",
    "SLOW_HOURS",
    "VERY_SLOW_HOURS",
    "changes",
    "milestones",
    "slow_reviews",
    "week_of",
]

# Percent of the earlier value: a smaller change is ordinary variation.
CHANGE = 15
# Percent: a change by half of the earlier value is not a fluctuation.
GREAT_CHANGE = 50
# Pull requests in a period: with six, one more or less is already a change of 15 %; ten leave some room.
ENOUGH = 10
# The smallest difference that counts, in the measure's unit: nobody notices 15 % of a small value.
LEAST: dict[MeasureName, float] = {
    "cycle_hours": 1,
    "review_hours": 0.5,
    "merged": 0,  # `ENOUGH` already guarantees that 15 % is a visible difference
    "size": 5,
    "ai_share": 5,
}
# Percent of the last 30 days' pull requests, and how the title words it.
MILESTONES = {25: "a quarter", 50: "half", 75: "three quarters"}
# The median wait for a first review: after 24 hours the author has lost a working day; 48 is `PATIENCE`.
SLOW_HOURS, VERY_SLOW_HOURS = 24, 48
# Pull requests that wait: one is an oversight, five are a queue.
QUEUE = 5
# The number of waiting pull requests that an insight lists: as many as people will read.
NAMED = 10

_MEANING: dict[MeasureName, str] = {
    "cycle_hours": "The time to merge is the median from opening a pull request to merging it.",
    "review_hours": "The wait is the median from opening a pull request to the first review by somebody "
    "else.",
    "merged": "Counted are the pull requests merged in each period.",
    "size": "The size is the median number of lines added and deleted in a pull request.",
    "ai_share": "Counted are pull requests with the signature of an AI tool.",
}
_ADVICE: dict[MeasureName, str] = {
    "cycle_hours": "Look for what waits: pull requests without a review, or reviewed and not merged.",
    "review_hours": "Agree on when reviews are done, and keep pull requests small enough for a short break.",
    "merged": "Holidays or larger pieces of work explain it; if neither does, look at what is still open.",
    "size": "Smaller pull requests are reviewed sooner, and more thoroughly.",
    "ai_share": "Ask whether a tool has got in the way, or whether the work was of another kind.",
}


def week_of(now: datetime) -> str:
    """Return the ISO week, such as "2026-W47"; keys contain it so that an insight is found once a week.

    Args:
        now: the time at which the rules run.
    """
    return f"{now:%G-W%V}"


def changes(recent: Figures, before: Figures, now: datetime) -> Iterator[Insight]:
    """Yield an insight for each figure that has changed by 15 % or more, for better or worse.

    Args:
        recent: the figures of the last four weeks.
        before: the figures of the four weeks before.
        now: the time at which the rules run.
    """
    for measure in MEASURES:
        was, became = measure.of(before), measure.of(recent)
        if was and became is not None and _has_enough(measure, recent, before):
            difference = abs(became - was)
            if difference * 100 >= CHANGE * was and difference >= LEAST[measure.name]:
                yield _change(measure, was, became, now)


def _has_enough(measure: Measure, recent: Figures, before: Figures) -> bool:
    if measure.name == "merged":
        return before.merged >= ENOUGH  # `recent` may be low: that is the change to find
    if measure.name == "cycle_hours":
        return min(recent.merged, before.merged) >= ENOUGH
    if measure.name == "review_hours":
        return min(recent.reviewed, before.reviewed) >= ENOUGH
    return min(recent.opened, before.opened) >= ENOUGH


def _change(measure: Measure, was: float, became: float, now: datetime) -> Insight:
    percent = abs(became - was) * 100 / was
    is_worse, is_great = measure.is_worse(was, became), percent >= GREAT_CHANGE
    if is_worse and is_great:
        priority = Priority.HIGH
    else:
        priority = Priority.MEDIUM if is_worse or is_great else Priority.LOW
    direction = "rose" if became > was else "fell"
    # A percentage of a percentage is misleading.
    by = " " if measure.unit == "percent" else f" by {percent:,.0f} %, "
    advice = f"\n\n{_ADVICE[measure.name]}" if is_worse else ""
    return Insight(
        kind=InsightKind.CHANGE,
        key=f"{measure.name}:{week_of(now)}",
        priority=priority,
        title=f"{measure.label} {direction}{by}from {_ends(was, became, measure.unit)}",
        body=f"The last four weeks are compared with the four before. {_MEANING[measure.name]}{advice}",
    )


def _ends(was: float, became: float, unit: Unit) -> str:
    """Format both values, such as "31 to 24 hours" or "4 days to 20 hours"."""
    start, end = written(was, unit), written(became, unit)
    number, _, word = start.partition(" ")
    return f"{number if word == end.partition(' ')[2] else start} to {end}"


def milestones(month: Figures, reached: Collection[str]) -> Iterator[Insight]:
    """Yield the highest AI adoption milestone that the team has passed, unless an insight reported it before.

    A milestone below one that was reported before is not reported either.

    Args:
        month: the figures of the last 30 days.
        reached: the keys of the milestones that were reported before.
    """
    if month.ai_share is None or month.opened < ENOUGH:
        return
    passed = [milestone for milestone in MILESTONES if month.ai_share >= milestone]
    if not passed or any(int(key) >= max(passed) for key in reached):
        return
    yield Insight(
        kind=InsightKind.AI_MILESTONE,
        key=str(max(passed)),
        # Good news can wait.
        priority=Priority.LOW,
        title=f"AI helps with {MILESTONES[max(passed)]} of your pull requests",
        body=f"Of the {month.opened} pull requests opened in the last 30 days, "
        f"{month.ai_share:.1f} % were assisted by an AI tool.\n\n"
        "Compare their time to merge and their reviews with those of the others.",
    )


def slow_reviews(recent: Figures, waits: Waiting, now: datetime) -> Iterator[Insight]:
    """Yield insights about slow first reviews, and about pull requests that wait for one right now.

    Args:
        recent: the figures of the last four weeks.
        waits: the open pull requests that have waited too long.
        now: the time at which the rules run.
    """
    hours = recent.review_hours
    if hours is not None and hours >= SLOW_HOURS and recent.reviewed >= ENOUGH:
        yield Insight(
            kind=InsightKind.SLOW_REVIEWS,
            key=f"median:{week_of(now)}",
            priority=Priority.HIGH if hours >= VERY_SLOW_HOURS else Priority.MEDIUM,
            title=f"Half of the pull requests wait {written(hours, 'hours')} or longer for a first review",
            body=f"That is the median of the last four weeks.\n\n{_ADVICE['review_hours']}",
        )
    if waits.total:
        wait = "1 pull request waits" if waits.total == 1 else f"{waits.total} pull requests wait"
        yield Insight(
            kind=InsightKind.SLOW_REVIEWS,
            key=f"waiting:{week_of(now)}",
            priority=Priority.HIGH if waits.total >= QUEUE else Priority.MEDIUM,
            title=f"{wait} for a first review for more than {PATIENCE.days} days",
            body=_waiting_body(waits, now),
        )


def _waiting_body(waits: Waiting, now: datetime) -> str:
    lines = [
        f"{one}, “{one.title}”, for {(now - one.opened_at).days} days: {one.url}" for one in waits.longest
    ]
    more = waits.total - len(lines)
    if more:
        lines.append(f"And {more} more.")
    return "\n\n".join(["So it was when this was found; those that have waited longest come first.", *lines])
