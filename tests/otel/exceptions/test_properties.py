"""Property-based tests: any text becomes a valid list, and printed exceptions are parsed exactly."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from otel.exceptions import ExceptionSnapshot, exception_list, fingerprint, parse_stacktrace, raise_site
from tests.otel.exceptions.raisers import CASES, caught
from tests.otel.exceptions.recording import recorded
from tests.otel.exceptions.test_sources_agree import shape
from tests.otel.exceptions.wire_types import assert_is_exception_list

any_text = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=300)
stacktraces = st.sampled_from([recorded(caught(name)).stacktrace for name in CASES if name != "long_line"])
fragments = st.one_of(
    any_text,
    st.sampled_from(
        [
            "\n",
            "\r\n",
            "Traceback (most recent call last):\n",
            '  File "/srv/app/a.py", line 3, in f\n',
            '  File "/srv/app/a.py", line 99999999999999999999, in f\n',
            "  [Previous line repeated 9999 more times]\n",
            "\nThe above exception was the direct cause of the following exception:\n\n",
            "\nDuring handling of the above exception, another exception occurred:\n\n",
            "  + Exception Group Traceback (most recent call last):\n",
            "  | ExceptionGroup: x (1 sub-exception)\n",
            "  +-+---------------- 1 ----------------\n",
            "    +-+---------------- 1 ----------------\n",
            "    +---------------- ... ----------------\n",
            "    +------------------------------------\n",
            'billiard.einfo.RemoteTraceback: \n"""\n',
            '\n"""\n',
        ]
    ),
)


@st.composite
def edited(draw: st.DrawFn) -> str:
    """Return a real traceback with parts removed, doubled or replaced."""
    text = draw(stacktraces)
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        part = draw(st.one_of(fragments, st.just(""), st.just(text[start:end] * 2)))
        text = text[:start] + part + text[end:]
    return text


@settings(deadline=None)
@given(
    text=st.one_of(any_text, edited(), st.lists(fragments, max_size=12).map("".join)),
    type_name=st.one_of(st.just("shop.errors.NoOrder"), any_text),
    message=any_text,
)
def test_any_text_becomes_a_list_that_posthog_accepts(text: str, type_name: str, message: str) -> None:
    parsed = parse_stacktrace(text, type_name=type_name, message=message)
    assert_is_exception_list(exception_list(parsed, handled=False), handled=False)
    assert len(fingerprint(parsed)) == 16
    assert parsed == parse_stacktrace(text, type_name=type_name, message=message)


class ShopError(Exception):
    class NestedError(Exception):
        pass


types = st.sampled_from([ValueError, KeyError, OSError, ShopError, ShopError.NestedError])


def _raise_from_below(exc: BaseException, depth: int) -> None:
    if depth:
        _raise_from_below(exc, depth - 1)
    else:
        raise exc


def _build(exc: BaseException, depth: int, link: str, inner: BaseException | None) -> BaseException:
    """Return an exception that was raised from a depth; with a negative depth, it was never raised."""
    if inner is not None:
        if link == "cause":
            exc.__cause__ = inner
        else:
            exc.__context__ = inner
            exc.__suppress_context__ = link == "suppressed"
    if depth < 0:
        return exc
    try:
        _raise_from_below(exc, depth)
    except BaseException as raised:  # noqa: BLE001 - the exception that was built
        return raised
    raise AssertionError


@st.composite
def exceptions(draw: st.DrawFn, level: int = 3) -> BaseException:
    text = st.text(max_size=40)
    depth = draw(st.integers(-1, 6))
    link = draw(st.sampled_from(["cause", "context", "suppressed"]))
    inner = draw(st.none() | exceptions(level - 1)) if level else None
    if level and draw(st.booleans()):
        members = draw(st.lists(exceptions(level - 1), min_size=1, max_size=3))
        return _build(BaseExceptionGroup(draw(text), members), depth, link, inner)
    return _build(draw(types)(draw(text)), depth, link, inner)


@settings(deadline=None)
@given(exceptions())
def test_printed_exceptions_are_parsed_exactly(exc: BaseException) -> None:
    live = ExceptionSnapshot.of(exc)
    event = recorded(exc)
    assert raise_site(event.parsed()) == raise_site(live.exceptions)
    assert shape(event.parsed()) == shape(live.exceptions)
    assert event.parsed()[0].message == live.message
    assert shape(parse_stacktrace(event.stacktrace)) == shape(live.exceptions)


@settings(deadline=None)
@given(exc=exceptions(), message=st.text(max_size=200))
def test_the_outermost_message_is_exact_whatever_it_quotes(exc: BaseException, message: str) -> None:
    quoting = ShopError(f"{message}\n{recorded(exc).stacktrace}")
    quoting.__cause__ = exc
    quoting = _build(quoting, 1, "cause", exc)  # type: ignore[assignment]  # the same object
    event = recorded(quoting)
    assert event.parsed()[0].message == str(quoting)[:8_000]  # MESSAGE_KEPT
    assert shape(event.parsed()) == shape(ExceptionSnapshot.of(quoting).exceptions)
