"""PostHog's types for `$exception_list`, as strict as PostHog's server (`wire.md` section 2.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

FRAME: dict[str, Callable[[Any], bool]] = {
    "platform": lambda v: v == "python",
    "filename": lambda v: type(v) is str and bool(v),
    "abs_path": lambda v: type(v) is str,
    "function": lambda v: type(v) is str and bool(v),
    "module": lambda v: v is None or (type(v) is str and bool(v)),
    "lineno": lambda v: type(v) is int and 0 <= v < 2**32,
    "pre_context": lambda v: _is_lines(v) and len(v) <= 5,
    "post_context": lambda v: _is_lines(v) and len(v) <= 5,
    "context_line": lambda v: v is None or _is_lines([v]),
    "in_app": lambda v: type(v) is bool,
}
ENTRY: dict[str, Callable[[Any], bool]] = {
    "type": lambda v: type(v) is str and bool(v),
    "value": lambda v: type(v) is str and len(v) <= 4_000,
    "module": lambda v: v is None or (type(v) is str and bool(v)),
}


def _is_lines(value: object) -> bool:
    return type(value) is list and all(type(line) is str and len(line) <= 300 for line in value)


def assert_is_exception_list(entries: list[dict[str, Any]], *, handled: bool | None) -> None:
    assert type(entries) is list
    assert len(entries) <= 50
    for index, entry in enumerate(entries):
        assert set(entry) - {"stacktrace"} == {*ENTRY, "mechanism"}
        for name, is_right in ENTRY.items():
            assert is_right(entry[name]), (name, entry[name])
        _assert_mechanism(index, dict(entry["mechanism"]), handled=handled)
        if "stacktrace" in entry:
            assert set(entry["stacktrace"]) == {"type", "frames"}
            assert entry["stacktrace"]["type"] == "raw"
            assert 1 <= len(entry["stacktrace"]["frames"]) <= 100
            for frame in entry["stacktrace"]["frames"]:
                assert set(frame) == set(FRAME)
                for name, is_right in FRAME.items():
                    assert is_right(frame[name]), (name, frame[name])
    assert len(orjson.dumps(entries)) < 600 * 1024


def _assert_mechanism(index: int, mechanism: dict[str, Any], *, handled: bool | None) -> None:
    expected: dict[str, Any] = {"synthetic": False, "exception_id": index}
    if index == 0:
        expected["type"] = "generic"
        if handled is not None:
            expected["handled"] = handled
    else:
        expected["type"] = "chained"
        assert mechanism.pop("source") in ("cause", "context", "member")
        parent = mechanism.pop("parent_id")
        assert type(parent) is int
        assert 0 <= parent < index
    assert mechanism == expected
