"""Trust in GitHub's email addresses: only verified ones count, and never for another person's account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.teams.models import Invitation, Membership, Team
from apps.users.models import User
from apps.users.social import trusted_address
from otel.testing import CapturedEvents
from tests.apps.accounts.github import OddGitHub, odd_github
from tests.apps.conftest import PASSWORD, Browser

LOGIN = "/accounts/github/login/"
FORM = "/accounts/3rdparty/signup/"


@pytest.fixture
def github(settings: Settings) -> Iterator[OddGitHub]:
    with odd_github() as github:
        settings.GITHUB_URL = settings.GITHUB_API_URL = github.url
        settings.GITHUB_CLIENT_ID = settings.GITHUB_CLIENT_SECRET = "odd"
        yield github


@pytest.fixture
def invitation(acme: Team, alice: User) -> Invitation:
    return Invitation.objects.create(team=acme, email="dana@new.example", invited_by=alice)


def test_the_invited_address_counts_if_it_is_a_verified_secondary_address(
    browser: Browser, github: OddGitHub, invitation: Invitation, captured_events: CapturedEvents
) -> None:
    github.has("dana@home.example", verified=True, primary=True)
    github.has("Dana@New.example", verified=True)
    client = browser(None)

    github.come_back(client, client.post(f"/invitations/{invitation.token}/sign-up/", {"github": ""}))

    assert Membership.objects.get(user__email="dana@new.example").team == invitation.team
    assert captured_events.named("user_signed_up")[0].properties["signup_source"] == "invite"
    assert captured_events.named("team_member_joined")[0].properties["joined_via"] == "signup"


def test_an_invited_address_that_is_not_verified_does_not_count(
    browser: Browser, github: OddGitHub, invitation: Invitation, captured_events: CapturedEvents
) -> None:
    github.has("eve@else.example", verified=True)
    github.has("dana@new.example", verified=False, primary=True)
    client = browser(None)

    page = github.come_back(client, client.post(f"/invitations/{invitation.token}/sign-up/", {"github": ""}))

    assert page.status_code == 403
    assert page.context["user"].email == "eve@else.example"
    assert captured_events.named("user_signed_up")[0].properties["signup_source"] == "github"
    assert captured_events.named("team_member_joined") == []


def test_an_address_typed_for_lack_of_a_verified_one_does_not_accept_an_invitation(
    browser: Browser, github: OddGitHub, invitation: Invitation, captured_events: CapturedEvents
) -> None:
    github.has("dana@new.example", verified=False, primary=True)
    github.has("7+dana@users.noreply.github.com", verified=True)
    client = browser(None)

    page = github.come_back(client, client.post(f"/invitations/{invitation.token}/sign-up/", {"github": ""}))
    assert page.redirect_chain[-1][0] == FORM
    assert "dana@new.example" not in page.content.decode()
    assert list(captured_events.named("user_signed_up")) == []
    client.post(FORM, {"email": "dana@new.example"})

    dana = User.objects.get(email="dana@new.example")
    (signed_up,) = captured_events.named("user_signed_up")
    assert signed_up.distinct_id == str(dana.public_id)
    assert (signed_up.properties["method"], signed_up.properties["signup_source"]) == ("github", "github")
    assert captured_events.named("team_member_joined") == []
    assert not EmailAddress.objects.get(user=dana).verified


def test_an_address_that_is_not_verified_here_does_not_log_in(
    browser: Browser, github: OddGitHub, alice: User, captured_events: CapturedEvents
) -> None:
    github.has(alice.email, verified=True, primary=True)
    client = browser(None)

    page = github.come_back(client, client.post(LOGIN))
    assert page.redirect_chain[-1][0] == FORM
    assert not page.context["user"].is_authenticated
    taken = client.post(FORM, {"email": alice.email})
    assert "already exists" in taken.content.decode()
    assert (User.objects.get(), SocialAccount.objects.count()) == (alice, 0)
    assert list(captured_events) == []

    client.post(FORM, {"email": "alice@home.example"})
    (signed_up,) = captured_events.named("user_signed_up")
    assert signed_up.properties["method"] == "github"


def test_an_address_verified_here_and_at_github_logs_in_and_links_github(
    browser: Browser, github: OddGitHub, alice: User, captured_events: CapturedEvents
) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    github.has(alice.email, verified=True, primary=True)
    client = browser(None)

    page = github.come_back(client, client.post(LOGIN))

    assert page.context["user"] == alice
    assert SocialAccount.objects.get().user == alice
    assert list(captured_events) == []
    assert browser(None).login(email=alice.email, password=PASSWORD)  # the password stays


def test_an_address_that_github_has_not_verified_does_not_log_in(
    browser: Browser, github: OddGitHub, alice: User
) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    github.has(alice.email, verified=False, primary=True)
    github.profile["email"] = alice.email
    client = browser(None)

    page = github.come_back(client, client.post(LOGIN))

    assert page.redirect_chain[-1][0] == FORM
    assert not page.context["user"].is_authenticated
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    ("profile", "name"),
    [({"name": "Dana " * 40}, ("Dana " * 40)[:100]), ({"name": None}, "dana"), ({"name": ""}, "dana")],
)
def test_the_name_is_the_profiles_or_else_the_login(
    browser: Browser, github: OddGitHub, profile: dict[str, object], name: str
) -> None:
    github.profile.update(profile)
    github.has("dana@new.example", verified=True, primary=True)
    client = browser(None)

    github.come_back(client, client.post(LOGIN))

    assert User.objects.get().name == name


EMAILS = st.sampled_from(["a@x.example", "b@x.example", "c@x.example", "1+a@users.noreply.github.com"])
ADDRESSES = st.lists(
    st.builds(EmailAddress, email=EMAILS, verified=st.booleans(), primary=st.booleans()), max_size=6
)


@given(ADDRESSES, st.none() | EMAILS)
def test_the_wanted_address_is_trusted_if_it_is_verified(
    addresses: list[EmailAddress], wanted: str | None
) -> None:
    reached = [one.email for one in addresses if one.verified and "noreply" not in one.email]

    chosen = trusted_address(addresses, wanted)

    if chosen is None:
        assert reached == []
    else:
        assert chosen.verified
        assert chosen.email == (wanted if wanted in reached else reached[0])
