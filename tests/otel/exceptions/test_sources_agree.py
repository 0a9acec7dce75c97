"""The text that OpenTelemetry records, the live exception and PostHog's own builder agree."""

from __future__ import annotations

from typing import Any

import pytest
from posthog.exception_utils import exceptions_from_error_tuple

from otel.exceptions import (
    ExceptionInfo,
    ExceptionSnapshot,
    exception_list,
    fingerprint,
    parse_stacktrace,
    raise_site,
)
from tests.otel.exceptions.raisers import CASES, caught
from tests.otel.exceptions.recording import recorded
from tests.otel.exceptions.wire_types import assert_is_exception_list

# The cases in which the text without the event's other attributes contains less than the live exception.
TEXT_ALONE_TELLS_LESS = {
    "message_that_is_a_traceback": "only exception.message says where such a message ends",
    "message_that_is_a_traceback_and_a_cause": "only exception.message says where such a message ends",
    "note_that_is_a_separator": "only exception.message says where such a note begins",
}

# (case, aspect): where PostHog's builder is wrong or differs on purpose; "it" is PostHog's builder.
_GROUP = "it reads `.message`, which omits the number of members; exception.message contains it"
_CUT = "the middle of a recursion is dropped here; it sends every frame"
_CODE = "it treats code without a file as a file in the current directory"
_PACKAGE = "it shows a package's __init__.py by that name alone, which every package has"
_CARRIER = "it shows the carrier instead of the exception that was raised in the worker"
_NULL = "it replaces lines over 1024 bytes by null, which PostHog's parser rejects"
_NOTES = "it leaves out the notes of an exception"
_WIDTH = "traceback, and so the text, prints fifteen members; it sends all of them"
_DEPTH = "traceback, and so the text, prints ten levels of groups; it sends all of them"
NOT_AS_POSTHOG = {
    ("note", "value"): _NOTES,
    ("note_on_a_cause", "value"): _NOTES,
    ("note_that_is_a_separator", "value"): _NOTES,
    ("note_on_a_member", "value"): _NOTES,
    ("group_of_twenty", "chain"): _WIDTH,
    ("one_exception_twice_in_a_group", "chain"): "traceback prints a member as often as the group has it",
    ("syntax_error_as_member", "value"): _GROUP,
    ("group_of_forty", "chain"): _WIDTH,
    ("groups_twelve_deep", "chain"): _DEPTH,
    ("group", "value"): _GROUP,
    ("nested_groups", "value"): _GROUP,
    ("group_as_cause", "value"): _GROUP,
    ("group_of_chains", "value"): _GROUP,
    ("group_with_a_message_of_lines", "value"): _GROUP,
    ("base_exception_group", "value"): _GROUP,
    ("group_of_twenty", "value"): _GROUP,
    ("in_a_coroutine", "value"): _GROUP,
    ("deep_recursion", "frames"): _CUT,
    ("deep_recursion", "source"): _CUT,
    ("in_executed_code", "frames"): _CODE,
    ("in_code_without_a_name", "frames"): _CODE,
    ("cause", "frames"): _PACKAGE,
    ("group_of_chains", "frames"): _PACKAGE,
    ("long_line", "source"): _NULL,
    ("before_a_long_line", "source"): _NULL,
    ("unprintable_as_cause", "value"): "it shows the repr; traceback and so exception.stacktrace do not",
    (
        "exception_with_a_detail",
        "value",
    ): "it prefers `.detail`, which is shown to clients, to the message",
    ("carried_out_of_a_celery_worker", "chain"): _CARRIER,
    ("remote_traceback", "chain"): _CARRIER,
}


# Additional differences for exceptions that were parsed from text.
def shape(exceptions: tuple[ExceptionInfo, ...]) -> list[tuple[object, ...]]:
    return [
        (
            one.type_name,
            one.module,
            one.parent,
            one.source,
            [(frame.filename, frame.lineno, frame.function) for frame in one.frames],
        )
        for one in exceptions
    ]


def aspects(entries: list[dict[str, Any]]) -> dict[str, object]:
    frames = [entry.get("stacktrace", {}).get("frames", []) for entry in entries]
    where = ("filename", "abs_path", "function", "lineno")
    source = ("pre_context", "context_line", "post_context")
    return {
        "chain": [
            (
                entry["type"],
                entry["module"],
                entry["mechanism"]["type"],
                entry["mechanism"]["exception_id"],
                entry["mechanism"].get("parent_id"),
                entry["mechanism"].get("source"),
            )
            for entry in entries
        ],
        "value": [entry["value"] for entry in entries],
        "frames": [[[frame[name] for name in where] for frame in stack] for stack in frames],
        "source": [[[frame[name] for name in source] for frame in stack] for stack in frames],
    }


def assert_as_posthog(name: str, exc: BaseException, entries: list[dict[str, Any]], known: set[str]) -> None:
    theirs = aspects(exceptions_from_error_tuple((type(exc), exc, exc.__traceback__)))
    ours = aspects(entries)
    if "chain" in known:
        assert ours["chain"] != theirs["chain"], name
        return
    assert {what for what in ours if ours[what] != theirs[what]} == known


@pytest.mark.parametrize("name", CASES)
def test_text_and_live_exception_agree(name: str) -> None:
    exc = caught(name)
    live = ExceptionSnapshot.of(exc)
    event = recorded(exc)
    assert raise_site(event.parsed()) == raise_site(live.exceptions)
    parsed = event.parsed()
    assert shape(parsed) == shape(live.exceptions)
    assert [one.message for one in parsed] == [one.message for one in live.exceptions]
    assert fingerprint(parsed) == fingerprint(live.exceptions)


@pytest.mark.parametrize("name", CASES)
def test_text_without_the_other_attributes_tells_types_chain_and_frames(name: str) -> None:
    exc = caught(name)
    parsed = parse_stacktrace(recorded(exc).stacktrace)
    expected = shape(ExceptionSnapshot.of(exc).exceptions)
    assert (shape(parsed) == expected) == (name not in TEXT_ALONE_TELLS_LESS)


@pytest.mark.parametrize("name", CASES)
def test_a_live_exception_is_built_as_posthog_builds_it(name: str) -> None:
    exc = caught(name)
    known = {what for case, what in NOT_AS_POSTHOG if case == name}
    assert_as_posthog(name, exc, exception_list(ExceptionSnapshot.of(exc).exceptions, handled=True), known)


@pytest.mark.parametrize("name", CASES)
def test_recorded_text_is_built_as_posthog_builds_the_live_exception(name: str) -> None:
    exc = caught(name)
    known = {what for case, what in NOT_AS_POSTHOG if case == name}
    assert_as_posthog(name, exc, exception_list(recorded(exc).parsed(), handled=True), known)


@pytest.mark.parametrize("handled", [True, False, None])
@pytest.mark.parametrize("name", CASES)
def test_every_case_has_the_types_that_posthog_reads(name: str, *, handled: bool | None) -> None:
    exc = caught(name)
    for exceptions in (ExceptionSnapshot.of(exc).exceptions, recorded(exc).parsed()):
        entries = exception_list(exceptions, handled=handled)
        assert entries
        assert_is_exception_list(entries, handled=handled)
