"""The inspector's web page: one document with its own style and script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from otel.inspector.capture import ReceivedCapture
from otel.inspector.state import State
from otel.inspector.store.query import newest

__all__ = ["page_routes"]

# Rows that people scroll through without effort; filters reach the rest.
_ROWS = 200

_FOLDER = Path(__file__).parent / "static"
_ASSETS = {"inspector.css": "text/css", "inspector.js": "text/javascript", "icon.svg": "image/svg+xml"}
_HEADERS = {
    # Only the page's own files: anyone may have sent the content that the page shows.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def page_routes(state: State) -> list[Route]:
    """Return the routes of the page and its assets.

    Args:
        state: the state that the page shows.
    """
    templates = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    assets = {name: (_FOLDER / name).read_bytes() for name in _ASSETS}

    def rows(query: Mapping[str, str]) -> list[Mapping[str, Any]]:
        return [
            _row(capture, state.steps) for capture in newest(state.store, query, _ROWS, with_dropped=True)
        ]

    async def page(_: Request) -> Response:
        html = templates.get_template("page.html").render(
            counts=state.store.counts(), captures=rows({}), discard=state.discard
        )
        return HTMLResponse(html, headers=_HEADERS)

    async def newest_rows(request: Request) -> Response:
        return Response(
            orjson.dumps(rows(request.query_params)), headers=_HEADERS, media_type="application/json"
        )

    async def capture(request: Request) -> Response:
        found = newest(state.store, request.query_params, 1, with_dropped=True)
        return Response(
            orjson.dumps([one.as_json() for one in found]), headers=_HEADERS, media_type="application/json"
        )

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in assets:
            return Response(status_code=404, headers=_HEADERS)
        return Response(assets[name], headers=_HEADERS, media_type=_ASSETS[name])

    return [
        Route("/", page),
        Route("/inspector/page/rows", newest_rows),
        Route("/inspector/page/capture", capture),
        Route("/inspector/page/{name}", asset),
    ]


def _row(capture: ReceivedCapture, steps: tuple[tuple[str, ...], ...]) -> Mapping[str, Any]:
    """Return a capture's row in the table.

    Args:
        capture: the capture to show.
        steps: steps of the funnel, whose events are highlighted.
    """
    properties = capture.properties
    groups = properties.get("$groups")
    keys = [str(key) for key in groups.values()] if isinstance(groups, dict) else []
    slug = properties.get("team_slug")
    return {
        "uuid": capture.uuid,
        "time": capture.timestamp[11:23],
        "date": capture.timestamp[:10],
        "event": capture.event,
        "kind": _kind(capture.event, steps),
        "person": capture.distinct_id,
        "team": slug if isinstance(slug, str) else ", ".join(keys),
        "deliveries": capture.deliveries,
        "warnings": len(capture.outcome.warnings),
        "verdict": capture.outcome.verdict.value,
    }


def _kind(event: str, steps: tuple[tuple[str, ...], ...]) -> str:
    if event in ("$exception", "error_occurred"):
        return "error"
    if any(event in step for step in steps):
        return "funnel"
    if event in ("$identify", "$set", "$groupidentify", "$create_alias", "$merge_dangerously"):
        return "identity"
    return "browser" if event.startswith("$") else "product"
