"""Slack's API, through its own client."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.sandbox.granting import CALLBACK, grant
from tformance.sandbox.running import RunningSandbox


def slack(sandbox: RunningSandbox, token: str | None = None) -> WebClient:
    return WebClient(token=token, base_url=f"{sandbox.environ()['SLACK_URL']}/api/")


@pytest.fixture
def client(sandbox: RunningSandbox) -> WebClient:
    return slack(sandbox, grant(sandbox, "slack")["access_token"])


def test_slacks_own_client_redeems_a_code(sandbox: RunningSandbox) -> None:
    url = f"{sandbox.environ()['SLACK_URL']}/oauth/v2/authorize?client_id=sandbox&scope=chat:write"
    back = sandbox.authorize(f"{url}&redirect_uri={CALLBACK}", organisations=["difference-works"])
    answer = slack(sandbox).oauth_v2_access(
        client_id="sandbox", client_secret="sandbox-secret", code=back.partition("code=")[2]
    )
    assert answer["team"]["name"] == "Difference Works"
    assert answer["access_token"].startswith("xoxb-")
    assert answer["scope"] == "chat:write"


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_channels_are_paged(client: WebClient, limit: int) -> None:
    names: list[str] = []
    for page in client.conversations_list(limit=limit, exclude_archived=True):
        names += [one["name"] for one in page["channels"]]
    assert len(names) == len(set(names)) == 7
    assert "old-news" not in names


def test_a_message_is_kept_and_shown(sandbox: RunningSandbox, client: WebClient) -> None:
    channel = client.conversations_list()["channels"][2]
    blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": "*12* merged"}}]
    answer = client.chat_postMessage(channel=channel["id"], text="12 merged", blocks=blocks)
    assert answer["channel"] == channel["id"]
    (message,) = sandbox.messages()
    assert (message["channel"], message["text"]) == (channel["name"], "12 merged")
    assert "*12* merged" in message["blocks"]


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"channel": "C404", "text": "hello"}, "channel_not_found"),
        ({"channel": "old-news", "text": "hello"}, "is_archived"),
        ({"channel": "general", "text": ""}, "no_text"),
    ],
)
@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing:UserWarning")
def test_an_invalid_message_is_refused_with_slacks_error_code(
    sandbox: RunningSandbox, client: WebClient, told: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError) as raised:
        client.chat_postMessage(**told)
    assert raised.value.response["error"] == error
    assert sandbox.messages() == []


@pytest.mark.parametrize(("token", "error"), [(None, "not_authed"), ("xoxb-no", "invalid_auth")])
def test_an_unknown_token_is_refused(sandbox: RunningSandbox, token: str | None, error: str) -> None:
    with pytest.raises(SlackApiError) as raised:
        slack(sandbox, token).auth_test()
    assert raised.value.response["error"] == error


def test_a_scope_that_was_not_granted_is_missing(sandbox: RunningSandbox) -> None:
    client = slack(sandbox, grant(sandbox, "slack", scope="channels:read")["access_token"])
    with pytest.raises(SlackApiError) as raised:
        client.chat_postMessage(channel="general", text="hello")
    assert raised.value.response["error"] == "missing_scope"
    assert raised.value.response["needed"] == "chat:write"


def test_a_revoked_token_says_so(client: WebClient) -> None:
    assert client.auth_test()["team"] == "Analytical Engines"
    assert client.auth_revoke()["revoked"] is True
    with pytest.raises(SlackApiError) as raised:
        client.auth_test()
    assert raised.value.response["error"] == "token_revoked"


@pytest.mark.parametrize("asked", [{"cursor": "nonsense"}, {"limit": 0}, {"limit": 5000}], ids=str)
def test_invalid_paging_is_refused(client: WebClient, asked: dict[str, Any]) -> None:
    with pytest.raises(SlackApiError):
        client.conversations_list(**asked)
