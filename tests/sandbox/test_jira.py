"""Jira's API: sites, projects in pages, and the token's owner."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.granting import grant
from tformance.sandbox.running import RunningSandbox


def ask(sandbox: RunningSandbox, token: str, path: str, **query: Any) -> requests.Response:
    return requests.get(
        f"{sandbox.environ()['JIRA_API_URL']}/{path}",
        query,
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )


def sites(sandbox: RunningSandbox, token: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(sandbox, token, "oauth/token/accessible-resources").json()
    return found


@pytest.mark.parametrize(
    ("login", "chosen", "names"),
    [
        ("ada", None, ["analytical-engines", "difference-works"]),
        ("ada", ["difference-works"], ["difference-works"]),
        ("grace", None, ["analytical-engines"]),
    ],
)
def test_the_sites_are_those_that_were_granted(
    sandbox: RunningSandbox, login: str, chosen: list[str] | None, names: list[str]
) -> None:
    token = grant(sandbox, "jira", login=login, organisations=chosen)["access_token"]
    found = sites(sandbox, token)
    assert [one["name"] for one in found] == names
    assert all(requests.get(one["url"], timeout=10).ok for one in found)
    assert "offline_access" not in found[0]["scopes"]


@pytest.mark.parametrize("size", [7, 50, 500])
def test_projects_are_paged(sandbox: RunningSandbox, size: int) -> None:
    token = grant(sandbox, "jira")["access_token"]
    path = f"ex/jira/{sites(sandbox, token)[0]['id']}/rest/api/3/project/search"
    keys: list[str] = []
    while True:
        page = ask(sandbox, token, path, startAt=len(keys), maxResults=size).json()
        assert page["maxResults"] == min(size, 50)
        keys += [one["key"] for one in page["values"]]
        if page["isLast"]:
            break
    assert len(keys) == len(set(keys)) == page["total"] > 50
    assert {"ENG", "LOOM", "CARD"} <= set(keys)


def test_projects_can_be_searched(sandbox: RunningSandbox) -> None:
    token = grant(sandbox, "jira")["access_token"]
    path = f"ex/jira/{sites(sandbox, token)[0]['id']}/rest/api/3/project/search"
    assert [one["key"] for one in ask(sandbox, token, path, query="engine").json()["values"]] == ["ENG"]


def test_the_person_is_shown(sandbox: RunningSandbox) -> None:
    token = grant(sandbox, "jira")["access_token"]
    found = ask(sandbox, token, f"ex/jira/{sites(sandbox, token)[0]['id']}/rest/api/3/myself").json()
    assert found["displayName"] == "Ada Lovelace"


def test_a_site_that_was_not_granted_is_not_found(sandbox: RunningSandbox) -> None:
    everything = grant(sandbox, "jira")["access_token"]
    other = sites(sandbox, everything)[1]["id"]
    token = grant(sandbox, "jira", organisations=["analytical-engines"])["access_token"]
    for path in ("project/search", "myself"):
        assert ask(sandbox, token, f"ex/jira/{other}/rest/api/3/{path}").status_code == 404


def test_a_token_of_another_service_is_refused(sandbox: RunningSandbox) -> None:
    token = grant(sandbox, "github")["access_token"]
    assert ask(sandbox, token, "oauth/token/accessible-resources").status_code == 401
