"""Tests of exporting the list of pull requests."""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import Any, cast

import pytest
from asgiref.sync import async_to_sync
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.metrics.ingest.save import save_pull_requests
from apps.metrics.models import Repository
from apps.metrics.pull_requests.csv_lines import HEADINGS, line, safe
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, of_team
from tests.apps.conftest import Browser
from tests.apps.metrics.factories import facts, pull_request, review

EXPORT = "/analytics/pull-requests.csv"


@pytest.fixture
def client(browser: Browser, bob: User) -> Client:
    return browser(bob)


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _exported(count: int, has_filters: bool) -> dict[str, object]:
    return {"team_slug": "acme", "format": "csv", "row_count": count, "has_filters": has_filters}


def _streamed(client: Client, address: str) -> StreamingHttpResponse:
    return cast("StreamingHttpResponse", client.get(address))


def test_the_file_matches_the_list_and_is_recorded_when_it_is_sent(
    client: Client, bob: User, acme: Team, engine: Repository, captured_events: CapturedEvents
) -> None:
    one = pull_request(
        engine,
        5,
        merged_days_ago=1,
        title='Say "hello", ENG-42 🎉',
        reviews=(review(4),),
        branch="claude/x",
    )
    pull_request(engine, 3, author="grace")
    captured_events.clear()

    response = client.get(f"{EXPORT}?range=30d&author=ada")
    (row,) = _rows(b"".join(response))

    assert tuple(row) == HEADINGS
    assert (row["Repository"], row["Title"]) == ("acme/engine", 'Say "hello", ENG-42 🎉')
    assert (row["Number"], row["Lines added"], row["Hours to merge"]) == (str(one.number), "20", "96.0")
    assert (row["Assisted by AI"], row["AI tool"], row["Issue"]) == ("yes", "Claude", "ENG-42")
    assert row["Opened"] == one.opened_at.isoformat()
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    name = f"pull-requests-acme-{timezone.now():%Y-%m-%d}.csv"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert events_summary(captured_events) == [("pr_list_exported", str(bob.public_id), _exported(1, True))]
    assert of_team(captured_events[0]) == str(acme.public_id)


@pytest.mark.parametrize(
    ("query", "has_filters"),
    [
        ("range=all", False),
        ("range=all&sort=title", False),
        ("range=all&state=open", True),
        ("range=365d", True),
        ("", True),
    ],
)
def test_the_event_tells_whether_the_file_is_filtered(
    client: Client, engine: Repository, captured_events: CapturedEvents, query: str, has_filters: bool
) -> None:
    pull_request(engine)

    b"".join(client.get(f"{EXPORT}?{query}"))

    assert events_summary(captured_events)[0][2] == _exported(1, has_filters)


def test_a_selected_repository_filters_the_file(
    client: Client, engine: Repository, loom: Repository, captured_events: CapturedEvents
) -> None:
    for repository in (engine, loom):
        pull_request(repository)

    assert len(_rows(b"".join(client.get(f"{EXPORT}?range=all&repo={loom.pk}")))) == 1
    assert events_summary(captured_events)[0][2] == _exported(1, True)


@pytest.mark.usefixtures("acme")
def test_an_empty_list_becomes_a_file_with_headings(client: Client, captured_events: CapturedEvents) -> None:
    content = b"".join(client.get(f"{EXPORT}?range=all"))

    assert content.decode("utf-8-sig") == ",".join(HEADINGS) + "\r\n"
    assert events_summary(captured_events)[0][2] == _exported(0, False)


def test_an_aborted_download_is_not_recorded(
    client: Client, engine: Repository, captured_events: CapturedEvents
) -> None:
    save_pull_requests(engine, [facts(3) for _ in range(500)])
    response = _streamed(client, EXPORT)

    chunks = list(islice(response, 2))
    response.close()

    assert len(chunks) == 2
    assert events_summary(captured_events) == []
    assert len(_rows(b"".join(_streamed(client, EXPORT)))) == 500
    assert [one[0] for one in events_summary(captured_events)] == ["pr_list_exported"]


def test_the_event_waits_for_the_last_row(
    client: Client, engine: Repository, captured_events: CapturedEvents
) -> None:
    save_pull_requests(engine, [facts(3) for _ in range(450)])
    chunks = iter(_streamed(client, EXPORT))
    sent = 0
    for at in range(3):
        sent += next(chunks).count(b"\r\n")
        assert events_summary(captured_events) == [], at

    assert sent == 451
    assert list(chunks) == []
    assert events_summary(captured_events)[0][2]["row_count"] == 450


def test_the_file_is_the_same_under_asgi(
    bob: User, engine: Repository, acme: Team, captured_events: CapturedEvents
) -> None:
    save_pull_requests(engine, [facts(3) for _ in range(450)])
    captured_events.clear()
    client = AsyncClient()
    client.force_login(bob)

    async def read() -> list[bytes]:
        response: Any = await client.get(EXPORT)
        return [chunk async for chunk in response.streaming_content]

    chunks = async_to_sync(read)()

    assert len(chunks) == 3
    assert len(_rows(b"".join(chunks))) == 450
    assert events_summary(captured_events) == [("pr_list_exported", str(bob.public_id), _exported(450, True))]
    assert of_team(captured_events[0]) == str(acme.public_id)


def test_an_aborted_download_under_asgi_is_not_recorded(
    bob: User, engine: Repository, captured_events: CapturedEvents
) -> None:
    save_pull_requests(engine, [facts(3) for _ in range(450)])
    client = AsyncClient()
    client.force_login(bob)

    async def read_one() -> bytes:
        response: Any = await client.get(EXPORT)
        chunks = response.streaming_content
        chunk: bytes = await anext(chunks)
        await chunks.aclose()
        return chunk

    assert async_to_sync(read_one)().count(b"\r\n") == 200
    assert events_summary(captured_events) == []


def test_the_file_does_not_contain_another_teams_rows(
    client: Client, engine: Repository, foreign: Repository
) -> None:
    pull_request(engine)
    pull_request(foreign)

    rows = _rows(b"".join(client.get(f"{EXPORT}?range=all&repo={foreign.pk}")))

    assert [row["Repository"] for row in rows] == ["acme/engine"]


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_a_formula_becomes_text(client: Client, engine: Repository, title: str) -> None:
    pull_request(engine, title=title, author=title)

    (row,) = _rows(b"".join(client.get(f"{EXPORT}?range=all")))

    assert (row["Title"], row["Author"]) == (f"'{title}", f"'{title}")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=5))
def test_no_text_can_start_a_formula_or_get_lost(texts: list[str]) -> None:
    (cells,) = csv.reader(io.StringIO(line(texts), newline=""))

    assert cells == [safe(text) for text in texts]
    for text, cell in zip(texts, cells, strict=True):
        assert cell.removeprefix("'") == text.removeprefix("'")
        assert cell[:1] not in tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - intended


@given(st.integers(0, 10**9), st.floats(0, 1e9))
def test_numbers_are_not_prefixed(number: int, hours: float) -> None:
    (cells,) = csv.reader([line([number, hours])])

    assert int(cells[0]) == number
    assert float(cells[1]) == round(hours, 2)
