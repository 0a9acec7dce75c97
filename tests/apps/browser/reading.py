"""Parsing of a page's telemetry configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from bs4 import BeautifulSoup

__all__ = ["Answer", "config_of"]


class Answer(Protocol):
    """The response of Django's test client."""

    status_code: int

    @property
    def content(self) -> bytes: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


def config_of(response: Answer) -> dict[str, Any] | None:
    """Return the telemetry configuration of a page, or None if the page has none."""
    found = BeautifulSoup(response.content.decode(), "html.parser").select_one("script#posthog-config")
    if found is None:
        return None
    config: dict[str, Any] = json.loads(found.text)
    return config
