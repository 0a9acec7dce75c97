"""URL templates of calls to other services: spans show a path only as a registered template."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["register_url_templates", "template_of"]

_known: dict[str, re.Pattern[str]] = {}


def register_url_templates(*templates: str) -> None:
    """Register templates of paths at other services; a span shows no other part of a path.

    Args:
        templates: templates such as `/orgs/{organisation}/repos`; `{…}` matches one segment. A template
            matches the end of a path, because a service may serve its API under a prefix.
    """
    for template in templates:
        pieces = re.split(r"\{\w+\}", template)
        _known[template] = re.compile("[^/]+".join(map(re.escape, pieces)) + r"/?\Z")
    template_of.cache_clear()


@lru_cache(maxsize=1024)  # a process calls few paths and repeats them
def template_of(path: str) -> str:
    """Return the template of a path; empty if there isn't one.

    Args:
        path: the path, without query.
    """
    return next((template for template, pattern in _known.items() if pattern.search(path)), "")
