"""Tests of people who do the same thing at the same time."""

from __future__ import annotations

from typing import Any

import pytest

from apps.teams.models import Membership, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import Browser
from tests.apps.rivals import rival


def test_concurrent_teams_get_different_slugs(browser: Browser, alice: User) -> None:
    def take() -> None:
        Team.objects.create(name="Acme", slug="acme")

    # Immediately after the search for a free slug, which sends a query per attempt.
    with rival(take, lambda sql: sql.startswith('SELECT "teams_team"."slug"'), after=True):
        page = browser(alice).post("/teams/new/", {"name": "Acme"}, follow=True)

    assert page.redirect_chain[-1][0] == "/onboarding/github/"
    assert Membership.objects.get(user=alice).team.slug == "acme-2"


@pytest.mark.parametrize("act", ["remove", "role"])
def test_a_member_who_just_left_is_neither_removed_nor_promoted(
    browser: Browser, alice: User, bob: User, captured_events: CapturedEvents, act: str
) -> None:
    membership = Membership.objects.get(user=bob)
    client = browser(alice)
    captured_events.clear()

    def leave() -> None:
        Membership.objects.filter(pk=membership.pk).delete()

    with rival(leave, lambda sql: sql.startswith('SELECT "teams_team"')):  # before the team is locked
        page = client.post(f"/team/members/{membership.pk}/{act}/", {"role": "admin"}, follow=True)

    assert "has left the team already" in page.content.decode()
    assert list(captured_events) == []


_ACME = {"name": "Acme", "slug": "acme", "plan": "trial"}


@pytest.mark.parametrize(
    ("path", "form", "saved", "meanwhile"),
    [
        ("/profile/", {}, {"name": "Alice Archer"}, {"insight_emails": True}),
        ("/profile/notifications/", {}, {"insight_emails": True}, {"name": "Alice Archer"}),
        ("/team/settings/", _ACME, {"plan": "pro"}, {"name": "Acme Inc", "slug": "inc"}),
    ],
)
def test_a_concurrent_change_of_another_field_is_not_undone(
    browser: Browser,
    alice: User,
    acme: Team,
    path: str,
    form: dict[str, str],
    saved: dict[str, Any],
    meanwhile: dict[str, Any],
) -> None:
    User.objects.update(insight_emails=False)
    rows = Team.objects.filter(pk=acme.pk) if "team" in path else User.objects.filter(pk=alice.pk)
    client, table = browser(alice), rows.model._meta.db_table

    def change() -> None:
        rows.update(**meanwhile)

    with rival(change, lambda sql: sql.startswith(f'UPDATE "{table}"')):  # before the form is saved
        assert client.post(path, {**form, **saved}).status_code == 302

    expected = {**saved, **meanwhile}
    assert rows.values(*expected).get() == expected
