"""Frames and causes from the stack traces of other languages."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel.exceptions import exception_list, fingerprint, parse_stacktrace
from otel.inspector.rules.frames import trace_faults
from tests.otel.exceptions.foreign import TRACES, Trace

LANGUAGES = ("nodejs", "webjs", "java", "go", "ruby", "php", "dotnet", "rust", "erlang", "swift", "cpp", "")


def _listed(trace: Trace, language: str) -> list[dict[str, Any]]:
    parsed = parse_stacktrace(trace.text, type_name=trace.type_name, message="cart 7", language=language)
    return exception_list(parsed, handled=False)


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name)
def test_a_stack_becomes_frames_that_posthog_reads(trace: Trace) -> None:
    listed = _listed(trace, trace.language)
    for one in listed:
        if "stacktrace" in one:
            assert list(trace_faults(one["stacktrace"])) == []
    frames = listed[0]["stacktrace"]["frames"]
    last = frames[-1]
    place = (last.get("filename", ""), last.get("lineno", 0))
    assert (last["function"].rpartition("java")[2], *place) == trace.last
    assert [frame["function"] for frame in frames if frame["in_app"]] == trace.own
    assert {frame["platform"] for frame in frames} == {trace.platform}
    assert listed[0]["value"] == "cart 7"


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name)
def test_the_causes_follow(trace: Trace) -> None:
    listed = _listed(trace, trace.language)
    got = [(one["type"], one["mechanism"].get("source")) for one in listed]
    assert got == (trace.chain or [(listed[0]["type"], None)])


@pytest.mark.parametrize(
    "trace", [one for one in TRACES if "pkg/errors" not in one.name and "German" not in one.name
              and one.name not in ("Erlang", "Ruby, the oldest call first", "a bundler's addresses")],
    ids=lambda trace: trace.name,
)  # fmt: skip
def test_without_a_language_the_shape_decides(trace: Trace) -> None:
    frames = _listed(trace, "")[0]["stacktrace"]["frames"]
    assert (frames[-1]["function"], frames[-1].get("lineno", 0)) == (trace.last[0], trace.last[2])


def test_frames_shared_with_the_outer_exception_are_added_to_its_cause() -> None:
    (java,) = [one for one in TRACES if one.name.startswith("Java, with modules")]
    cause = _listed(java, "java")[2]
    assert [frame["function"] for frame in cause["stacktrace"]["frames"]] == ["run", "run", "bar", "<init>"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["", "no frames\nat all", "Something: else", "\0\ud800", "at", "(" * 3_000])
def test_a_stack_that_cannot_be_read_is_not_the_message_and_not_an_exception(
    text: str, language: str
) -> None:
    parsed = parse_stacktrace(text, type_name="CartError", message="cart 7", language=language)
    if language:
        assert [(one.type_name, one.message, one.frames) for one in parsed] == [("CartError", "cart 7", ())]
    else:
        assert parsed[0][:4] == ("CartError", "", "cart 7", ())


def test_a_type_of_go_is_not_in_a_module() -> None:
    (one,) = parse_stacktrace("", type_name="*shop.CartError", message="x", language="go")
    assert (one.type_name, one.module) == ("*shop.CartError", "")


def test_one_place_is_one_fingerprint_whatever_the_message() -> None:
    def key(line: int, message: str) -> str:
        text = f"TypeError: {message}\n    at load{line} (/srv/cart.js:{line}:9)\n"
        return fingerprint(parse_stacktrace(text, type_name="TypeError", message=message, language="nodejs"))

    assert key(1, "no user anna") == key(1, "no user bert") != key(2, "no user anna")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "piece",
    [
        "\n", " ", "(", ")", "    at f (", "at eval (eval at ", " ---> ", "#0 x(1): ", "x:1:in `y': m (T",
        "@https://a:1", "{a,b,1,[{file,\"", "$$Lambda/", "x/", "Caused by: a\n", "[cause]: ",
        "\tSuppressed: a\n", "goroutine 1 [\n",
    ],
)  # fmt: skip
def test_a_hostile_text_takes_linear_time(piece: str, language: str) -> None:
    def seconds(size: int) -> float:
        began = time.process_time()
        parse_stacktrace(piece * (size // len(piece)), type_name="T", message="m", language=language)
        return time.process_time() - began

    assert seconds(1_000_000) < 2


_parts = st.sampled_from([line for trace in TRACES for line in trace.text.splitlines(keepends=True)])


@settings(deadline=None)
@given(
    text=st.lists(_parts | st.text(max_size=30), max_size=12).map("".join),
    language=st.sampled_from(LANGUAGES),
    type_name=st.sampled_from(["", "T", "a.B"]),
)
def test_any_text_becomes_frames_that_posthog_reads(text: str, language: str, type_name: str) -> None:
    parsed = parse_stacktrace(text, type_name=type_name, message="m", language=language)
    for one in exception_list(parsed, handled=None):
        if "stacktrace" in one:
            assert list(trace_faults(one["stacktrace"])) == []
