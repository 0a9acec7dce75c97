"""Rules about stack frames, which PostHog's error tracking parses by platform."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from otel.inspector.rules._project import Event
from otel.inspector.rules._rule import Effect, Rule

__all__ = ["PLATFORMS", "RULES", "frame_faults", "stored_frame", "trace_faults"]

CE = "rust/cymbal/src/core/types/stacktrace.rs @2d5bad6; frames/mod.rs @0159098"
CL = (
    "rust/cymbal/src/core/types/langs/: python.rs @7286c36, java.rs @1faf361, js.rs @147c597, "
    "node.rs @21e6e6b, "
    "go.rs @0d808e9, ruby.rs @50b417f, php.rs @98c73e5, custom.rs @1b0c499, dart.rs @3620761, "
    "hermes.rs @728597e, apple.rs @00f113d, native.rs @1bf422a, mod.rs @a96c6dc"
)
_WARNING = "error_tracking_exception_processing_errors"

EX_7 = Rule(
    id="EX-7",
    looks_at="a stacktrace whose type is not raw or resolved, without frames, or with a frame of an unknown "
    "platform",
    happens="The event is stored but does not become an issue.",
    effect=Effect.NO_ISSUE,
    source=CE,
    warning=_WARNING,
    versions="Deduced from the types in PostHog's code.",
)
EX_8 = Rule(
    id="EX-8",
    looks_at="a frame without a field that its platform needs: python, ruby, node:javascript and hermes "
    "filename and function; web:javascript function; java function and module; go filename, function "
    "and lineno; dart abs_path; custom lang and function",
    happens="The event is stored but does not become an issue.",
    effect=Effect.NO_ISSUE,
    source=CL,
    warning=_WARNING,
    versions="Deduced from the types in PostHog's code.",
)
EX_9 = Rule(
    id="EX-9",
    looks_at="lineno or colno of a frame that is not an integer from 0 to 2³² - 1 (java: 2⁶⁴ - 1)",
    happens="The event is stored but does not become an issue; a frame of web:javascript only loses its "
    "lineno and colno.",
    effect=Effect.NO_ISSUE,
    source=CL,
    warning=_WARNING,
    versions="Deduced from the types in PostHog's code.",
)
EX_10 = Rule(
    id="EX-10",
    looks_at="another field of a frame with a value of the wrong type, such as context_line: 1, "
    "pre_context: [null] or in_app: null",
    happens="The event is stored but does not become an issue; a frame without in_app counts as the "
    "application's.",
    effect=Effect.NO_ISSUE,
    source=CL,
    warning=_WARNING,
    versions="Deduced from the types in PostHog's code.",
)
EX_18 = Rule(
    id="EX-18",
    looks_at="in_app: true on a frame of an installed package or of the standard library",
    happens="The frame is stored with in_app: false.",
    effect=Effect.CHANGED,
    source=CL,
)
RULES = (EX_7, EX_8, EX_9, EX_10, EX_18)

Fault = tuple[Rule, str]
_Check = Callable[[object], bool]
_Fields = Mapping[str, tuple[Rule, bool, _Check]]
"""By a field's name: the rule for its faults, whether it is required, and the check of its value."""


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_text_or_null(value: object) -> bool:
    return value is None or isinstance(value, str)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _whole(bits: int) -> _Check:
    limit = 1 << bits
    return lambda value: type(value) is int and 0 <= value < limit


def _whole_or_null(bits: int) -> _Check:
    is_whole = _whole(bits)
    return lambda value: value is None or is_whole(value)


_META: _Fields = {"in_app": (EX_10, False, _is_flag), "synthetic": (EX_10, False, _is_flag)}
_CONTEXT: _Fields = {
    "context_line": (EX_10, False, _is_text_or_null),
    "pre_context": (EX_10, False, _are_texts),
    "post_context": (EX_10, False, _are_texts),
}


def _needs(*names: str) -> _Fields:
    return dict.fromkeys(names, (EX_8, True, _is_text))


def _may(*names: str) -> _Fields:
    return dict.fromkeys(names, (EX_10, False, _is_text_or_null))


def _flags(*names: str) -> _Fields:
    return dict.fromkeys(names, (EX_10, False, _is_flag))


def _numbers(*names: str, bits: int = 32) -> _Fields:
    return {name: (EX_9, False, _whole_or_null(bits)) for name in names}


_JAVASCRIPT = {**_META, **_needs("function"), **_may("filename", "chunk_id", "chunkId")}
_NATIVE = {
    **_META, **_numbers("lineno", "colno"),
    **_may("instruction_addr", "symbol_addr", "image_addr", "module", "function", "filename"),
}  # fmt: skip

PLATFORMS: Mapping[str, _Fields] = {
    "python": {
        **_META, **_CONTEXT, **_needs("filename", "function"), **_may("abs_path", "module"),
        **_numbers("lineno"),
    },
    "ruby": {**_META, **_CONTEXT, **_needs("filename", "function"), **_may("abs_path"), **_numbers("lineno")},
    "web:javascript": _JAVASCRIPT,
    "javascript": _JAVASCRIPT,
    "node:javascript": {
        **_META, **_CONTEXT, **_needs("filename", "function"), **_may("module", "chunk_id", "chunkId"),
        **_numbers("lineno", "colno"),
    },
    "go": {**_META, **_needs("filename", "function"), "lineno": (EX_9, True, _whole(32))},
    "php": {**_META, **_CONTEXT, **_may("abs_path", "filename", "function"), **_numbers("lineno")},
    "hermes": {
        **_META, **_needs("filename", "function"), **_may("chunk_id", "chunkId"), **_numbers("colno"),
    },
    "java": {
        **_META, **_needs("function", "module"), **_may("filename", "map_id"), **_flags("method_synthetic"),
        **_numbers("lineno", bits=64),
    },
    "dart": {
        **_META, **_needs("abs_path"), **_may("filename", "function", "package"),
        **_numbers("lineno", "colno"),
    },
    "apple": {**_NATIVE, **_may("image_uuid")},
    "native": {**_NATIVE, **_may("lang"), **_flags("client_resolved", "inline")},
    "rust": {**_NATIVE, **_may("lang"), **_flags("client_resolved", "inline")},
    "custom": {
        **_META, **_CONTEXT, **_needs("lang", "function"), **_may("filename", "module"), **_flags("resolved"),
        **_numbers("lineno", "colno"),
    },
}  # fmt: skip
"""The fields of each platform's frames. PostHog does not check other fields."""

_RESOLVED: _Fields = {
    **_needs("raw_id", "mangled_name", "lang"), **_numbers("line", "column"), **_may("source", "module"),
    "in_app": (EX_8, True, _is_flag), "resolved": (EX_8, True, _is_flag),
}  # fmt: skip

_PLACE = ("lineno", "colno")
_PACKAGES = re.compile(r"[/\\](?:dist|site)-packages[/\\]")
_STANDARD = re.compile(r"[/\\][Ll]ib[/\\]python\d+(?:\.\d+)?[/\\]")


def trace_faults(stacktrace: object) -> Iterator[Fault]:
    """Yield the faults because of which error tracking cannot read a stack trace.

    Args:
        stacktrace: an exception's `stacktrace`; not null.
    """
    if not isinstance(stacktrace, dict):
        yield EX_7, "stacktrace is not an object"
        return
    kind, frames = stacktrace.get("type"), stacktrace.get("frames")
    if kind not in ("raw", "resolved"):
        yield EX_7, f"the stacktrace's type is {kind!r:.40}; raw is expected"
    if not isinstance(frames, list):
        yield EX_7, "the stacktrace has no list of frames"
        return
    for number, frame in enumerate(frames):
        yield from frame_faults(frame, f"frame {number}", is_resolved=kind == "resolved")


def frame_faults(frame: object, name: str, *, is_resolved: bool = False) -> Iterator[Fault]:
    """Yield the faults because of which error tracking cannot read a frame.

    Args:
        frame: the frame as sent.
        name: name of the frame in messages.
        is_resolved: whether the stack trace claims that PostHog has resolved it.
    """
    if not isinstance(frame, dict):
        yield EX_7, f"{name} is not an object"
        return
    platform = frame.get("platform")
    fields = _RESOLVED if is_resolved else PLATFORMS.get(platform) if isinstance(platform, str) else None
    if fields is None:
        yield EX_7, f"{name} has the platform {platform!r:.40}, which PostHog does not know"
        return
    for field, (rule, is_required, is_right) in fields.items():
        if field not in frame:
            if is_required:
                yield EX_8, f"{name} ({platform}) has no {field}"
        elif not is_right(frame[field]):
            missing = is_required and frame[field] is None
            yield EX_8 if missing else rule, f"{field} of {name} ({platform}) is {frame[field]!r:.60}"


def stored_frame(frame: Mapping[str, Any], event: Event) -> Mapping[str, Any]:
    """Return a frame as error tracking stores it.

    Args:
        frame: the frame as sent.
        event: the event that contains the frame.
    """
    platform = frame.get("platform")
    if platform in ("web:javascript", "javascript"):
        is_place = _whole(32)
        wrong = [name for name in _PLACE if name in frame and not is_place(frame[name])]
        if wrong and event.apply(EX_9, effect=Effect.CHANGED):
            return {name: value for name, value in frame.items() if name not in _PLACE}
    if frame.get("in_app", True) is True and _is_library(frame, platform) and event.apply(EX_18):
        return {**frame, "in_app": False}
    return frame


def _is_library(frame: Mapping[str, Any], platform: object) -> bool:
    name, path = str(frame.get("filename", "")), frame.get("abs_path")
    if platform == "node:javascript":
        return "node_modules" in name or name.startswith("node:")
    if platform != "python":
        return False
    module = frame.get("module")
    is_standard = isinstance(module, str) and module.partition(".")[0] in sys.stdlib_module_names
    if is_standard and any(_is_made_up(one) for one in (name, path)):
        return True
    if isinstance(path, str):
        return bool(_PACKAGES.search(path) or _STANDARD.search(path))
    return bool(_PACKAGES.search(name)) or is_standard


def _is_made_up(path: object) -> bool:
    last = re.split(r"[/\\]", path)[-1] if isinstance(path, str) else ""
    return last.startswith("<") and last.endswith(">")
