"""Tests of the Content Security Policy: every page has it, and no page contains what it would block."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client
from pytest_django import Settings

from apps.teams.models import Team
from apps.users.models import User
from tests.apps.addresses import ADDRESSES, Address
from tests.apps.browser.reading import Answer
from tests.apps.conftest import PASSWORD, Browser

TEMPLATES = sorted((Path(__file__).parents[3] / "templates").rglob("*.html"))
# The pattern does not match `x-on:`, which is allowed; `hx-on:` would be evaluated, and is forbidden as well.
INLINE = re.compile(r"""<style|\sstyle\s*=|\son\w+\s*=|\shx-on|javascript:""", re.IGNORECASE)


def _directives(response: Answer) -> dict[str, list[str]]:
    policy = response.headers["Content-Security-Policy"]
    return {name: values for name, *values in (part.split() for part in policy.split(";"))}


def _assert_held(response: Answer) -> None:
    """Assert that a response has the policy, and that the policy blocks nothing in it."""
    directives = _directives(response)
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"][0] == "'self'"
    assert not [one for values in directives.values() for one in values if "unsafe" in one]
    page = BeautifulSoup(response.content.decode(), "html.parser")
    nonces = {f"'nonce-{one['nonce']}'" for one in page.select("[nonce]")}
    assert nonces <= set(directives["script-src"])
    for script in page.select("script"):
        assert _is_allowed(script), f"an inline script: {script}"
    for one in page.select("script[src], link[rel=stylesheet], img[src]"):
        address = str(one.get("src") or one.get("href"))
        assert address.startswith(("/static/", "data:")), f"{address} is elsewhere"
    assert page.select("style, [style]") == []
    handlers = [name for one in page.find_all(True) for name in one.attrs if name.startswith(("on", "hx-on"))]
    assert handlers == []


def _is_allowed(script: Tag) -> bool:
    return script.has_attr("src") or script.get("type") == "application/json"


@pytest.mark.parametrize(
    "address", [one for one in ADDRESSES if one.get and "{" not in one.path], ids=lambda address: address.name
)
@pytest.mark.usefixtures("acme")
def test_every_page_has_the_policy(browser: Browser, alice: User, address: Address) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client = browser(alice)
    client.raise_request_exception = False
    for one in (browser(None), client):
        response = one.get(address.path)
        if response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming:
            _assert_held(response)


def test_error_pages_have_the_policy(browser: Browser, alice: User, acme: Team) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client = browser(alice)
    client.raise_request_exception = False
    strict = Client(enforce_csrf_checks=True)

    failed, missing, refused = client.get("/debug/fail/"), client.get("/nothing/"), strict.post("/profile/")

    assert [one.status_code for one in (failed, missing, refused)] == [500, 404, 403]
    _assert_held(failed)
    _assert_held(missing)
    assert _directives(refused)["default-src"] == ["'none'"]


def test_each_response_has_its_own_nonce(browser: Browser) -> None:
    client = browser(None)
    first, second = (_directives(client.get("/"))["script-src"] for _ in range(2))

    assert first != second


def test_a_form_may_redirect_only_to_the_providers(browser: Browser, settings: Settings) -> None:
    allowed = _directives(browser(None).get("/"))["form-action"]

    assert allowed == [
        "'self'",
        "https://github.com",
        "https://auth.atlassian.com",
        "https://slack.com",
        "https://*.atlassian.com",
        "https://*.slack.com",
    ]


def test_pages_cannot_be_framed_or_have_another_base_url(browser: Browser) -> None:
    directives = _directives(browser(None).get("/"))

    assert directives["frame-ancestors"] == directives["base-uri"] == directives["object-src"] == ["'none'"]
    assert "report-uri" not in directives


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_anything_inline(path: Path) -> None:
    source = path.read_text()

    assert INLINE.findall(source) == []
    scripts = re.findall(r"<script[^>]*>", source)
    assert [one for one in scripts if "src=" not in one and "application/json" not in one] == []


def test_a_refused_login_has_the_policy(browser: Browser, alice: User) -> None:
    response = browser(None).post("/accounts/login/", {"login": alice.email, "password": f"not {PASSWORD}"})

    assert response.status_code == 200
    _assert_held(response)
