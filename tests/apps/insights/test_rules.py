"""Tests of the rules against plain arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.insights.measures import MEASURES, MeasureName
from apps.insights.models import Insight, Priority
from apps.insights.review_waits import Waiting
from apps.insights.rules import QUEUE, changes, milestones, slow_reviews, week_of
from apps.metrics.figures.figures import Figures
from apps.metrics.models import PullRequest, Repository
from tests.apps.insights.factories import some_figures

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MEASURE = {measure.name: measure for measure in MEASURES}

counts = st.integers(0, 60)
values = st.none() | st.integers(0, 4000).map(lambda quarter: quarter / 4)
shares = st.none() | st.integers(0, 400).map(lambda quarter: quarter / 4)
periods = st.builds(
    Figures,
    opened=counts,
    merged=counts,
    reviewed=counts,
    ai_share=shares,
    cycle_hours=values,
    review_hours=values,
    size=values,
)


def _naively_changed(name: MeasureName, recent: Figures, before: Figures) -> bool:
    was, became = getattr(before, name), getattr(recent, name)
    if was is None or became is None or was == 0:
        return False
    counted = {
        "merged": [before.merged],
        "cycle_hours": [before.merged, recent.merged],
        "review_hours": [before.reviewed, recent.reviewed],
    }.get(name, [before.opened, recent.opened])
    relative = abs(Fraction(became) / Fraction(was) - 1)
    least = {"cycle_hours": 1, "review_hours": 0.5, "merged": 0, "size": 5, "ai_share": 5}[name]
    return all(one >= 10 for one in counted) and relative >= Fraction(15, 100) and abs(became - was) >= least


@given(recent=periods, before=periods)
def test_a_change_of_15_percent_is_found_if_there_is_enough_data(recent: Figures, before: Figures) -> None:
    found = {insight.key for insight in changes(recent, before, NOW)}

    assert found == {f"{name}:2026-W48" for name in MEASURE if _naively_changed(name, recent, before)}


@given(recent=periods, before=periods)
def test_a_change_is_urgent_if_it_is_large_and_for_the_worse(recent: Figures, before: Figures) -> None:
    less_is_better = {"cycle_hours", "review_hours", "size"}
    for insight in changes(recent, before, NOW):
        name = insight.key.partition(":")[0]
        was, became = getattr(before, name), getattr(recent, name)
        is_worse = (became > was) == (name in less_is_better)
        is_great = abs(Fraction(became) / Fraction(was) - 1) >= Fraction(1, 2)
        expected = ["low", "medium", "high"][is_worse + is_great]
        assert insight.priority == expected
        assert (" rose " in insight.title) == (became > was)
        assert ("\n\n" in insight.body) == is_worse  # only a change for the worse comes with advice


@given(recent=periods, before=periods)
def test_both_values_of_a_change_look_different_and_the_title_fits(recent: Figures, before: Figures) -> None:
    for insight in changes(recent, before, NOW):
        was, _, became = insight.title.partition(" from ")[2].partition(" to ")
        assert was not in (became, became.partition(" ")[0])
        assert len(insight.title) <= 200


def _busy(name: MeasureName, value: float) -> Figures:
    fields: dict[str, Any] = {"opened": 50, "merged": 50, "reviewed": 50, name: value}
    return some_figures(**fields)


@pytest.mark.parametrize(
    ("name", "was", "became", "title"),
    [
        ("cycle_hours", 31, 24, "Time to merge fell by 23 %, from 31 to 24 hours"),
        ("cycle_hours", 60, 90, "Time to merge rose by 50 %, from 60 hours to 3.8 days"),
        ("review_hours", 1, 1.5, "Wait for the first review rose by 50 %, from 60 to 90 minutes"),
        ("review_hours", 4.5, 3.5, "Wait for the first review fell by 22 %, from 4.5 to 3.5 hours"),
        ("size", 100, 130, "Typical size rose by 30 %, from 100 to 130 lines"),
        ("ai_share", 20, 40, "Pull requests assisted by AI rose from 20 to 40 %"),
    ],
)
def test_a_change_is_described_in_a_sentence(
    name: MeasureName, was: float, became: float, title: str
) -> None:
    (found,) = changes(_busy(name, became), _busy(name, was), NOW)

    assert found.title == title


def test_a_stop_of_all_merging_is_found() -> None:
    (found,) = changes(some_figures(), some_figures(merged=20), NOW)

    assert (found.title, found.priority) == (
        "Merged pull requests fell by 100 %, from 20 to 0",
        Priority.HIGH,
    )


@given(share=shares, number=counts, reached=st.sets(st.sampled_from(["25", "50", "75"])))
def test_a_milestone_is_found_the_first_time_it_is_passed(
    share: float | None, number: int, reached: set[str]
) -> None:
    found = [one.key for one in milestones(some_figures(opened=number, ai_share=share), reached)]

    passed = [milestone for milestone in ("25", "50", "75") if share is not None and share >= int(milestone)]
    is_news = bool(passed) and number >= 10 and not any(one >= passed[-1] for one in reached)
    assert found == (passed[-1:] if is_news else [])


@given(shares=st.lists(st.integers(0, 100), max_size=20))
def test_each_milestone_is_found_once_even_if_adoption_fluctuates(shares: list[int]) -> None:
    reached: list[str] = []
    for share in shares:
        reached += [one.key for one in milestones(some_figures(opened=20, ai_share=share), reached)]

    assert len(set(reached)) == len(reached)
    assert reached == sorted(reached)


def _waiting(total: int) -> Waiting:
    repository = Repository(full_name="acme/api")
    longest = [
        PullRequest(
            repository=repository,
            number=number,
            title="Fix <it>",
            url=f"https://github.example/acme/api/pull/{number}",
            opened_at=NOW - timedelta(days=3, hours=5),
        )
        for number in range(min(total, 10))
    ]
    return Waiting(total, longest)


@given(hours=values, number=counts)
def test_reviews_are_slow_after_one_day_and_urgent_after_two(hours: float | None, number: int) -> None:
    found = list(slow_reviews(some_figures(reviewed=number, review_hours=hours), _waiting(0), NOW))

    if hours is None or hours < 24 or number < 10:
        assert found == []
    else:
        assert [one.key for one in found] == ["median:2026-W48"]
        assert found[0].priority == ("high" if hours >= 48 else "medium")


@pytest.mark.parametrize("total", [0, 1, QUEUE - 1, QUEUE, 10, 12])
def test_pull_requests_that_wait_for_a_review_are_named(total: int) -> None:
    found = list(slow_reviews(some_figures(), _waiting(total), NOW))

    if total == 0:
        assert found == []
        return
    (insight,) = found
    assert insight.key == "waiting:2026-W48"
    assert insight.priority == ("high" if total >= 5 else "medium")
    assert insight.title.startswith("1 pull request waits " if total == 1 else f"{total} pull requests wait ")
    assert "acme/api#0, “Fix <it>”, for 3 days: https://github.example/acme/api/pull/0" in insight.body
    assert insight.body.count("https://") == min(total, 10)
    assert ("And 2 more." in insight.body) == (total == 12)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)))  # noqa: DTZ001 - becomes aware below
def test_a_week_has_one_name_from_monday_to_sunday(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    monday = moment - timedelta(days=moment.weekday())

    assert {week_of(monday + timedelta(days=day)) for day in range(7)} == {week_of(moment)}
    assert week_of(monday + timedelta(days=7)) != week_of(moment)


def test_an_insight_fits_into_its_columns() -> None:
    widest = some_figures(
        opened=9999,
        merged=9999,
        reviewed=9999,
        ai_share=99.9,
        cycle_hours=99999,
        review_hours=99999,
        size=99999,
    )
    least = some_figures(
        opened=10, merged=10, reviewed=10, ai_share=0.1, cycle_hours=0.1, review_hours=0.1, size=0.1
    )
    found: list[Insight] = [
        *changes(widest, least, NOW),
        *milestones(widest, ()),
        *slow_reviews(widest, _waiting(12), NOW),
    ]

    assert len(found) == 8
    for one in found:
        one.clean_fields(exclude=["team", "dismissed_at", "dismissed_by"])
