"""Connecting a team as a person does: the button, the provider's page, and the callback."""

from __future__ import annotations

from typing import Literal

from django.test import Client

from tformance.sandbox.running import RunningSandbox

__all__ = ["Flow", "connect", "connect_all"]

Flow = Literal["onboarding", "settings"]


def connect(client: Client, sandbox: RunningSandbox, provider: str, flow: Flow) -> str:
    """Connect the current team to Grace's only account; return the path that the callback redirects to."""
    begun = client.post(f"/auth/{provider}/start/", {"flow": flow})
    back = sandbox.authorize(begun.headers["Location"], login="grace", organisations=["analytical-engines"])
    return client.get(back).headers["Location"]


def connect_all(client: Client, sandbox: RunningSandbox) -> None:
    """Connect the current team to all three providers from settings."""
    for provider in ("github", "jira", "slack"):
        connect(client, sandbox, provider, "settings")
