"""The wire shape of a frame of another language than Python, by PostHog's platform."""

from __future__ import annotations

from typing import Any

from otel.exceptions._model import Foreign, Frame
from otel.exceptions._places import Place, is_in_app
from otel.text.unicode import replace_surrogates

__all__ = ["foreign_frame"]

# Real paths and function names are shorter.
_MAX_NAME = 300
_MAX_NUMBER = 2**32 - 1
_UNNAMED = "<unknown>"

# What each platform's frame contains beside `platform`, `function` and `in_app` (`wire.md` section 2.1, from
# PostHog's rust/cymbal/src/core/types/langs): required fields are never left out.
_REQUIRED = {
    "go": ("filename", "lineno"),
    "java": ("module",),
    "node:javascript": ("filename",),
    "ruby": ("filename",),
    "custom": ("lang",),
}
_OPTIONAL = {
    "custom": ("filename", "lineno", "colno", "module"),
    "go": (),
    "java": ("filename", "lineno"),
    "node:javascript": ("lineno", "colno"),
    "php": ("filename", "abs_path", "lineno"),
    "ruby": ("abs_path", "lineno"),
    "rust": ("filename", "lineno", "colno", "module", "lang"),
    "web:javascript": ("filename", "lineno", "colno"),
}


def foreign_frame(frame: Frame, foreign: Foreign, in_app: tuple[str, ...]) -> dict[str, Any]:
    """Return a frame for PostHog.

    Args:
        frame: a frame of another language.
        foreign: its further facts.
        in_app: prefixes of the product's own modules; if empty, the ecosystem's layout decides.
    """
    filename, module = _truncated(frame.filename), _truncated(frame.module)
    values: dict[str, Any] = {
        "filename": filename,
        "abs_path": filename,
        "module": module,
        "lang": foreign.lang,
        "lineno": min(frame.lineno, _MAX_NUMBER),
        "colno": min(foreign.colno, _MAX_NUMBER),
    }
    sent: dict[str, Any] = {
        "platform": foreign.platform,
        "function": _truncated(frame.function) or _UNNAMED,
        "in_app": is_in_app(Place(filename, module, foreign.in_app), in_app),
    }
    for name in _REQUIRED.get(foreign.platform, ()):
        sent[name] = values[name] if name == "lineno" else values[name] or _UNNAMED
    for name in _OPTIONAL[foreign.platform]:
        if values[name]:
            sent[name] = values[name]
    return sent


def _truncated(text: str) -> str:
    return replace_surrogates(text[:_MAX_NAME])
