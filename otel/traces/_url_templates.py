"""URL templates of calls to other services: spans show a path only as a known template."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["UrlTemplates"]


class UrlTemplates:
    """The templates of paths at other services; a span shows no other part of a path. Thread-safe.

    Args:
        templates: templates such as `/orgs/{organisation}/repos`; `{…}` matches one segment. A template
            matches the end of a path, because a service may serve its API under a prefix.
    """

    def __init__(self, templates: Iterable[str] = ()) -> None:
        self._patterns = {
            template: re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", template))) + r"/?\Z")
            for template in templates
        }
        # A process calls few paths and repeats them.
        self.of = lru_cache(maxsize=1024)(self._of)

    def _of(self, path: str) -> str:
        """Return the template of a path without query; empty if there isn't one."""
        return next((template for template, pattern in self._patterns.items() if pattern.search(path)), "")
