"""Tests of saving the pull requests that a sync has read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.serializers import serialize
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from apps.metrics.ingest.issue_keys import issue_key
from apps.metrics.ingest.save import save_pull_requests
from apps.metrics.models import PullRequest, PullRequestState, Repository, Review
from apps.metrics.telemetry import metrics_facts, update_metrics
from apps.teams.models import Team
from otel.testing import CapturedEvents
from tests.apps.assertions import group_updates
from tests.apps.metrics.factories import facts, pull_request, review


def _everything() -> str:
    return str(serialize("json", [*PullRequest.objects.order_by("pk"), *Review.objects.order_by("pk")]))


def test_saving_twice_changes_nothing(engine: Repository) -> None:
    page = [facts(days_ago=day, reviews=(review(0.5), review(0.2, "linus"))) for day in range(1, 60)]

    assert save_pull_requests(engine, page) == 59
    before = _everything()
    assert save_pull_requests(engine, page) == 59

    assert _everything() == before
    assert (PullRequest.objects.count(), Review.objects.count()) == (59, 118)


def test_saving_again_applies_changes(engine: Repository) -> None:
    one = facts(days_ago=4, reviews=(review(3, state="CHANGES_REQUESTED"), review(2)))
    save_pull_requests(engine, [one])
    first, second = one.reviews
    later = replace(
        one,
        title="Better",
        state=PullRequestState.MERGED,
        merged_at=one.opened_at + timedelta(hours=48),
        reviews=(replace(first, state="DISMISSED"), review(1, "linus")),
    )

    save_pull_requests(engine, [later])

    saved = PullRequest.objects.get()
    assert (saved.title, saved.state, saved.cycle_hours) == ("Better", "merged", 48)
    states = dict(saved.reviews.values_list("external_id", "state"))
    assert states == {first.external_id: "dismissed", later.reviews[1].external_id: "approved"}
    assert second.external_id not in states


def test_the_latest_version_of_a_pull_request_wins(engine: Repository) -> None:
    one = facts()
    later = replace(one, title="Later", changed_at=one.changed_at + timedelta(minutes=1))

    assert save_pull_requests(engine, [later, one]) == 1

    assert PullRequest.objects.get().title == "Later"


def test_saving_an_empty_page_does_nothing(engine: Repository) -> None:
    assert save_pull_requests(engine, []) == 0
    assert PullRequest.objects.count() == 0


def test_the_same_number_in_two_repositories_is_two_pull_requests(
    engine: Repository, loom: Repository
) -> None:
    one = facts()
    for repository in (engine, loom):
        save_pull_requests(repository, [one])

    assert PullRequest.objects.count() == 2


@pytest.mark.parametrize(
    ("reviewers", "hours"),
    [
        ((("grace", 6),), 6),
        ((("ada", 1), ("grace", 6)), 6),
        ((("ADA", 1),), None),
        ((("coderabbitai[bot]", 1), ("dependabot", 2)), None),
        ((("copilot-pull-request-reviewer", 1), ("linus", 9), ("grace", 7)), 7),
        ((), None),
    ],
)
def test_the_first_review_is_by_another_person(
    engine: Repository, reviewers: tuple[tuple[str, int], ...], hours: float | None
) -> None:
    one = facts(days_ago=2)
    reviews = tuple(
        replace(review(reviewer=name), submitted_at=one.opened_at + timedelta(hours=after))
        for name, after in reviewers
    )

    save_pull_requests(engine, [replace(one, reviews=reviews)])

    assert PullRequest.objects.get().review_hours == hours


def test_an_imported_pull_request_has_no_negative_duration(engine: Repository) -> None:
    assert pull_request(engine, 1, merged_days_ago=3).cycle_hours == 0


def test_texts_are_cut_to_their_column_and_invalid_characters_are_removed(engine: Repository) -> None:
    saved = pull_request(
        engine,
        title="\0" + "t" * 400 + "\ud800",
        author="a" * 200,
        url="javascript:alert(1)",
        reviews=(review(reviewer="r" * 200),),
    )

    assert (saved.title, saved.author, saved.url) == ("t" * 300, "a" * 100, "")


def test_the_tool_that_has_helped_is_saved(engine: Repository) -> None:
    trailer = "Make it\n\nCo-authored-by: Claude <noreply@anthropic.com>"
    by_ai, by_hand = pull_request(engine, commit_messages=("x", trailer)), pull_request(engine)

    assert (by_ai.ai_tool, by_ai.is_ai_assisted) == ("Claude", True)
    assert (by_hand.ai_tool, by_hand.is_ai_assisted) == ("", False)


@pytest.mark.parametrize(
    ("title", "branch", "key"),
    [
        ("ENG-42 Fix it", "work", "ENG-42"),
        ("Fix [ENG-42], and OPS-7", "work", "ENG-42"),
        ("Fix it", "feature/ENG-42-fix", "ENG-42"),
        ("Fix it", "ada/PLAT2-9", "PLAT2-9"),
        ("Read UTF-8 and SHA-256 for ENG-1", "work", "ENG-1"),
        ("CVE-2024-1234 is closed", "work", ""),
        ("Use GPT-4", "release-2", ""),
        ("eng-42", "eng-42", ""),
        ("A-1", "X-0", ""),
    ],
)
def test_the_issue_is_found_in_the_title_or_the_branch(title: str, branch: str, key: str) -> None:
    assert issue_key(title, branch) == key


@given(st.text(max_size=80), st.text(max_size=80))
def test_an_issue_key_occurs_in_its_source_and_fits_its_column(title: str, branch: str) -> None:
    key = issue_key(title, branch)
    assert key in title or key in branch
    assert len(key) <= 40


def test_a_teams_properties_are_read_in_one_query(
    acme: Team,
    engine: Repository,
    captured_events: CapturedEvents,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    assert metrics_facts(acme).ai_adoption_rate == 0.0
    for branch in ("claude/x", "work", "work"):
        pull_request(engine, branch=branch)
    captured_events.clear()

    with django_assert_num_queries(1):
        update_metrics(acme)

    assert group_updates(captured_events, acme) == [{"total_prs": 3, "ai_adoption_rate": 33.3}]


def test_another_teams_pull_requests_do_not_count(acme: Team, foreign: Repository) -> None:
    pull_request(foreign)

    assert metrics_facts(acme).total_prs == 0


def test_a_page_is_saved_in_a_few_queries(
    engine: Repository, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    page = [facts(reviews=tuple(review() for _ in range(5))) for _ in range(50)]
    with django_assert_max_num_queries(8):
        save_pull_requests(engine, page)
