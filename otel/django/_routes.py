"""Naming a request's span by its route, as one reads it in a browser's address bar."""

from __future__ import annotations

from functools import lru_cache

from django.contrib.admindocs.utils import (
    remove_non_capturing_groups,
    replace_metacharacters,
    replace_named_groups,
    replace_unnamed_groups,
)
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Span, SpanKind

__all__ = ["name_by_route"]


def name_by_route(span: Span, route: str) -> None:
    """Name a request's span by method and route.

    The instrumentation leaves regular expressions as they are, and names the root by its view.

    Args:
        span: the current one; one that somebody has put around a part of the request keeps its name.
        route: as the URL configuration has it.
    """
    if isinstance(span, ReadableSpan) and span.kind is SpanKind.SERVER:
        to_valid_text = _legible(route)
        span.set_attribute("http.route", to_valid_text)
        span.update_name(f"{span.name.partition(' ')[0]} {to_valid_text}")


@lru_cache(maxsize=1024)  # a project has few
def _legible(route: str) -> str:
    for simplify in (
        remove_non_capturing_groups,
        replace_named_groups,
        replace_unnamed_groups,
        replace_metacharacters,
    ):
        route = simplify(route)
    return f"/{route.lstrip('/')}"
