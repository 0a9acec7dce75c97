"""OAuth flow at a provider, as a person with a browser goes through it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from tformance.sandbox.running import RunningSandbox

__all__ = ["PROVIDERS", "connect", "fail", "path_of", "return_path", "start"]

PROVIDERS = ("github", "jira", "slack")
# A person with only one organization, site or workspace to connect.
ONE = {"login": "grace"}


def path_of(address: str) -> str:
    """Return an address without its host, as the test client expects it."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def start(client: Client, provider: str, flow: str = "settings") -> str:
    """Press the button; return the provider's authorize URL."""
    response = client.post(f"/auth/{provider}/start/", {"flow": flow})
    assert response.status_code == 302, response.content.decode()
    return response.headers["Location"]


def return_path(
    client: Client, sandbox: RunningSandbox, provider: str, flow: str = "settings", **decision: Any
) -> str:
    """Press the button and decide at the provider; return the path of the callback."""
    return path_of(sandbox.authorize(start(client, provider, flow), **{**ONE, **decision}))


def connect(
    client: Client, sandbox: RunningSandbox, provider: str, flow: str = "settings", **decision: Any
) -> Any:
    """Go through the whole flow; return the response of the callback."""
    return client.get(return_path(client, sandbox, provider, flow, **decision))


def fail(client: Client, path: str) -> Any:
    """Open a callback that fails; return the problem page, whose URL has no query."""
    back = client.get(path, follow=True)
    ((address, _),) = back.redirect_chain
    assert address == path.partition("?")[0]
    return back
