"""Frames of each platform that PostHog knows: which fields error tracking requires, and which types."""

from __future__ import annotations

from typing import Any

import pytest

from otel.inspector.rules.frames import PLATFORMS
from tests.inspector.rules.cases_exceptions import exception, traced
from tests.inspector.rules.conftest import Harness
from tests.inspector.sending import batch

LINES = {"context_line": "x = 1", "pre_context": ["a"], "post_context": []}
# As PostHog's own SDKs send them.
WHOLE: dict[str, dict[str, Any]] = {
    "python": {
        "filename": "app/x.py", "abs_path": "/srv/app/x.py", "function": "f", "module": "app.x", "lineno": 23,
        "in_app": True, "code_variables": {"a": "1"}, **LINES,
    },
    "ruby": {"filename": "x.rb", "abs_path": "/srv/x.rb", "function": "f", "lineno": 2, **LINES},
    "web:javascript": {"filename": "https://a.example/x.js", "function": "?", "lineno": 1, "colno": 9},
    "javascript": {"filename": "https://a.example/x.js", "function": "?", "lineno": 1, "colno": 9},
    "node:javascript": {"filename": "x.js", "function": "f", "lineno": 1, "colno": 9, "module": "x", **LINES},
    "go": {"filename": "x.go", "function": "main.f", "lineno": 7},
    "php": {"filename": "x.php", "abs_path": "/srv/x.php", "function": "f", "lineno": 7, **LINES},
    "hermes": {"filename": "index.bundle", "function": "f", "colno": 9, "chunk_id": "c"},
    "java": {
        "module": "a.B", "function": "f", "filename": "B.java", "lineno": 2**33, "method_synthetic": False,
    },
    "dart": {"abs_path": "package:x/x.dart", "function": "f", "package": "x", "lineno": 7, "colno": 3},
    "apple": {"instruction_addr": "0x1", "image_addr": "0x0", "image_uuid": "u", "function": "f"},
    "native": {"instruction_addr": "0x1", "lang": "rust", "function": "f", "inline": True},
    "rust": {"instruction_addr": "0x1", "lang": "rust", "function": "f", "client_resolved": True},
    "custom": {
        "lang": "elixir", "function": "f/2", "filename": "x.ex", "resolved": False, "lineno": 1, **LINES,
    },
}  # fmt: skip
# The fields that each platform requires (`wire.md`, EX-8; for dart and hermes, see PostHog's own files).
NEEDED = {
    "python": ("filename", "function"), "ruby": ("filename", "function"), "web:javascript": ("function",),
    "javascript": ("function",), "node:javascript": ("filename", "function"),
    "go": ("filename", "function", "lineno"), "php": (), "hermes": ("filename", "function"),
    "java": ("function", "module"), "dart": ("abs_path",), "apple": (), "native": (), "rust": (),
    "custom": ("lang", "function"),
}  # fmt: skip
NUMBERS_IGNORED = ("web:javascript", "javascript")


def _verdict(harness: Harness, frame: dict[str, Any], kind: str = "raw") -> tuple[str, list[str]]:
    harness.inspector.reset()
    assert harness.sender.post(batch(exception(traced(frame, type=kind)))).status == 200
    [outcome] = [one["outcome"] for one in harness.inspector.good()]
    return outcome["verdict"], [one["rule"] for one in outcome["warnings"]]


def test_every_platform_is_here() -> None:
    assert set(PLATFORMS) == set(WHOLE) == set(NEEDED)


@pytest.mark.parametrize("platform", WHOLE)
def test_a_frame_of_posthogs_own_sdk_becomes_an_issue(harness: Harness, platform: str) -> None:
    frame = {"platform": platform, **WHOLE[platform]}
    assert _verdict(harness, frame) == ("kept", [])
    needed = {name: WHOLE[platform][name] for name in NEEDED[platform]}
    assert _verdict(harness, {"platform": platform, **needed}) == ("kept", [])
    assert len(harness.inspector.errors()) == 1


@pytest.mark.parametrize(
    ("platform", "name"), [(platform, name) for platform, names in NEEDED.items() for name in names]
)
def test_a_frame_without_a_required_field_does_not_become_an_issue(
    harness: Harness, platform: str, name: str
) -> None:
    whole = {"platform": platform, **WHOLE[platform]}
    for frame in ({key: value for key, value in whole.items() if key != name}, whole | {name: None}):
        assert _verdict(harness, frame) == ("no issue", ["EX-8"])
    assert harness.inspector.errors() == []


@pytest.mark.parametrize(
    ("platform", "name"), [(platform, name) for platform, whole in WHOLE.items() for name in whole]
)
def test_a_field_of_the_wrong_type_prevents_the_issue(harness: Harness, platform: str, name: str) -> None:
    value = WHOLE[platform][name]
    wrong = 5 if isinstance(value, str | list | bool) else "5"
    verdict, rules = _verdict(harness, {"platform": platform, **WHOLE[platform], name: wrong})
    if name == "code_variables" or (platform in NUMBERS_IGNORED and name in ("lineno", "colno")):
        assert (verdict, rules) == ("kept", [])
    else:
        assert (verdict, len(rules)) == ("no issue", 1)


@pytest.mark.parametrize("platform", [name for name, whole in WHOLE.items() if "lineno" in whole])
def test_a_line_number_beyond_32_bits_prevents_the_issue_except_for_java(
    harness: Harness, platform: str
) -> None:
    frame = {"platform": platform, **WHOLE[platform], "lineno": 2**32}
    is_read = platform in ("java", *NUMBERS_IGNORED)
    assert _verdict(harness, frame) == (("kept", []) if is_read else ("no issue", ["EX-9"]))


def test_a_stack_that_claims_to_be_resolved_needs_the_fields_of_a_resolved_stack(harness: Harness) -> None:
    resolved = {"raw_id": "a/0", "mangled_name": "f", "lang": "python", "in_app": True, "resolved": True}
    assert _verdict(harness, resolved, "resolved") == ("kept", [])
    assert _verdict(harness, {"platform": "python", **WHOLE["python"]}, "resolved")[0] == "no issue"
