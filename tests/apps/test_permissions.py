"""Who may reach what, over the whole list of addresses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core import mail
from django.core.serializers import serialize
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from apps.teams.models import Invitation, Membership, Role, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import Browser

# Who may ask for a page, and by which method; a view that is missing here fails the first test.
PUBLIC = {"web:landing", "web:health", "teams:invitation", "teams:sign_up"}
SIGNED_IN = {"users:profile", "users:privacy", "teams:create", "teams:switch", "teams:accept"}
MEMBER = {"web:dashboard", "teams:members", "teams:leave"}
ADMIN = {
    "teams:settings",
    "teams:set_role",
    "teams:remove",
    "teams:invite",
    "teams:resend",
    "teams:cancel",
}
STAFF = {"web:fail"}
POST_ONLY = {
    "teams:switch": "/teams/switch/",
    "teams:leave": "/team/leave/",
    "teams:accept": "/invitations/{token}/accept/",
    "teams:sign_up": "/invitations/{token}/sign-up/",
    "teams:set_role": "/team/members/{member}/role/",
    "teams:remove": "/team/members/{member}/remove/",
    "teams:invite": "/team/invitations/",
    "teams:resend": "/team/invitations/{invitation}/resend/",
    "teams:cancel": "/team/invitations/{invitation}/cancel/",
}
PAGES = {
    "web:dashboard": "/dashboard/",
    "users:profile": "/profile/",
    "users:privacy": "/profile/privacy/",
    "teams:create": "/teams/new/",
    "teams:members": "/team/",
    "teams:settings": "/team/settings/",
}


@pytest.fixture
def pending(acme: Team) -> Invitation:
    return Invitation.objects.create(team=acme, email="dana@new.example")


def _names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}"
        else:
            yield from _names(entry, f"{entry.namespace}:" if entry.namespace else namespace)


def _filled(path: str, pending: Invitation, member: Membership) -> str:
    return path.format(token=pending.token, invitation=pending.pk, member=member.pk)


def _everything() -> str:
    rows = [*User.objects.all(), *Team.objects.all(), *Membership.objects.all(), *Invitation.objects.all()]
    return str(serialize("json", rows))


def test_every_address_has_a_rule() -> None:
    ours = {name for name in _names(get_resolver()) if ":" in name}

    assert ours == PUBLIC | SIGNED_IN | MEMBER | ADMIN | STAFF
    assert POST_ONLY.keys() | PAGES.keys() >= SIGNED_IN | MEMBER | ADMIN


@pytest.mark.parametrize("name", sorted(SIGNED_IN | MEMBER | ADMIN))
def test_a_visitor_is_asked_to_log_in(browser: Browser, pending: Invitation, bob: User, name: str) -> None:
    path = _filled({**PAGES, **POST_ONLY}[name], pending, Membership.objects.get(user=bob))
    client = browser(None)
    before = _everything()

    response = client.post(path) if name in POST_ONLY else client.get(path)

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")
    assert _everything() == before


@pytest.mark.parametrize("name", sorted(ADMIN))
def test_a_member_cannot_do_an_admins_acts(
    browser: Browser, pending: Invitation, bob: User, name: str, captured_events: CapturedEvents
) -> None:
    captured_events.clear()
    client, before = browser(bob), _everything()
    path = _filled({**PAGES, **POST_ONLY}[name], pending, Membership.objects.get(user=bob))
    form = {"role": "admin", "email": "eve@else.example", "name": "Mine", "slug": "mine", "plan": "pro"}

    assert client.post(path, form).status_code == 403
    if name in PAGES:
        assert client.get(path).status_code == 403
    assert _everything() == before
    assert mail.outbox == []
    assert list(captured_events) == []


@pytest.mark.parametrize("name", ["teams:set_role", "teams:remove", "teams:resend", "teams:cancel"])
@pytest.mark.usefixtures("other")
def test_an_admin_of_another_team_reaches_nothing_of_this_one(
    browser: Browser, pending: Invitation, bob: User, charlie: User, name: str
) -> None:
    client, before = browser(charlie), _everything()
    path = _filled(POST_ONLY[name], pending, Membership.objects.get(user=bob))

    assert client.post(path, {"role": "admin"}).status_code == 404
    assert _everything() == before


@pytest.mark.usefixtures("bob", "other")
def test_nobody_sees_another_teams_people(
    browser: Browser,
    pending: Invitation,
    charlie: User,
) -> None:
    client = browser(charlie)
    shown = "".join(
        client.get(path).content.decode() for path in ("/team/", "/dashboard/", "/team/settings/")
    )

    for secret in ("Acme", "Bob", "Alice", pending.email, pending.token):
        assert secret not in shown


def test_a_member_sees_no_invitations(browser: Browser, pending: Invitation, bob: User) -> None:
    shown = browser(bob).get("/team/").content.decode()

    assert "Alice" in shown
    assert pending.email not in shown
    assert pending.token not in shown


@pytest.mark.parametrize("name", sorted(POST_ONLY))
def test_a_get_changes_nothing(
    browser: Browser,
    pending: Invitation,
    alice: User,
    bob: User,
    name: str,
    captured_events: CapturedEvents,
) -> None:
    captured_events.clear()
    client, before = browser(alice), _everything()

    response = client.get(_filled(POST_ONLY[name], pending, Membership.objects.get(user=bob)))

    assert response.status_code == 405
    assert _everything() == before
    assert list(captured_events) == []


@pytest.mark.parametrize("signed_in", [False, True])
def test_looking_at_an_invitation_changes_nothing_not_even_the_session(
    browser: Browser, pending: Invitation, charlie: User, signed_in: bool
) -> None:
    Invitation.objects.update(email=charlie.email)
    client = browser(charlie if signed_in else None)
    before, session = _everything(), dict(client.session)

    assert client.get(f"/invitations/{pending.token}/").status_code == 200
    assert client.head(f"/invitations/{pending.token}/").status_code == 200

    assert _everything() == before
    assert dict(client.session) == session


@pytest.mark.usefixtures("acme")
def test_a_form_without_its_csrf_token_is_refused(
    alice: User,
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    assert client.post("/team/leave/").status_code == 403


def test_an_unknown_role_is_refused(browser: Browser, alice: User, bob: User) -> None:
    path = f"/team/members/{Membership.objects.get(user=bob).pk}/role/"

    assert browser(alice).post(path, {"role": "owner"}).status_code == 400
    assert Membership.objects.get(user=bob).role == Role.MEMBER
