"""Tests of the figures against a naive computation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from apps.metrics.figures.calendar import Piece, months, steps
from apps.metrics.figures.charts import Chart, Series
from apps.metrics.figures.figures import Figures, figures, figures_in, figures_of
from apps.metrics.figures.pulls import Pull, Span
from apps.metrics.formatting import NOTHING, change, written
from apps.metrics.models import Repository
from apps.metrics.sizes import SIZES, size_of
from apps.teams.models import Team
from tests.apps.metrics.factories import pull_request, review

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

moments = st.floats(0, 333 * 24).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours))


@st.composite
def pull_rows(draw: st.DrawFn) -> Pull:
    opened_at = draw(moments)
    after = st.none() | st.floats(0, 2000).map(lambda hours: opened_at + timedelta(hours=hours))
    merged_at, first_review_at = draw(after), draw(after)
    tool = draw(st.sampled_from(["", "Claude", "Cursor"]))
    return Pull(
        pk=1,
        repository_id=1,
        opened_at=opened_at,
        merged_at=merged_at,
        first_review_at=first_review_at,
        state="merged" if merged_at else "open",
        author=draw(st.sampled_from(["ada", "grace"])),
        ai_tool=tool,
        is_ai_assisted=bool(tool),
        cycle_hours=_hours(opened_at, merged_at),
        review_hours=_hours(opened_at, first_review_at),
        size=draw(st.integers(0, 5000)),
    )


@st.composite
def spans(draw: st.DrawFn) -> Span:
    first, last = sorted((draw(moments), draw(moments)))
    return Span(draw(st.sampled_from([first, None])), last + timedelta(seconds=1))


def _hours(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else (end - start).total_seconds() / 3600


def _naive(rows: list[Pull], span: Span) -> Figures:
    def happened(moment: datetime | None) -> bool:
        return moment is not None and (span.start is None or span.start <= moment) and moment < span.end

    opened = [row for row in rows if happened(row.opened_at)]
    merged = [row for row in rows if happened(row.merged_at)]
    cycles = [row.cycle_hours for row in merged if row.cycle_hours is not None]
    reviewed = [row for row in rows if happened(row.first_review_at)]
    waits = [row.review_hours for row in reviewed if row.review_hours is not None]
    assisted = [row for row in opened if row.ai_tool]
    return Figures(
        opened=len(opened),
        merged=len(merged),
        reviewed=len(reviewed),
        ai_share=100 * len(assisted) / len(opened) if opened else None,
        cycle_hours=median(cycles) if cycles else None,
        review_hours=median(waits) if waits else None,
        size=median([row.size for row in opened]) if opened else None,
    )


@given(st.lists(pull_rows(), max_size=30), spans())
def test_figures_match_a_naive_computation(rows: list[Pull], span: Span) -> None:
    assert figures_of(rows, span) == _naive(rows, span)


@given(st.lists(pull_rows(), max_size=30), spans(), st.sampled_from([steps, months]))
def test_pieces_cover_the_span_without_gaps_or_overlaps(
    rows: list[Pull], span: Span, cut: Callable[[Span, list[Pull]], list[Piece]]
) -> None:
    pieces = cut(span, rows)
    start = span.start or min((row.opened_at for row in rows), default=span.end)
    if start >= span.end:
        assert pieces == []
        return
    edges = [piece.span for piece in pieces]
    assert (edges[0].start, edges[-1].end) == (start, span.end)
    assert all(one.end == other.start for one, other in pairwise(edges))
    by_piece = figures_in(rows, edges)
    assert by_piece == [_naive(rows, edge) for edge in edges]
    assert sum(one.opened for one in by_piece) == figures_of(rows, Span(start, span.end)).opened


def test_weeks_begin_on_monday_and_short_spans_are_split_into_days() -> None:
    weeks = steps(Span(NOW - timedelta(days=30), NOW), ())
    assert [piece.begin.isoweekday() for piece in weeks] == [1] * len(weeks)
    assert len(steps(Span(NOW - timedelta(days=7), NOW), ())) == 8


@given(st.lists(pull_rows(), max_size=10), spans())
def test_a_month_knows_whether_it_is_complete(rows: list[Pull], span: Span) -> None:
    pieces = months(span, rows)
    assert all(piece.begin.day == 1 for piece in pieces)
    assert all(piece.is_whole for piece in pieces[1:-1])
    assert len({(piece.begin.year, piece.begin.month) for piece in pieces}) == len(pieces)


def test_figures_are_read_in_one_query_for_the_team_and_repositories(
    acme: Team,
    engine: Repository,
    loom: Repository,
    foreign: Repository,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    pull_request(
        engine, 5, merged_days_ago=3, branch="claude/x", additions=90, deletions=10, reviews=(review(4),)
    )
    pull_request(engine, 200, merged_days_ago=2)
    pull_request(loom, 5)
    pull_request(foreign, 5, merged_days_ago=4)
    now = timezone.now()
    week = Span(now - timedelta(days=7), now)

    with django_assert_num_queries(1):
        of_all = figures(acme, week)
    of_engine = figures(acme, week, [engine.pk])

    assert (of_all.opened, of_all.merged, of_all.ai_share) == (2, 2, 50)
    assert (of_engine.opened, of_engine.ai_share, of_engine.size) == (1, 100, 100)
    assert of_engine.cycle_hours == pytest.approx((48 + 198 * 24) / 2, abs=0.01)
    assert of_engine.review_hours == pytest.approx(24, abs=0.01)
    assert figures(acme, week, [foreign.pk]) == Figures(0, 0, 0, None, None, None, None)


def test_a_moment_belongs_to_only_one_of_two_adjacent_spans(acme: Team, engine: Repository) -> None:
    at = pull_request(engine, 5).opened_at
    day = timedelta(days=1)

    assert figures(acme, Span(at, at + day)).opened == 1
    assert figures(acme, Span(at - day, at)).opened == 0
    assert figures(acme, Span(None, at + day)).opened == 1


@given(st.integers(0, 100_000))
def test_every_number_of_lines_has_one_size(lines: int) -> None:
    fitting = [size for size in SIZES if size.least <= lines and (size.most is None or lines <= size.most)]
    assert [size_of(lines)] == fitting


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "count", NOTHING),
        (0, "count", "0"),
        (1234, "count", "1,234"),
        (33.333, "percent", "33 %"),
        (2.5, "percent", "2.5 %"),
        (12.5, "percent", "13 %"),
        (2.25, "percent", "2.3 %"),
        (0.35, "percent", "0.4 %"),
        (9.95, "percent", "10 %"),
        (0.5, "hours", "30 minutes"),
        (1 / 60, "hours", "1 minute"),
        (5, "hours", "5 hours"),
        (96, "hours", "4 days"),
        (120, "lines", "120 lines"),
    ],
)
def test_figures_are_formatted_for_people(value: float | None, unit: str, text: str) -> None:
    assert written(value, unit) == text  # type: ignore[arg-type]  # one of the units


@pytest.mark.parametrize(
    ("now", "before", "unit", "text"),
    [
        (24, 31, "hours", "23 % less than 31 hours"),
        (31, 24, "hours", "29 % more than 24 hours"),
        (42, 38, "percent", "4 points more than 38 %"),
        (37.4, 38, "percent", "1 point less than 38 %"),
        (38.5, 38, "percent", "1 point more than 38 %"),
        (100.5, 100, "count", "1 % more than 100"),
        (10, 10, "count", "as before: 10"),
        (5, 0, "count", "up from 0"),
        (0, 0, "count", "as before: 0"),
        (None, 5, "count", ""),
        (5, None, "count", ""),
    ],
)
def test_changes_are_formatted_for_people(
    now: float | None, before: float | None, unit: str, text: str
) -> None:
    assert change(now, before, unit) == text  # type: ignore[arg-type]  # one of the units


values = st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=20)


@given(values)
def test_a_chart_has_a_text_alternative_and_a_table(row: list[float | None]) -> None:
    labels = tuple(f"label {at}" for at in range(len(row)))
    chart = Chart(key="k", title="T", across="A", labels=labels, series=(Series("S", tuple(row)),))

    assert chart.data["datasets"] == [{"label": "S", "data": row}]
    assert [cells for _, cells in chart.rows] == [[written(value, "count")] for value in row]
    assert chart.paths[0].count("z") == sum(bool(value) for value in row)
    known = [value for value in row if value is not None]
    assert (written(max(known), "count") if known else NOTHING) in chart.summary
