"""Paths at other services: only those whose template is known are seen, and by their template."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["register_url_templates", "template_of"]

_known: dict[str, re.Pattern[str]] = {}


def register_url_templates(*templates: str) -> None:
    """Let calls to other services be seen by their path's template; what a path holds else is nobody's.

    Args:
        templates: such as `/orgs/{organisation}/repos`; `{…}` stands for one segment. They match the end of a
            path, as a service may have its API below some other one.
    """
    for template in templates:
        pieces = re.split(r"\{\w+\}", template)
        _known[template] = re.compile("[^/]+".join(map(re.escape, pieces)) + r"/?\Z")
    template_of.cache_clear()


@lru_cache(maxsize=1024)  # a process calls few paths, and each again and again
def template_of(path: str) -> str:
    """Return the template of a path, or nothing.

    Args:
        path: without query.
    """
    return next((template for template, pattern in _known.items() if pattern.search(path)), "")
