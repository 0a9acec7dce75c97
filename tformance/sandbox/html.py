"""HTML pages from templates, with a banner that identifies the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

__all__ = ["asset_route", "origin", "page"]

_FOLDER = Path(__file__).parent / "pages"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_templates = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def page(template: str, /, status: int = 200, **context: Any) -> HTMLResponse:
    """Return a page.

    Args:
        template: the template's file name.
        status: the HTTP status.
        context: the template's variables.
    """
    html = _templates.get_template(template).render(context)
    return HTMLResponse(html, status, _HEADERS)


def origin(request: Request) -> str:
    """Return the sandbox's origin, as the client addressed it.

    Args:
        request: the client's request.
    """
    return f"{request.url.scheme}://{request.url.netloc}"


def asset_route() -> Route:
    """Return the route of the style sheet."""
    style = (_FOLDER / "sandbox.css").read_bytes()

    async def asset(_: Request) -> Response:
        return Response(style, media_type="text/css", headers=_HEADERS)

    return Route("/sandbox/sandbox.css", asset)
