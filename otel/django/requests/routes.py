"""Names of request spans: the route, written as it appears in a browser's address bar."""

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


def name_by_route(span: Span, route: str) -> dict[str, str]:
    """Name a request's span by method and route; return the attribute of the route.

    The instrumentation does not simplify regular expressions, and names the root page by its view.

    Args:
        span: the current span. A span that the project started inside the request keeps its name.
        route: the route from the URL configuration.
    """
    if not isinstance(span, ReadableSpan) or span.kind is not SpanKind.SERVER:
        return {}
    readable = _readable(route)
    span.update_name(f"{span.name.partition(' ')[0]} {readable}")
    return {"http.route": readable}


@lru_cache(maxsize=1024)  # a project has few routes
def _readable(route: str) -> str:
    for simplify in (
        remove_non_capturing_groups,
        replace_named_groups,
        replace_unnamed_groups,
        replace_metacharacters,
    ):
        route = simplify(route)
    return f"/{route.lstrip('/')}"
