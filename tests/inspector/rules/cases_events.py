"""A minimal input for each rule about groups, times, uuids, sessions and property definitions."""

from __future__ import annotations

import time
from typing import Any

from otel.inspector import RunningInspector
from otel.inspector.rules import ProjectSettings
from tests.inspector.rules.case import (
    Case,
    at,
    changed,
    dropped,
    groups,
    merged,
    verdicts,
    warnings,
)
from tests.inspector.sending import event

V4 = "0b0c5b0e-1d9f-4d5b-9c9a-2f3f4d5e6a7b"
V5 = "0b0c5b0e-1d9f-5d5b-9c9a-2f3f4d5e6a7b"


def _update(**properties: Any) -> dict[str, Any]:
    usual = {"$group_type": "team", "$group_key": "t1", "$group_set": {"plan": "pro"}}
    return event("$groupidentify", properties=usual | {f"${name}": one for name, one in properties.items()})


def _in_groups(named: Any) -> dict[str, Any]:
    return event(properties={"$groups": named})


def _types(inspector: RunningInspector) -> dict[str, str]:
    return {
        name: kind
        for name, kind in inspector.definitions()["event"].items()
        if not name.startswith("$") or name.startswith(("$feature", "$survey"))
    }


def _v7(seconds: float) -> str:
    digits = f"{int(seconds * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000"


GROUPS = [
    Case(
        rule="GR-1",
        events=[_in_groups({"team": "t1", "site": 7})],
        look=groups,
        sees=[("team", "t1", 1, {}), ("site", "7", 1, {})],
    ),
    Case(
        rule="GR-2",
        events=[_in_groups({f"type {number}": "k" for number in range(6)})],
        look=lambda inspector: (verdicts(inspector), len(groups(inspector))),
        sees=(["detached"], 5),
    ),
    *(
        Case(rule="GR-2", events=[_in_groups(named)], look=verdicts, sees=["detached"])
        for named in ("t1", ["t1"], {"team": None}, {"team": ""})
    ),
    Case(
        rule="GR-3",
        events=[
            _update(group_set={"plan": "pro", "seats": {"a": 1}}),
            _update(group_set={"seats": {"b": 2}}, set={"a": 1}),
        ],
        look=lambda inspector: (groups(inspector), merged(inspector), changed(inspector)),
        sees=(
            [("team", "t1", 0, {"plan": "pro", "seats": {"b": 2}})],
            [(["u1"], 2, {})],
            {"$set": None},
        ),
    ),
    *(
        Case(
            rule="GR-4",
            events=[_update(group_key=key)],
            look=lambda inspector: (verdicts(inspector), groups(inspector)),
            sees=(["not applied"], []),
        )
        for key in (0, "", None)
    ),
    Case(
        rule="GR-4",
        events=[_update(group_key=7)],
        look=lambda inspector: (
            [key for _, key, _, _ in groups(inspector)],
            "GR-4" in inspector.good()[0]["outcome"]["rules"],
        ),
        sees=(["7"], True),
    ),
    Case(
        rule="GR-5",
        events=[_update(group_key="k" * 401)],
        look=lambda inspector: (dropped(inspector), groups(inspector)),
        sees=([("$groupidentify", "GR-5", "group_key_too_long")], []),
    ),
    *(
        Case(
            rule="GR-6",
            events=[_update(group_set=update)],
            look=lambda inspector: (verdicts(inspector), groups(inspector), warnings(inspector)),
            sees=(["not applied"], [], ["invalid_group_set"]),
        )
        for update in ([1], "text")
    ),
]

ENVELOPE = [
    Case(
        rule="SZ-1",
        events=[event(properties={"long": "x" * 1_000_001})],
        look=dropped,
        sees=[("order_placed", "SZ-1", "message_size_too_large")],
    ),
    Case(
        rule="TI-6",
        events=[event(timestamp=at(hours=2)), event("$exception", timestamp=at(hours=2))],
        settings=ProjectSettings(drop_older_than=3600),
        look=lambda inspector: (dropped(inspector), len(inspector.good("$exception"))),
        sees=([("order_placed", "TI-6", "event_dropped_too_old")], 1),
    ),
    Case(
        rule="UU-2",
        events=[
            event(uuid=V5, properties={"$lib": "tformance-otel"}),
            event(uuid=V4, properties={"$lib": "tformance-otel"}),
            event(uuid=V5, properties={"$lib": "web"}),
            event("other", uuid=V5),
        ],
        look=warnings,
        sees=["event_uuid_not_v7"],
    ),
    Case(
        rule="UU-3",
        events=[
            event(uuid=_v7(time.time()), timestamp=at(days=4)),
            event(uuid=_v7(time.time()), timestamp=at()),
        ],
        look=warnings,
        sees=["event_uuid_timestamp_divergent"],
    ),
    *(
        Case(
            rule="SE-1",
            events=[event(properties={"$session_id": session})],
            look=warnings,
            sees=["invalid_event_session_id"],
        )
        for session in ("s1", 5, "4bf92f3577b34da6a3ce929d0e0e4736")
    ),
    Case(
        rule="SE-2",
        events=[event(properties={"$session_id": V4.upper()})],
        look=lambda inspector: (warnings(inspector), changed(inspector)),
        sees=([], {"$session_id": V4}),
    ),
    Case(
        rule="SE-3",
        events=[event(properties={"$window_id": V4})],
        look=warnings,
        sees=["missing_session_id_with_window_id"],
    ),
]

DEFINITIONS = [
    Case(
        rule="PD-1",
        events=[
            event(properties={"a": True, "b": "true", "c": " FALSE", "d": None, "e": [1], "f": {"g": 1}}),
            event(properties={"a": "text", "d": 1}),
        ],
        look=lambda inspector: {name: kind for name, kind in _types(inspector).items() if name in "abcef"},
        sees={"a": "Boolean", "b": "Boolean", "c": "Boolean"},
    ),
    Case(
        rule="PD-2",
        events=[event(properties={"a": 1.5, "paid_at": int(time.time()), "time": 7, "update": time.time()})],
        look=_types,
        sees={"a": "Numeric", "paid_at": "DateTime", "time": "Numeric", "update": "Numeric"},
    ),
    Case(
        rule="PD-3",
        events=[
            event(
                properties={
                    "a": "2026-11-30T10:00:00Z",
                    "b": "Mon, 30 Nov 2026 10:00:00 +0000",
                    "c": "2026-11-30",
                    "d": "11/30/2026",
                    "e": "11/30/2026 10:00:00",
                    "f": "30 November",
                    "n" * 201: "too long",
                }
            )
        ],
        look=_types,
        sees=dict.fromkeys("abcde", "DateTime") | {"f": "String"},
    ),
    Case(
        rule="PD-4",
        events=[
            event(
                properties={
                    "utm_id": 1,
                    "$feature/a": True,
                    "$feature_flag_response": 1,
                    "$survey_response_2": 1,
                }
            )
        ],
        look=_types,
        sees=dict.fromkeys(
            ("utm_id", "$feature/a", "$feature_flag_response", "$survey_response_2"), "String"
        ),
    ),
]
