"""GitHub's REST API, through githubkit, whose models contain every field that GitHub documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
import requests
from githubkit.exception import PrimaryRateLimitExceeded, RequestFailed

from tests.sandbox.granting import github, grant
from tformance.sandbox.running import RunningSandbox, SandboxError

ENGINES, WORKS = "analytical-engines", "difference-works"


def logins(response: Any) -> list[str]:
    """Return the logins in a response of githubkit, whose types do not describe a list's elements."""
    return [one.login for one in response.parsed_data]


def test_githubkit_reads_everything_there_is(sandbox: RunningSandbox) -> None:
    client = github(sandbox)
    user = client.rest.users.get_authenticated().parsed_data
    assert (user.login, user.name) == ("ada", "Ada Lovelace")
    emails = client.rest.users.list_emails_for_authenticated_user().parsed_data
    assert [one.email for one in emails if one.primary and one.verified] == ["ada@analytical-engines.example"]
    assert client.rest.orgs.get(ENGINES).parsed_data.name == "Analytical Engines"
    names = [one.full_name for one in client.rest.repos.list_for_authenticated_user().parsed_data]
    assert len(names) == 6
    found = client.rest.repos.list_for_org(ENGINES).parsed_data
    assert [one.full_name for one in found] == [name for name in names if name.startswith(ENGINES)]
    assert client.rest.repos.get(ENGINES, "engine").parsed_data.id in [one.id for one in found]
    assert len(client.rest.orgs.list_members(ENGINES).parsed_data) == 9


@pytest.mark.parametrize(
    ("login", "organisations"), [("ada", [ENGINES, WORKS]), ("grace", [ENGINES]), ("linus", []), ("new", [])]
)
def test_people_see_their_own_organisations(
    sandbox: RunningSandbox, login: str, organisations: list[str]
) -> None:
    client = github(sandbox, login=login)
    assert logins(client.rest.orgs.list_for_authenticated_user()) == organisations
    repositories = client.rest.repos.list_for_authenticated_user().parsed_data
    owners = {one.full_name.partition("/")[0] for one in repositories}
    assert owners == set(organisations)


def test_what_was_not_granted_is_not_seen(sandbox: RunningSandbox) -> None:
    client = github(sandbox, organisations=[WORKS])
    assert logins(client.rest.orgs.list_for_authenticated_user()) == [WORKS]
    assert client.rest.repos.list_for_org(ENGINES).parsed_data == []
    assert client.rest.orgs.list_members(ENGINES).parsed_data == []
    with pytest.raises(RequestFailed, match="404"):
        client.rest.repos.get(ENGINES, "engine")


def test_scopes_are_enforced(sandbox: RunningSandbox) -> None:
    client = github(sandbox, scope="read:user")
    assert client.rest.users.get_authenticated().headers["x-oauth-scopes"] == "read:user"
    assert client.rest.repos.list_for_authenticated_user().parsed_data == []
    with pytest.raises(RequestFailed, match="403"):
        client.rest.orgs.list_for_authenticated_user()
    with pytest.raises(RequestFailed, match="404"):
        client.rest.users.list_emails_for_authenticated_user()


def test_an_address_typed_on_the_authorize_page_becomes_the_persons_address(sandbox: RunningSandbox) -> None:
    token = grant(sandbox, "github", login="jane-doe")["access_token"]
    (person,) = (one for one in sandbox.state()["people"] if one["login"] == "jane-doe")
    assert person["name"] == "Jane Doe"
    url = f"{sandbox.environ()['GITHUB_URL']}/login/oauth/authorize?client_id=sandbox"
    sandbox.authorize(f"{url}&redirect_uri=http://localhost/", login="jane-doe", email="jane@acme.example")
    emails = requests.get(
        f"{sandbox.settings()['GITHUB_API_URL']}/user/emails",
        headers={"Authorization": f"token {token}"},
        timeout=10,
    )
    assert [one["email"] for one in emails.json() if one["primary"]] == ["jane@acme.example"]


@pytest.mark.parametrize("size", [1, 2, 4, 100])
def test_pages_are_linked_and_hold_each_row_once(sandbox: RunningSandbox, size: int) -> None:
    token = grant(sandbox, "github")["access_token"]
    url: str | None = f"{sandbox.settings()['GITHUB_API_URL']}/orgs/{ENGINES}/members?per_page={size}"
    logins: list[str] = []
    while url:
        response = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
        logins += [one["login"] for one in response.json()]
        url = response.links.get("next", {}).get("url")
    assert len(logins) == len(set(logins)) == 9


def test_githubkit_pages(sandbox: RunningSandbox) -> None:
    client = github(sandbox)
    found: Iterable[Any] = client.rest.paginate(client.rest.orgs.list_members, org=ENGINES, per_page=4)
    assert len({one.login for one in found}) == 9


@pytest.mark.parametrize(("value", "message"), [("", "Requires authentication"), ("no", "Bad credentials")])
def test_an_unknown_token_is_refused(sandbox: RunningSandbox, value: str, message: str) -> None:
    headers = {"Authorization": f"Bearer {value}"} if value else {}
    response = requests.get(f"{sandbox.settings()['GITHUB_API_URL']}/user", headers=headers, timeout=10)
    assert (response.status_code, response.json()["message"]) == (401, message)


def test_each_response_says_how_many_requests_are_left(sandbox: RunningSandbox) -> None:
    client = github(sandbox)
    left = [int(client.rest.users.get_authenticated().headers["x-ratelimit-remaining"]) for _ in range(3)]
    assert left == [4999, 4998, 4997]


def test_an_exhausted_limit_refuses_requests_until_it_is_reset(sandbox: RunningSandbox) -> None:
    client = github(sandbox)
    sandbox.limit(1)
    client.rest.users.get_authenticated()
    with pytest.raises(PrimaryRateLimitExceeded) as raised:
        client.rest.users.get_authenticated()
    assert raised.value.response.headers["x-ratelimit-remaining"] == "0"
    sandbox.limit(0, seconds=0)
    assert client.rest.users.get_authenticated().parsed_data.login == "ada"


def test_a_renamed_repository_keeps_its_id_and_a_removed_one_is_gone(sandbox: RunningSandbox) -> None:
    client = github(sandbox)
    before = client.rest.repos.get(ENGINES, "loom").parsed_data.id
    sandbox.rename(f"{ENGINES}/loom", "jacquard")
    assert client.rest.repos.get(ENGINES, "jacquard").parsed_data.id == before
    sandbox.remove(f"{ENGINES}/jacquard")
    names = [one.name for one in client.rest.repos.list_for_org(ENGINES).parsed_data]
    assert names == ["cards", "engine", "notes"]
    with pytest.raises(SandboxError, match="no repository"):
        sandbox.remove(f"{ENGINES}/jacquard")
