"""Distinguishing page visits from prefetches, HEAD requests and filter changes."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

__all__ = ["is_seen", "is_staying"]


def is_seen(request: HttpRequest) -> bool:
    """Whether a person sees the response: a HEAD request shows nothing, a prefetched page may never be shown.

    Args:
        request: the current request.
    """
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return request.method == "GET" and "prefetch" not in purpose


def is_staying(request: HttpRequest) -> bool:
    """Whether a request comes from the same page, as a change of a filter does.

    Without a Referer header, the request counts as a new visit.

    Args:
        request: the current request.
    """
    try:
        came_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return False
    return (came_from.netloc, came_from.path) == (request.get_host(), request.path)
