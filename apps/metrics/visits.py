"""Telling that a person has opened a page from what only looks so."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

__all__ = ["is_seen", "is_staying"]


def is_seen(request: HttpRequest) -> bool:
    """Whether a person sees the answer: a HEAD shows nothing, and a browser's prefetch may never be shown.

    Args:
        request: the request under way.
    """
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return request.method == "GET" and "prefetch" not in purpose


def is_staying(request: HttpRequest) -> bool:
    """Whether a page is asked for from itself, as its own filters do; who hides the way is coming anew.

    Args:
        request: the request under way.
    """
    try:
        came_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return False
    return (came_from.netloc, came_from.path) == (request.get_host(), request.path)
