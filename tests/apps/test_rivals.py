"""People who do the same at the same instant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from apps.teams.models import Membership, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import Browser


def test_who_takes_a_slug_an_instant_later_takes_the_next(browser: Browser, alice: User) -> None:
    looked: list[str] = []

    def rival(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Make a team of the same name right after the look for a free slug, which reads once a try."""
        found = execute(sql, params, many, context)
        if sql.startswith('SELECT "teams_team"."slug"') and not looked:
            looked.append(sql)
            Team.objects.create(name="Acme", slug="acme")
        return found

    with connection.execute_wrapper(rival):
        page = browser(alice).post("/teams/new/", {"name": "Acme"}, follow=True)

    assert looked
    assert page.redirect_chain[-1][0] == "/onboarding/github/"
    assert Membership.objects.get(user=alice).team.slug == "acme-2"


@pytest.mark.parametrize("act", ["remove", "role"])
def test_who_has_left_an_instant_ago_is_neither_removed_nor_promoted(
    browser: Browser, alice: User, bob: User, captured_events: CapturedEvents, act: str
) -> None:
    membership = Membership.objects.get(user=bob)
    client = browser(alice)
    captured_events.clear()

    def leave(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Let Bob leave right before the team is locked."""
        if sql.startswith('SELECT "teams_team"'):
            Membership.objects.filter(pk=membership.pk).delete()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(leave):
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
def test_what_was_changed_an_instant_ago_is_not_undone_by_who_changes_something_else(
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
    changed: list[str] = []

    def rival(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Change something else right before the form is saved."""
        if sql.startswith(f'UPDATE "{table}"') and not changed:
            changed.append(sql)
            rows.update(**meanwhile)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(rival):
        assert client.post(path, {**form, **saved}).status_code == 302

    assert changed
    expected = {**saved, **meanwhile}
    assert rows.values(*expected).get() == expected
