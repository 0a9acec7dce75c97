"""The sandbox's pages: their content, their buttons, and the URLs that the API returns."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
import requests
from bs4 import BeautifulSoup

from tests.sandbox.granting import CALLBACK, addresses, github, grant, parameters
from tformance.sandbox.running import RunningSandbox


def soup(url: str) -> BeautifulSoup:
    response = requests.get(url, timeout=10)
    assert response.status_code == 200
    assert "default-src 'none'" in response.headers["content-security-policy"]
    return BeautifulSoup(response.text, "html.parser")


def press(sandbox: RunningSandbox, heading: str, **fields: str) -> BeautifulSoup:
    """Fill in and submit the form under a heading on the front page."""
    (title,) = (one for one in soup(sandbox.url).find_all("h3") if one.text == heading)
    form = title.find_parent("form")
    assert form is not None
    filled = {str(one["name"]): str(one.get("value", "")) for one in form.find_all("input")}
    # Browsers send this type even for an empty form.
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    action = urljoin(sandbox.url, str(form["action"]))
    response = requests.post(action, filled | fields, headers=headers, timeout=10)
    assert response.status_code == 200
    assert response.url == f"{sandbox.url}/"
    return BeautifulSoup(response.text, "html.parser")


def test_every_page_says_that_it_is_a_sandbox(sandbox: RunningSandbox) -> None:
    number = sandbox.pull_requests("analytical-engines/engine")[0]["number"]
    asked = f"?client_id=sandbox&redirect_uri={CALLBACK}"
    pages = [
        "/",
        "/github/analytical-engines",
        "/github/linus",
        "/github/analytical-engines/engine",
        f"/github/analytical-engines/engine/pull/{number}",
        "/jira/sites/analytical-engines",
        "/slack/workspaces/analytical-engines",
        *(
            f"{addresses(sandbox, service)[0].removeprefix(sandbox.url)}{asked}"
            for service in ("github", "jira", "slack")
        ),
    ]
    for path in pages:
        page = soup(f"{sandbox.url}{path}")
        assert page.title is not None
        assert page.title.text.endswith("Sandbox")
        assert page.find(class_="banner") is not None
        assert len(page.find_all("h1")) == 1
        assert all(table.find("caption") for table in page.find_all("table"))


def test_the_urls_that_the_api_returns_exist(sandbox: RunningSandbox) -> None:
    client = github(sandbox)
    repository = client.rest.repos.get("analytical-engines", "loom").parsed_data
    assert "Patterns from cards" in soup(repository.html_url).text
    assert "loom" in soup(client.rest.orgs.get("analytical-engines").parsed_data.html_url).text
    query = """{ repository(owner: "analytical-engines", name: "loom") {
                 pullRequests(first: 1) { nodes { title url author { url } } } } }"""
    (found,) = client.graphql(query)["repository"]["pullRequests"]["nodes"]
    assert found["title"] in soup(found["url"]).text


@pytest.mark.parametrize(
    "path",
    [
        "/github/analytical-engines/vanished",
        "/github/analytical-engines/engine/pull/99999",
        "/github/nobody/x/pull/1",
        "/jira/sites/x",
    ],
)
def test_missing_pages_return_404(sandbox: RunningSandbox, path: str) -> None:
    assert requests.get(f"{sandbox.url}{path}", timeout=10).status_code == 404


def test_the_authorize_page_is_a_form_that_a_browser_can_send(sandbox: RunningSandbox) -> None:
    authorize, _ = addresses(sandbox, "github")
    page = soup(f"{authorize}?client_id=sandbox&redirect_uri={CALLBACK}&state=s&scope=repo")
    form = page.form
    assert form is not None
    assert [one["value"] for one in form.find_all("input", {"name": "login"})] == ["ada", "grace", "linus"]
    where = urljoin(sandbox.url, str(form["action"]))
    sent = {"login": "ada", "new_login": "Jane-Doe", "email": "", "chosen": "1", "decision": "allow"}
    back = requests.post(where, sent, allow_redirects=False, timeout=10)
    assert back.status_code == 303
    assert parameters(back.headers["location"])["state"] == "s"
    assert "jane-doe" in [one["login"] for one in sandbox.state()["people"]]


def test_the_buttons_of_the_front_page_do_what_they_say(sandbox: RunningSandbox) -> None:
    grant(sandbox, "jira")
    page = press(sandbox, "Let time pass", days="7")
    assert "7.0 days ahead" in page.text
    assert "Still to fail" in press(sandbox, "Fail", service="slack", kind="error", count="3").text
    assert sandbox.state()["failures"][0]["count"] == 3
    press(sandbox, "Revoke", service="jira")
    assert [token["is_live"] for token in sandbox.state()["tokens"]] == [False]
    press(sandbox, "Reset")
    assert sandbox.state()["failures"] == []
    assert sandbox.state()["days_ahead"] == 0


def test_the_front_page_shows_no_tokens_value(sandbox: RunningSandbox) -> None:
    token = grant(sandbox, "slack")
    response = requests.get(sandbox.url, timeout=10)
    assert token["access_token"] not in response.text
    assert "sandbox-secret" not in response.text


def test_user_input_is_escaped(sandbox: RunningSandbox) -> None:
    token = grant(sandbox, "slack")["access_token"]
    requests.post(
        f"{sandbox.environ()['SLACK_URL']}/api/chat.postMessage",
        json={"channel": "general", "text": "<script>alert(1)</script>"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert sandbox.messages()
    assert soup(sandbox.url).find("script") is None
