"""A minimal input for each rule about `$exception` events."""

from __future__ import annotations

import hashlib
from typing import Any

from otel.inspector import RunningInspector
from otel.inspector.rules import ProjectSettings
from tests.inspector.rules.case import Case, changed, dropped, groups, issues, persons, verdicts, warnings
from tests.inspector.sending import event

WARNING = "error_tracking_exception_processing_errors"
FRAME = {"platform": "python", "filename": "a.py", "function": "f"}
RELEASE = "0190f5b0-0000-7000-8000-000000000001"


def exception(*listed: Any, **properties: Any) -> dict[str, Any]:
    """Return an `$exception` event; a leading `_` in a name becomes `$`."""
    named = {f"${name[1:]}" if name[0] == "_" else name: value for name, value in properties.items()}
    return event("$exception", properties={"$exception_list": list(listed), **named})


def one(**fields: Any) -> dict[str, Any]:
    """Return an exception of an `$exception_list`."""
    return {"type": "ValueError", "value": "bad", **fields}


def traced(*frames: Any, **fields: Any) -> dict[str, Any]:
    """Return an exception with a stack trace."""
    return one(stacktrace={"type": "raw", "frames": list(frames), **fields})


def _no_issue(rule: str, *events: dict[str, Any]) -> list[Case]:
    return [
        Case(
            rule=rule,
            events=[sent],
            look=lambda inspector: (verdicts(inspector), issues(inspector), warnings(inspector)),
            sees=(["no issue"], [], [WARNING]),
        )
        for sent in events
    ]


def _frames(inspector: RunningInspector) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = inspector.errors()[0]["exceptions"][0]["stacktrace"]["frames"]
    return frames


UNREAD = [
    *_no_issue(
        "EX-1",
        exception(),
        event("$exception"),
        event("$exception", properties={"$exception_list": "ValueError"}),
    ),
    *_no_issue("EX-2", exception({"value": "bad"}), exception(None), exception(one(), {"type": 5})),
    *_no_issue("EX-3", exception(one(value=None)), exception(one(value=5))),
    Case(rule="EX-3", events=[exception({"type": "E"})], look=issues, sees=[("E", "", 1)]),
    Case(
        rule="EX-4",
        events=[exception(one(module=None, mechanism=None, stacktrace=None, thread_id=None))],
        look=lambda inspector: (verdicts(inspector), issues(inspector)),
        sees=(["kept"], [("ValueError", "bad", 1)]),
    ),
    *_no_issue(
        "EX-5",
        exception(one(thread_id=2**31)),
        exception(one(thread_id="1")),
        exception(one(module=5)),
        exception(one(mechanism="generic")),
        exception(one(mechanism={"handled": "no"})),
        exception(one(mechanism={"type": 1})),
        exception(one(id=5)),
    ),
    *_no_issue(
        "EX-7",
        exception(one(stacktrace={"frames": [FRAME]})),
        exception(traced(FRAME, type="cooked")),
        exception(one(stacktrace={"type": "raw"})),
        exception(one(stacktrace="at f")),
        exception(traced({"filename": "a.py", "function": "f"})),
        exception(traced(FRAME | {"platform": "perl"})),
        exception(traced(None)),
    ),
    *_no_issue(
        "EX-8",
        exception(traced({"platform": "python", "filename": "a.py"})),
        exception(traced({"platform": "python", "filename": None, "function": "f"})),
    ),
    *_no_issue(
        "EX-9",
        exception(traced(FRAME | {"lineno": -1})),
        exception(traced(FRAME | {"lineno": "3"})),
        exception(traced(FRAME | {"lineno": 2**32})),
    ),
    Case(
        rule="EX-9",
        events=[exception(traced({"platform": "web:javascript", "function": "f", "lineno": -1, "colno": 1}))],
        look=_frames,
        sees=[{"platform": "web:javascript", "function": "f"}],
    ),
    *_no_issue(
        "EX-10",
        exception(traced(FRAME | {"context_line": 1})),
        exception(traced(FRAME | {"pre_context": None})),
        exception(traced(FRAME | {"pre_context": [None]})),
        exception(traced(FRAME | {"in_app": None})),
        exception(traced(FRAME | {"module": 5})),
    ),
    *_no_issue(
        "EX-11",
        exception(one(), _exception_fingerprint=5),
        exception(one(), _exception_handled="x"),
        exception(one(), _issue_name=1),
        exception(one(), _debug_images=[{}]),
    ),
]

READ = [
    Case(
        rule="EX-6",
        events=[exception(one(mechanism={}))],
        look=lambda inspector: ([issue["handled"] for issue in inspector.errors()], changed(inspector)),
        sees=([False], {"$exception_handled": False}),
    ),
    Case(
        rule="EX-12",
        events=[
            exception(
                one(type="é" * 150, value="x" * 10_001, mechanism={"handled": True}), _issue_name="n" * 300
            )
        ],
        look=lambda inspector: (issues(inspector), changed(inspector)),
        sees=([("é" * 126 + "...", "x" * 9_997 + "...", 1)], {"$issue_name": "n" * 252 + "..."}),
    ),
    Case(
        rule="EX-13",
        events=[
            exception(one(), _exception_fingerprint="checkout"),
            exception(one(type="Other"), _exception_fingerprint="checkout"),
            exception(one(), _exception_fingerprint="é" * 33),
        ],
        look=lambda inspector: {issue["fingerprint"]: issue["captures"] for issue in inspector.errors()},
        sees={"checkout": 2, hashlib.sha512(("é" * 33).encode()).hexdigest(): 1},
    ),
    Case(
        rule="EX-14",
        events=[
            exception(one(type="Root"), one(type="Outermost"), _lib="posthog-python", _lib_version="7.30.1")
        ],
        look=lambda inspector: [entry["type"] for entry in inspector.errors()[0]["exceptions"]],
        sees=["Outermost", "Root"],
    ),
    Case(
        rule="EX-14",
        events=[
            exception(
                traced(FRAME | {"function": "crash"}, FRAME | {"function": "main"}), _lib="posthog-java"
            )
        ],
        look=lambda inspector: [frame["function"] for frame in _frames(inspector)],
        sees=["main", "crash"],
    ),
    Case(
        rule="EX-15",
        events=[
            event(properties={"$groups": {"team": "t1"}}),
            exception(one(), _groups={"team": "t1"}, _process_person_profile=False) | {"distinct_id": "u2"},
        ],
        look=lambda inspector: (verdicts(inspector), groups(inspector), persons(inspector)),
        sees=(["kept", "kept"], [("team", "t1", 2, {})], [(["u1"], False)]),
    ),
    Case(
        rule="EX-15",
        events=[exception(one(), _groups={"team": "t1"})],
        look=lambda inspector: (verdicts(inspector), groups(inspector)),
        sees=(["detached"], []),
    ),
    Case(
        rule="EX-16",
        events=[exception(one(), _release_id=RELEASE)],
        look=lambda inspector: [issue["release"] for issue in inspector.errors()],
        sees=[RELEASE],
    ),
    Case(
        rule="EX-17",
        events=[exception(one()), exception(one(type="Noise"), one())],
        settings=ProjectSettings(suppressed_types=frozenset({"Noise"})),
        look=lambda inspector: (dropped(inspector), issues(inspector)),
        sees=([("$exception", "EX-17", None)], [("ValueError", "bad", 1)]),
    ),
    Case(
        rule="EX-18",
        events=[
            exception(
                traced(
                    FRAME | {"abs_path": "/srv/app/a.py", "in_app": True, "module": "logging.views"},
                    FRAME | {"abs_path": "/srv/.venv/lib/python3.11/site-packages/x.py", "in_app": True},
                    FRAME | {"abs_path": "/usr/lib/python3.11/socket.py"},
                    FRAME | {"filename": "json/decoder.py", "module": "json.decoder"},
                    {"platform": "node:javascript", "filename": "node:fs", "function": "f", "in_app": True},
                )
            )
        ],
        look=lambda inspector: [frame.get("in_app") for frame in _frames(inspector)],
        sees=[True, False, False, False, False],
    ),
]
