"""Signing up, joining and logging in with GitHub."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from bs4 import BeautifulSoup
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pytest_django import Settings

from apps.teams.models import Invitation, Membership, Role, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from otel.traces import ScrubbingSpanExporter
from tests.apps.accounts.github import come_back
from tests.apps.assertions import events_summary, group_updates, of_team, person_updates
from tests.apps.conftest import Browser
from tformance.sandbox.control.failures import Kind
from tformance.sandbox.running import RunningSandbox

LOGIN = "/accounts/github/login/"


@pytest.fixture
def invitation(acme: Team, alice: User) -> Invitation:
    return Invitation.objects.create(team=acme, email="dana@new.example", role=Role.ADMIN, invited_by=alice)


@pytest.mark.parametrize("page", ["/accounts/login/", "/accounts/signup/"])
def test_github_is_one_click_away_from_log_in_and_sign_up(
    browser: Browser, sandbox: RunningSandbox, page: str
) -> None:
    client = browser(None)
    shown = BeautifulSoup(client.get(f"{page}?next=/team/").content, "html.parser")

    form = shown.find("form", action=lambda action: bool(action) and action.startswith(LOGIN))
    assert form is not None
    assert form["method"] == "post"
    assert form.button is not None
    assert form.button.text == "Continue with GitHub"
    sent = client.post(str(form["action"]))
    assert come_back(client, sent, sandbox).redirect_chain[0][0] == "/team/"


def test_without_a_client_id_nobody_is_offered_github(
    browser: Browser, settings: Settings, acme: Team, invitation: Invitation
) -> None:
    settings.GITHUB_CLIENT_ID = ""
    client = browser(None)
    path = f"/invitations/{invitation.token}/"

    assert b"GitHub" not in client.get("/accounts/login/").content + client.get(path).content
    assert client.post(LOGIN).status_code == client.get(f"{LOGIN}callback/").status_code == 404
    sent = client.post(f"{path}sign-up/", {"github": ""})
    assert sent.headers["Location"].startswith("/accounts/signup/")


def test_signing_up_with_github_records_one_event_with_a_verified_address(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents
) -> None:
    client = browser(None)

    page = come_back(client, client.post(LOGIN), sandbox, login="dana", email="Dana@New.example")

    dana = User.objects.get()
    assert page.redirect_chain[-1][0] == "/teams/new/"
    assert page.context["user"] == dana
    assert (dana.email, dana.name) == ("dana@new.example", "Dana")
    assert EmailAddress.objects.get().verified
    assert SocialAccount.objects.get().extra_data == {"login": "dana"}
    assert events_summary(captured_events) == [
        ("user_signed_up", str(dana.public_id), {"method": "github", "signup_source": "github"})
    ]
    assert person_updates(captured_events, dana)[0]["signup_source"] == "github"


def test_logging_in_with_github_again_is_not_a_sign_up(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents
) -> None:
    client = browser(None)
    come_back(client, client.post(LOGIN), sandbox, login="dana")
    client.post("/accounts/logout/")

    page = come_back(client, client.post(LOGIN), sandbox, login="dana", email="moved@else.example")

    assert page.context["user"] == User.objects.get()
    assert len(captured_events.named("user_signed_up")) == 1


def test_joining_with_github_records_a_sign_up_by_invitation_and_a_new_member(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    invitation: Invitation,
    acme: Team,
) -> None:
    captured_events.clear()
    client = browser(None)
    path = f"/invitations/{invitation.token}/"
    assert "Join with GitHub" in client.get(path).content.decode()

    sent = client.post(f"{path}sign-up/", {"github": ""})
    page = come_back(client, sent, sandbox, login="dana", email="dana@new.example")

    dana = User.objects.get(email="dana@new.example")
    assert page.redirect_chain[-1][0] == "/dashboard/"
    assert page.context["request"].team == acme
    joined = {"team_slug": "acme", "role": "admin", "joined_via": "signup", "invite_age_days": 0}
    assert events_summary(captured_events)[:2] == [
        ("user_signed_up", str(dana.public_id), {"method": "github", "signup_source": "invite"}),
        ("team_member_joined", str(dana.public_id), joined),
    ]
    assert of_team(captured_events.named("team_member_joined")[0]) == str(acme.public_id)
    assert person_updates(captured_events, dana)[-1] == {"role": "admin", "teams_count": 1}
    assert group_updates(captured_events, acme) == [{"member_count": 2}]


def test_joining_with_another_github_address_is_an_ordinary_sign_up(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, invitation: Invitation
) -> None:
    client = browser(None)

    sent = client.post(f"/invitations/{invitation.token}/sign-up/", {"github": ""})
    page = come_back(client, sent, sandbox, login="eve")

    assert page.status_code == 403
    assert "another address" in page.content.decode()
    assert captured_events.named("user_signed_up")[0].properties["signup_source"] == "github"
    assert captured_events.named("team_member_joined") == []


def test_a_person_with_an_account_joins_by_logging_in_with_github(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, invitation: Invitation
) -> None:
    client = browser(None)
    come_back(client, client.post(LOGIN), sandbox, login="dana", email="dana@new.example")
    client.post("/accounts/logout/")
    captured_events.clear()
    path = f"/invitations/{invitation.token}/"

    page = come_back(client, client.post(f"{path}sign-up/", {"github": ""}), sandbox, login="dana")
    assert f"{path}accept/" in page.content.decode()
    assert captured_events.named("team_member_joined") == []  # viewing the invitation does not accept it
    client.post(f"{path}accept/")

    (joined,) = captured_events.named("team_member_joined")
    assert joined.properties["joined_via"] == "existing_account"
    assert captured_events.named("user_signed_up") == []
    assert Membership.objects.get(user__email="dana@new.example").team == invitation.team


def test_github_can_be_linked_from_the_profile_and_then_logs_in(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User
) -> None:
    client = browser(alice)
    assert "Link GitHub" in client.get("/accounts/3rdparty/").content.decode()

    page = come_back(client, client.post(f"{LOGIN}?process=connect"), sandbox, login="ada")
    assert "GitHub is linked" in page.content.decode()
    assert "You can log in as ada" in page.content.decode()

    visitor = browser(None)
    assert come_back(visitor, visitor.post(LOGIN), sandbox, login="ada").context["user"] == alice
    assert (alice.email, User.objects.count()) == ("alice@acme.example", 1)
    assert list(captured_events) == []

    page = client.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk}, follow=True)
    assert "no longer linked" in page.content.decode()
    assert not SocialAccount.objects.exists()


def test_a_github_login_linked_to_another_account_is_not_linked(
    browser: Browser, sandbox: RunningSandbox, alice: User
) -> None:
    other, client = browser(None), browser(alice)
    come_back(other, other.post(LOGIN), sandbox, login="ada")

    page = come_back(client, client.post(f"{LOGIN}?process=connect"), sandbox, login="ada")

    assert "opens another account" in page.content.decode()
    assert SocialAccount.objects.get().user != alice


def test_the_only_login_method_cannot_be_unlinked(browser: Browser, sandbox: RunningSandbox) -> None:
    client = browser(None)
    come_back(client, client.post(LOGIN), sandbox, login="dana")

    page = client.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})

    assert "set a password" in page.content.decode()
    assert SocialAccount.objects.exists()


def test_nobody_can_unlink_another_persons_github(
    browser: Browser, sandbox: RunningSandbox, alice: User
) -> None:
    client = browser(None)
    come_back(client, client.post(LOGIN), sandbox, login="dana")

    browser(alice).post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})

    assert SocialAccount.objects.exists()


def test_declining_at_github_creates_nothing_and_the_page_says_so(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents
) -> None:
    client = browser(None)

    page = come_back(client, client.post(LOGIN), sandbox, decision="deny")

    assert "You have said no at GitHub" in page.content.decode()
    assert not User.objects.exists()
    assert list(captured_events) == []


@pytest.mark.parametrize("path", ["/login/oauth/access_token", "/user"])
@pytest.mark.parametrize("kind", ["denied", "drop", "error", "malformed", "rate_limit", "unavailable"])
def test_a_failing_github_logs_nobody_in_and_the_page_says_so(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, path: str, kind: Kind
) -> None:
    client = browser(None)
    sent = client.post(LOGIN)
    sandbox.fail("github", kind, path=path)

    page = come_back(client, sent, sandbox)

    assert page.status_code < 500
    assert "GitHub could not log you in" in page.content.decode()
    assert not User.objects.exists()
    assert list(captured_events) == []


def test_the_callback_works_once(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents
) -> None:
    client = browser(None)
    back = urlsplit(sandbox.authorize(client.post(LOGIN).headers["Location"], login="dana"))

    pages = [client.get(f"{back.path}?{back.query}") for _ in range(2)]

    assert pages[0].status_code == 302
    assert "GitHub could not log you in" in pages[1].content.decode()
    assert len(captured_events.named("user_signed_up")) == 1


def test_the_oauth_code_is_not_exported_on_a_span(browser: Browser, sandbox: RunningSandbox) -> None:
    client = browser(None)
    back = urlsplit(sandbox.authorize(client.post(LOGIN).headers["Location"]))
    provider, kept = trace.get_tracer_provider(), InMemorySpanExporter()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(ScrubbingSpanExporter(kept)))

    client.get(f"{back.path}?{back.query}")
    kept.shutdown()  # a processor cannot be removed, so make its exporter ignore later spans

    spans = [span for span in kept.get_finished_spans() if span.kind is trace.SpanKind.SERVER]
    assert len(spans) == 1
    assert parse_qs(back.query)["code"][0] not in str(spans[0].attributes)


def test_a_person_without_a_password_deletes_the_account_by_typing_the_address(
    browser: Browser, sandbox: RunningSandbox
) -> None:
    client = browser(None)
    come_back(client, client.post(LOGIN), sandbox, login="dana", email="dana@new.example")

    client.post("/profile/delete/", {"email": "dana@new.example"})

    assert not User.objects.exists()
    assert not SocialAccount.objects.exists()
