"""The sandbox's pull requests: believable, reproducible from a seed, and continuing as time passes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tformance.sandbox.control.overview import pull_request_rows
from tformance.sandbox.running import RunningSandbox
from tformance.sandbox.world import World

ENGINES = [f"analytical-engines/{name}" for name in ("engine", "loom", "notes", "cards")]
EVERYWHERE = [*ENGINES, "difference-works/tables", "difference-works/press"]
# Not imported from the sandbox: the tools define these marks.
AI = re.compile(
    r"co-authored-by: (claude|copilot|cursor|aider|codex|devin)|generated with \[claude code\]", re.IGNORECASE
)
AI_BRANCHES = ("copilot/", "cursor/", "codex/", "devin/")

some_moments = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def world_at(moment: datetime, seed: int = 1) -> World:
    return World(seed, lambda: moment)


def rows(world: World, full_name: str) -> list[dict[str, Any]]:
    repository = world.repository(full_name)
    assert repository is not None
    return pull_request_rows(world, repository)


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def is_assisted(row: dict[str, Any]) -> bool:
    text = "\n".join([row["body"], *row["commit_messages"]])
    return bool(AI.search(text)) or row["branch"].startswith(AI_BRANCHES)


@settings(max_examples=6)
@given(moment=some_moments, seed=st.integers(0, 1000))
def test_the_same_seed_on_the_same_day_produces_the_same_data(moment: datetime, seed: int) -> None:
    one, two = world_at(moment, seed), world_at(moment, seed)
    two.advance(5)
    two.reset()
    for name in EVERYWHERE:
        assert rows(one, name) == rows(two, name)


def test_another_seed_produces_other_data() -> None:
    moment = datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert rows(world_at(moment), ENGINES[0]) != rows(world_at(moment, 2), ENGINES[0])


@settings(max_examples=6)
@given(moment=some_moments, steps=st.lists(st.floats(0.1, 20), min_size=1, max_size=5))
def test_it_does_not_matter_in_which_steps_time_passes(moment: datetime, steps: list[float]) -> None:
    walked, jumped = world_at(moment), world_at(moment)
    for step in steps:
        walked.advance(step)
        rows(walked, ENGINES[1])
    jumped.clock.ahead = walked.clock.ahead
    assert rows(walked, ENGINES[1]) == rows(jumped, ENGINES[1])


@settings(max_examples=8)
@given(moment=some_moments, seed=st.integers(0, 1000), days=st.integers(0, 30))
def test_nothing_is_in_the_future_and_everything_is_in_order(moment: datetime, seed: int, days: int) -> None:
    world = world_at(moment, seed)
    world.advance(days)
    now = world.clock.now()
    for name in EVERYWHERE:
        found = rows(world, name)
        assert [one["number"] for one in found] == sorted({one["number"] for one in found})
        for one in found:
            opened = when(one["created_at"])
            assert now - timedelta(days=271 + days) <= opened <= when(one["updated_at"]) <= now
            assert all(opened <= when(review["submitted_at"]) <= now for review in one["reviews"])
            assert (one["closed_at"] is None) == (one["state"] == "OPEN")
            assert (one["merged_at"] is not None) == (one["state"] == "MERGED")
            assert one["closed_at"] is None or when(one["closed_at"]) > opened
            assert len({review["id"] for review in one["reviews"]}) == len(one["reviews"])
            assert one["additions"] >= 0
            assert one["deletions"] >= 0
            assert one["changed_files"] >= 1
            assert one["commit_messages"]
            assert 0 < len(one["title"]) <= 256
            assert opened.weekday() < 5


@settings(max_examples=8)
@given(moment=some_moments, seed=st.integers(0, 1000))
def test_the_share_of_ai_rises_from_about_ten_to_about_fifty_five_percent(
    moment: datetime, seed: int
) -> None:
    world = world_at(moment, seed)
    found = [one for name in ENGINES for one in rows(world, name)]

    def share(first: int, last: int) -> float:
        those = [one for one in found if first <= (moment - when(one["created_at"])).days < last]
        return sum(map(is_assisted, those)) / len(those)

    assert share(225, 270) < 0.25
    assert share(90, 180) < share(0, 90)
    assert share(180, 270) < share(90, 180)
    assert 0.4 < share(0, 45) < 0.65


@settings(max_examples=8)
@given(moment=some_moments, seed=st.integers(0, 1000))
def test_the_number_of_pull_requests_is_close_to_the_plan(moment: datetime, seed: int) -> None:
    world = world_at(moment, seed)
    for name, expected in zip(EVERYWHERE, (180, 120, 60, 40, 24, 12), strict=True):
        assert expected * 0.75 <= len(rows(world, name)) <= expected * 1.25


@pytest.fixture(scope="module")
def engine() -> list[dict[str, Any]]:
    return rows(world_at(datetime(2026, 3, 4, 12, tzinfo=UTC)), ENGINES[0])


@pytest.fixture(scope="module")
def everything() -> list[dict[str, Any]]:
    world = world_at(datetime(2026, 3, 4, 12, tzinfo=UTC))
    return [one for name in ENGINES for one in rows(world, name)]


def test_reviews_of_one_repository_get_slower(engine: list[dict[str, Any]]) -> None:
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)

    def wait(one: dict[str, Any]) -> float | None:
        bots = {one["author"], "copilot-pull-request-reviewer", None}
        first = next((review for review in one["reviews"] if review["author"] not in bots), None)
        if first is None:
            return None
        return (when(first["submitted_at"]) - when(one["created_at"])).total_seconds() / 3600

    recent = [wait(one) for one in engine if now - when(one["created_at"]) < timedelta(days=33)]
    before = [wait(one) for one in engine if now - when(one["created_at"]) > timedelta(days=40)]
    assert median(filter(None, recent)) > 1.5 * median(filter(None, before))


@pytest.mark.parametrize("beginning", ["=", "@", "+", "-", "🚀", 'Say "', "計"])
def test_titles_are_unusual_now_and_then(everything: list[dict[str, Any]], beginning: str) -> None:
    assert any(one["title"].startswith(beginning) for one in everything)


def test_jira_keys_occur_in_titles_and_in_branches_alone(everything: list[dict[str, Any]]) -> None:
    key = re.compile(r"\b(ENG|LOOM|CARD)-\d+\b", re.IGNORECASE)
    in_titles = [one for one in everything if key.search(one["title"])]
    in_branches = [one for one in everything if key.search(one["branch"]) and not key.search(one["title"])]
    assert len(in_titles) > 80
    assert len(in_branches) > 10


def test_every_kind_of_author_and_reviewer_occurs(everything: list[dict[str, Any]]) -> None:
    authors = {one["author"] for one in everything}
    assert {"ada", "grace", "charles", "dependabot", "copilot-swe-agent", None} <= authors
    reviewers = {review["author"] for one in everything for review in one["reviews"]}
    assert {"ada", "copilot-pull-request-reviewer", None} <= reviewers
    own = [one for one in everything if one["author"] in {review["author"] for review in one["reviews"]}]
    assert own
    said = {review["state"] for one in everything for review in one["reviews"]}
    assert {"APPROVED", "CHANGES_REQUESTED", "COMMENTED"} <= said


def test_some_people_pair(everything: list[dict[str, Any]]) -> None:
    pairs = [
        one
        for one in everything
        if any("Co-authored-by: " in text for text in one["commit_messages"]) and not is_assisted(one)
    ]
    assert pairs
    assert all("@analytical-engines.example" in "".join(one["commit_messages"]) for one in pairs)


def test_sizes_spread(everything: list[dict[str, Any]]) -> None:
    sizes = sorted(one["additions"] + one["deletions"] for one in everything)
    assert 30 < median(sizes) < 150
    assert sizes[0] < 10
    assert sizes[-1] > 1000


def test_every_state_occurs(engine: list[dict[str, Any]]) -> None:
    states = [one["state"] for one in engine]
    assert states.count("MERGED") > 0.8 * len(states)
    assert states.count("CLOSED") > 3
    assert states.count("OPEN") > 0


def test_some_pull_requests_need_several_pages(engine: list[dict[str, Any]]) -> None:
    assert max(len(one["reviews"]) for one in engine) > 50
    assert max(len(one["commit_messages"]) for one in engine) > 100


def test_advancing_opens_new_pull_requests_and_ends_open_ones(sandbox: RunningSandbox) -> None:
    before = {one["number"]: one for one in sandbox.pull_requests(ENGINES[0])}
    sandbox.advance(21)
    after = {one["number"]: one for one in sandbox.pull_requests(ENGINES[0])}
    assert len(after) > len(before)
    was_open = [number for number, one in before.items() if one["state"] == "OPEN"]
    assert any(after[number]["state"] != "OPEN" for number in was_open)
    ended = [number for number, one in before.items() if one["state"] != "OPEN"]
    assert all(after[number] == before[number] for number in ended)


def test_nothing_happens_by_itself_in_a_test(sandbox: RunningSandbox) -> None:
    assert sandbox.state()["now"] == sandbox.state()["now"]
    assert sandbox.pull_requests(ENGINES[0]) == sandbox.pull_requests(ENGINES[0])
