"""Failures on demand, of each kind, and the return to normal."""

from __future__ import annotations

import threading
import time

import pytest
import requests
from githubkit.exception import PrimaryRateLimitExceeded, SecondaryRateLimitExceeded
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.sandbox.granting import github, grant
from tformance.sandbox.running import RunningSandbox, SandboxError


def get(sandbox: RunningSandbox, path: str) -> requests.Response:
    return requests.get(f"{sandbox.url}{path}", timeout=10)


@pytest.mark.parametrize(
    ("service", "path"), [("github", "/github/api/v3/user"), ("jira", "/jira/api/x"), ("slack", "/slack/x")]
)
@pytest.mark.parametrize(
    ("kind", "status"),
    [("error", 500), ("unavailable", 503), ("denied", 403), ("revoked", 401), ("malformed", 200)],
)
def test_a_service_fails_as_often_as_requested(
    sandbox: RunningSandbox, service: str, path: str, kind: str, status: int
) -> None:
    as_usual = get(sandbox, path).status_code
    sandbox.fail(service, kind, count=2)  # type: ignore[arg-type]  # names of the lists
    assert [get(sandbox, path).status_code for _ in range(3)] == [status, status, as_usual]


def test_a_malformed_response_is_not_json(sandbox: RunningSandbox) -> None:
    sandbox.fail("github", "malformed")
    with pytest.raises(requests.JSONDecodeError):
        get(sandbox, "/github/api/v3/user").json()


def test_a_dropped_connection_gets_no_answer(sandbox: RunningSandbox) -> None:
    sandbox.fail("jira", "drop")
    with pytest.raises(requests.ConnectionError):
        get(sandbox, "/jira/api/x")
    assert get(sandbox, "/jira/api/x").status_code == 404


def test_a_failure_can_be_limited_to_a_path(sandbox: RunningSandbox) -> None:
    sandbox.fail("github", "error", path="/orgs")
    assert get(sandbox, "/github/api/v3/user").status_code == 401
    assert get(sandbox, "/github/api/v3/orgs/x").status_code == 500
    assert get(sandbox, "/github/api/v3/orgs/x").status_code == 401


def test_failures_occur_in_the_order_in_which_they_were_added(sandbox: RunningSandbox) -> None:
    sandbox.fail("slack", "error")
    sandbox.fail("slack", "unavailable")
    assert [one["kind"] for one in sandbox.state()["failures"]] == ["error", "unavailable"]
    assert [get(sandbox, "/slack/x").status_code for _ in range(3)] == [500, 503, 404]


def test_a_timeout_answers_late(sandbox: RunningSandbox) -> None:
    sandbox.fail("github", "timeout", seconds=0.3)
    started = time.monotonic()
    assert get(sandbox, "/github/api/v3/user").status_code == 401
    assert time.monotonic() - started >= 0.3


def test_a_timeout_can_be_released(sandbox: RunningSandbox) -> None:
    sandbox.fail("github", "timeout")
    statuses: list[int] = []
    waiting = threading.Thread(
        target=lambda: statuses.append(get(sandbox, "/github/api/v3/user").status_code)
    )
    waiting.start()
    deadline = time.monotonic() + 10
    while not sandbox.requests() and time.monotonic() < deadline:
        time.sleep(0.01)
    sandbox.release()
    waiting.join(5)
    assert statuses == [401]


def test_a_client_that_disconnects_leaves_nothing_behind(sandbox: RunningSandbox) -> None:
    sandbox.fail("github", "timeout")
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{sandbox.url}/github/api/v3/user", timeout=0.1)
    assert get(sandbox, "/github/api/v3/user").status_code == 401


def test_githubkit_knows_both_rate_limits(sandbox: RunningSandbox) -> None:
    client = github(sandbox)
    sandbox.fail("github", "rate_limit", seconds=7)
    with pytest.raises(PrimaryRateLimitExceeded) as primary:
        client.rest.users.get_authenticated()
    assert 5 < primary.value.retry_after.total_seconds() <= 8
    sandbox.fail("github", "secondary_limit", seconds=9)
    with pytest.raises(SecondaryRateLimitExceeded) as secondary:
        client.rest.users.get_authenticated()
    assert secondary.value.retry_after.total_seconds() == 9
    sandbox.fail("github", "rate_limit", path="graphql")
    with pytest.raises(PrimaryRateLimitExceeded):
        client.graphql("{ viewer { login } }")
    assert client.rest.users.get_authenticated().parsed_data.login == "ada"


@pytest.mark.parametrize(
    ("kind", "error"),
    [("rate_limit", "ratelimited"), ("revoked", "token_revoked"), ("denied", "missing_scope")],
)
def test_slack_fails_with_its_own_error_codes(sandbox: RunningSandbox, kind: str, error: str) -> None:
    token = grant(sandbox, "slack")["access_token"]
    sandbox.fail("slack", kind)  # type: ignore[arg-type]  # a name of the list
    with pytest.raises(SlackApiError) as raised:
        WebClient(token=token, base_url=f"{sandbox.environ()['SLACK_URL']}/api/").auth_test()
    assert raised.value.response["error"] == error


def test_jira_says_when_to_come_back(sandbox: RunningSandbox) -> None:
    sandbox.fail("jira", "rate_limit", seconds=3)
    response = get(sandbox, "/jira/api/x")
    assert (response.status_code, response.headers["retry-after"]) == (429, "3")


@pytest.mark.parametrize(
    "wrong",
    [
        {"service": "gitlab", "kind": "error"},
        {"service": "github", "kind": "flood"},
        {"service": "github", "kind": "error", "count": -1},
        {"service": "github", "kind": "error", "count": "many"},
        {},
    ],
    ids=str,
)
def test_an_invalid_failure_is_refused(sandbox: RunningSandbox, wrong: dict[str, object]) -> None:
    response = requests.post(f"{sandbox.url}/sandbox/fail", json=wrong, timeout=10)
    assert response.status_code == 400
    assert response.json()["error"]
    assert sandbox.state()["failures"] == []


@pytest.mark.parametrize(
    ("order", "told"),
    [("advance", {"days": -1}), ("advance", {}), ("revoke", {}), ("limit", {"remaining": "x"})],
)
def test_an_invalid_command_is_refused(sandbox: RunningSandbox, order: str, told: dict[str, object]) -> None:
    response = requests.post(f"{sandbox.url}/sandbox/{order}", json=told, timeout=10)
    assert response.status_code == 400


def test_requests_are_recorded_without_secrets(sandbox: RunningSandbox) -> None:
    client = github(sandbox)
    client.graphql("{ viewer { login } }")
    sandbox.fail("github", "error")
    get(sandbox, "/github/api/v3/user")
    requested = sandbox.requests()
    assert [(one["path"].rpartition("/")[2], one["status"], one["failure"]) for one in requested] == [
        ("authorize", 303, None),
        ("access_token", 200, None),
        ("graphql", 200, None),
        ("user", 500, "error"),
    ]
    assert "viewer" in requested[2]["body"]
    assert "gho_" not in str(requested)
    assert "sandbox-secret" not in str(requested)


def test_a_reset_restores_the_initial_state(sandbox: RunningSandbox) -> None:
    before = sandbox.state()
    grant(sandbox, "github", login="somebody-new")
    sandbox.fail("github", "error")
    sandbox.rename("analytical-engines/loom", "jacquard")
    sandbox.advance(30)
    sandbox.limit(3)
    assert sandbox.state() != before
    sandbox.reset()
    assert sandbox.state() == before


def test_a_page_of_another_site_cannot_send_commands(sandbox: RunningSandbox) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert requests.post(f"{sandbox.url}/sandbox/reset", headers=headers, timeout=10).status_code == 403
    assert requests.get(sandbox.url, headers={"Host": "evil.example"}, timeout=10).status_code == 400


def test_a_refused_command_raises_an_error(sandbox: RunningSandbox) -> None:
    with pytest.raises(SandboxError, match="can only be advanced"):
        sandbox.advance(-1)
