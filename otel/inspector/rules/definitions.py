"""Property definitions: the type that PostHog derives from a property's first value."""

from __future__ import annotations

import re
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from otel.inspector.rules._project import Event, Project
from otel.inspector.rules._rule import Effect, Rule

__all__ = ["RULES", "learn"]

PD = "rust/property-defs-rs/src/types.rs @003fd01"

_NAME_LIMIT = 200  # bytes of an event's or property's name
_HALF_YEAR = 15_768_000  # seconds; an integer may be a time if it is not more than this before now
_SKIPPED = frozenset({"$groups", "$set", "$set_once", "$unset", *(f"$group_{index}" for index in range(5))})
_BOOLEANS = frozenset({"true", "false", "TRUE", "FALSE"})
_ALWAYS_TEXT = ("utm_", "$initial_utm_", "$feature/", "$survey_response")
_TIME_NAME = re.compile(r"time|date|_at|-at|createdat|updatedat")
_DATE = re.compile(
    r"(?:\d{4}[/-][0-2]\d[/-][0-3]\d|[0-2]\d[/-][0-3]\d[/-]\d{4})(?:[ T][0-2]\d:[0-6]\d:[0-6]\d.*)?", re.ASCII
)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)

PD_1 = Rule(
    id="PD-1",
    looks_at="the first value of a property: true, false, or one of these as a string; null, a list or an "
    "object",
    happens="The property becomes Boolean; for null, a list or an object it does not get a type yet.",
    effect=Effect.APPLIED,
    source=PD,
)
PD_2 = Rule(
    id="PD-2",
    looks_at="the first value of a property: a number",
    happens="The property becomes Numeric, or DateTime if its name says so and the number may be a time.",
    effect=Effect.APPLIED,
    source=PD,
)
PD_3 = Rule(
    id="PD-3",
    looks_at="the first value of a property: a string",
    happens="The property becomes DateTime if the string is a date, else String.",
    effect=Effect.APPLIED,
    source=PD,
)
PD_4 = Rule(
    id="PD-4",
    looks_at="utm_…, $feature/…, $feature_flag_response and $survey_response…",
    happens="The property becomes String, regardless of its value.",
    effect=Effect.APPLIED,
    source=PD,
)
RULES = (PD_1, PD_2, PD_3, PD_4)


def learn(event: Event) -> None:
    """Define the types of an event's properties. The first type of a property is final.

    Args:
        event: an event that is stored.
    """
    if len(event.name.encode(errors="replace")) > _NAME_LIMIT:
        return
    project, properties = event.project, event.properties
    if event.name == "$groupidentify":
        _learn(project, "group", properties.get("$group_set"))
        return
    known = project.definitions["event"]
    for name, value in properties.items():
        if name not in known and name not in _SKIPPED:
            _define(project, known, name, value)
    for name in ("$set", "$set_once"):
        if name in properties:
            _learn(project, "person", properties[name])


def _learn(project: Project, scope: str, values: object) -> None:
    if isinstance(values, dict):
        known = project.definitions[scope]
        for name, value in values.items():
            if name not in known:
                _define(project, known, name, value)


def _define(project: Project, known: dict[str, str], name: str, value: Any) -> None:
    if value is None or isinstance(value, list | dict) or len(name.encode(errors="replace")) > _NAME_LIMIT:
        return
    lowered = name.lower()
    is_text = lowered.startswith(_ALWAYS_TEXT) or lowered == "$feature_flag_response"
    if is_text and project.applies(PD_4):
        known[name] = "String"
        return
    rule, kind = _detected(lowered, value)
    if project.applies(rule):
        known[name] = kind


def _detected(name: str, value: bool | float | str) -> tuple[Rule, str]:
    if isinstance(value, bool):
        return PD_1, "Boolean"
    if isinstance(value, str):
        text = value.strip()
        if text in _BOOLEANS:
            return PD_1, "Boolean"
        return PD_3, "DateTime" if _is_date(text) else "String"
    is_time = isinstance(value, int) and value >= time.time() - _HALF_YEAR and _TIME_NAME.search(name)
    return PD_2, "DateTime" if is_time else "Numeric"


def _is_date(text: str) -> bool:
    if len(text) < len("1/1/2026") or not any(character.isdigit() for character in text[:8]):
        return False
    if _DATE.fullmatch(text):
        return True
    try:
        if _RFC3339.fullmatch(text):
            datetime.fromisoformat(text.upper())
            return True
        return "," in text[:5] and parsedate_to_datetime(text).tzinfo is not None
    except ValueError:
        return False
