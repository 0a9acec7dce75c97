"""Codes and tokens: how the three services issue and revoke them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from authlib.integrations.base_client import OAuthError
from githubkit.exception import RequestFailed

from tests.sandbox.granting import CALLBACK, addresses, github, grant, new_session, parameters
from tformance.sandbox.running import RunningSandbox, SandboxError

SERVICES = ["github", "jira", "slack"]
SECRET = "sandbox-secret"


def asked(sandbox: RunningSandbox, service: str, **parameters: str) -> str:
    authorize, _ = addresses(sandbox, service)
    told = {"client_id": "sandbox", "redirect_uri": CALLBACK, "scope": "repo chat:write", "state": "s"}
    return f"{authorize}?{urlencode(told | parameters)}"


def exchange(sandbox: RunningSandbox, service: str, code: str, **parameters: str) -> dict[str, Any]:
    told = {
        "client_id": "sandbox",
        "client_secret": SECRET,
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code": code,
    }
    _, where = addresses(sandbox, service)
    response = requests.post(where, told | parameters, headers={"Accept": "application/json"}, timeout=10)
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.parametrize("service", SERVICES)
def test_authlib_gets_a_token_for_what_somebody_allows(sandbox: RunningSandbox, service: str) -> None:
    assert grant(sandbox, service)["access_token"]
    (token,) = sandbox.state()["tokens"]
    assert (token["service"], token["login"], token["is_live"]) == (service, "ada", True)
    assert "access_token" not in str(sandbox.state())


@pytest.mark.parametrize("service", SERVICES)
def test_the_state_comes_back_with_the_code(sandbox: RunningSandbox, service: str) -> None:
    back = parameters(sandbox.authorize(asked(sandbox, service, state="a b&c")))
    assert back["state"] == "a b&c"
    assert back["code"]


@pytest.mark.parametrize("service", SERVICES)
def test_canceling_sends_an_error_back(sandbox: RunningSandbox, service: str) -> None:
    back = parameters(sandbox.authorize(asked(sandbox, service), decision="deny"))
    assert back["error"] == "access_denied"
    assert back["state"] == "s"
    assert "code" not in back
    assert sandbox.state()["tokens"] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_code_is_valid_once(sandbox: RunningSandbox, service: str) -> None:
    code = parameters(sandbox.authorize(asked(sandbox, service)))["code"]
    assert "access_token" in exchange(sandbox, service, code)
    refused = {"github": "bad_verification_code", "jira": "invalid_grant", "slack": "invalid_code"}
    assert exchange(sandbox, service, code)["error"] == refused[service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_code_is_valid_for_ten_minutes(sandbox: RunningSandbox, service: str) -> None:
    code = parameters(sandbox.authorize(asked(sandbox, service)))["code"]
    sandbox.advance(11 / 24 / 60)
    assert "error" in exchange(sandbox, service, code)


@pytest.mark.parametrize("service", SERVICES)
def test_a_code_of_another_service_is_refused(sandbox: RunningSandbox, service: str) -> None:
    other = SERVICES[SERVICES.index(service) - 1]
    code = parameters(sandbox.authorize(asked(sandbox, other)))["code"]
    assert "error" in exchange(sandbox, service, code)


@pytest.mark.parametrize(
    ("service", "error"),
    [("github", "incorrect_client_credentials"), ("jira", "access_denied"), ("slack", "bad_client_secret")],
)
def test_a_wrong_secret_gets_no_token(sandbox: RunningSandbox, service: str, error: str) -> None:
    code = parameters(sandbox.authorize(asked(sandbox, service)))["code"]
    assert exchange(sandbox, service, code, client_secret="guessed")["error"] == error
    assert "access_token" in exchange(sandbox, service, code)


@pytest.mark.parametrize(
    ("service", "error"),
    [("github", "redirect_uri_mismatch"), ("jira", "invalid_grant"), ("slack", "bad_redirect_uri")],
)
def test_a_code_is_bound_to_its_redirect_uri(sandbox: RunningSandbox, service: str, error: str) -> None:
    code = parameters(sandbox.authorize(asked(sandbox, service)))["code"]
    assert exchange(sandbox, service, code, redirect_uri="http://localhost/other")["error"] == error


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "unknown"},
        {"redirect_uri": "http://192.0.2.1/callback"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": ""},
    ],
    ids=str,
)
def test_nobody_is_redirected_to_another_host(
    sandbox: RunningSandbox, service: str, wrong: dict[str, str]
) -> None:
    url = asked(sandbox, service, **wrong)
    page = requests.get(url, timeout=10)
    assert page.status_code == 400
    assert "Sandbox" in page.text
    with pytest.raises(SandboxError):
        sandbox.authorize(url)


def test_a_code_with_a_pkce_challenge_needs_the_verifier(sandbox: RunningSandbox) -> None:
    authorize, where = addresses(sandbox, "github")
    session = new_session(sandbox, "github", code_challenge_method="S256")
    verifier = "v" * 48
    url, _ = session.create_authorization_url(authorize, code_verifier=verifier)
    code = parameters(sandbox.authorize(url))["code"]
    assert exchange(sandbox, "github", code)["error"] == "bad_verification_code"

    back = sandbox.authorize(url)
    assert session.fetch_token(where, authorization_response=back, code_verifier=verifier)["access_token"]


def test_github_answers_in_a_form_unless_json_is_asked_for(sandbox: RunningSandbox) -> None:
    code = parameters(sandbox.authorize(asked(sandbox, "github")))["code"]
    _, where = addresses(sandbox, "github")
    told = {"client_id": "sandbox", "client_secret": SECRET, "code": code}
    response = requests.post(where, json=told, timeout=10)
    assert response.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert "access_token=gho_" in response.text


def test_jiras_token_ends_after_an_hour_and_its_refresh_token_rotates(sandbox: RunningSandbox) -> None:
    token = grant(sandbox, "jira")
    assert token["expires_in"] == 3600
    api = sandbox.environ()["JIRA_API_URL"]

    def status(value: str) -> int:
        response = requests.get(
            f"{api}/oauth/token/accessible-resources",
            headers={"Authorization": f"Bearer {value}"},
            timeout=10,
        )
        return response.status_code

    assert status(token["access_token"]) == 200
    sandbox.advance(61 / 24 / 60)
    assert status(token["access_token"]) == 401

    _, where = addresses(sandbox, "jira")
    session = new_session(sandbox, "jira", token=token)
    fresh = session.refresh_token(where)
    assert status(fresh["access_token"]) == 200
    assert fresh["refresh_token"] != token["refresh_token"]
    with pytest.raises(OAuthError, match="invalid_grant"):
        new_session(sandbox, "jira", token=token).refresh_token(where, token["refresh_token"])


def test_jira_issues_a_refresh_token_only_if_it_was_asked_for(sandbox: RunningSandbox) -> None:
    assert "refresh_token" not in grant(sandbox, "jira", scope="read:jira-work")


@pytest.mark.parametrize("service", ["jira", "slack"])
def test_a_person_without_organizations_cannot_grant_access(sandbox: RunningSandbox, service: str) -> None:
    with pytest.raises(SandboxError, match="linus has not chosen any"):
        sandbox.authorize(asked(sandbox, service), login="linus")


def test_a_name_that_github_would_refuse_is_refused(sandbox: RunningSandbox) -> None:
    with pytest.raises(SandboxError, match="is not a valid name"):
        sandbox.authorize(asked(sandbox, "github"), login="no spaces!")


@pytest.mark.parametrize("service", SERVICES)
def test_revoking_ends_the_tokens_of_one_service(sandbox: RunningSandbox, service: str) -> None:
    for one in SERVICES:
        grant(sandbox, one)
    sandbox.revoke(service)  # type: ignore[arg-type]  # a name of the list
    live = {token["service"] for token in sandbox.state()["tokens"] if token["is_live"]}
    assert live == set(SERVICES) - {service}


def test_a_revoked_token_is_refused_with_githubs_words(sandbox: RunningSandbox) -> None:
    client = github(sandbox)
    sandbox.revoke("github")
    with pytest.raises(RequestFailed) as raised:
        client.rest.users.get_authenticated()
    assert raised.value.response.status_code == 401
    assert raised.value.response.json()["message"] == "Bad credentials"


def test_revoking_a_grant_ends_all_tokens_of_that_person(sandbox: RunningSandbox) -> None:
    value, other = (grant(sandbox, "github", login=login)["access_token"] for login in ("ada", "grace"))
    grant(sandbox, "github")
    address = f"{sandbox.settings()['GITHUB_API_URL']}/applications/sandbox/grant"
    told = {"access_token": value}
    assert requests.delete(address, json=told, auth=("sandbox", "wrong"), timeout=10).status_code == 401
    assert requests.delete(address, json=told, auth=("sandbox", SECRET), timeout=10).status_code == 204
    assert requests.delete(address, json=told, auth=("sandbox", SECRET), timeout=10).status_code == 404
    live = [token["login"] for token in sandbox.state()["tokens"] if token["is_live"]]
    assert live == ["grace"]
    assert other
