"""URLs on spans: a request shows its route, a call its host and path template; queries are never shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from opentelemetry.trace import SpanKind

from otel.traces._url_templates import UrlTemplates

__all__ = ["addresses"]

# Names from both generations of the semantic conventions; each instrumentation uses one of them.
_WHOLE = ("http.url", "url.full")
_PATHS = ("http.target", "url.path")
_METHODS = ("http.request.method", "http.method")
_NOTHING = urlsplit("")


def addresses(
    name: str, kind: SpanKind, attributes: Mapping[str, Any], url_templates: UrlTemplates
) -> tuple[str, dict[str, Any]]:
    """Return a span's new name, and the new values of its URL attributes; None for one to remove.

    Args:
        name: the span's name.
        kind: the span's kind: a request is shown by its route, a call by its URL template.
        attributes: the span's attributes.
        url_templates: the templates of paths at other services.
    """
    method = next((attributes[key] for key in _METHODS if key in attributes), None)
    if not isinstance(method, str):
        return name, {}
    url = next((_parts(attributes[key]) for key in _WHOLE if key in attributes), _NOTHING)
    if kind is SpanKind.SERVER:
        route = attributes.get("http.route")
        path = f"/{route.lstrip('/')}" if isinstance(route, str) else ""
        # Without a route, some instrumentations name a span by its path.
        name = f"{_word(name)} {path}".rstrip()
        changed: dict[str, Any] = {"http.route": path} if path else {}
    else:
        path = attributes.get("url.template") or url_templates.of(url.path)
        name = f"{_word(method)} {url.hostname or ''}{path}".rstrip()
        changed = {"url.template": path} if path else {}
    host = (url.hostname or "") + (f":{port}" if (port := _port(url)) else "")
    changed |= {key: f"{url.scheme}://{host}{path}" for key in _WHOLE if key in attributes}
    changed |= {key: path or None for key in _PATHS if key in attributes}
    return name, changed


def _word(name: str) -> str:
    return name.partition(" ")[0]


def _parts(url: object) -> SplitResult:
    try:
        return urlsplit(str(url))
    except ValueError:
        return _NOTHING


def _port(url: SplitResult) -> int | None:
    try:
        return url.port
    except ValueError:
        return None
