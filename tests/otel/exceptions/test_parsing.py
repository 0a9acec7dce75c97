"""Parsing of `exception.stacktrace`: special formats, truncated text and other text."""

from __future__ import annotations

import pytest

from otel.exceptions import ExceptionInfo, Frame, parse_stacktrace
from tests.otel.exceptions.raisers import CASES, caught
from tests.otel.exceptions.recording import recorded

CHAINED = """\
Traceback (most recent call last):
  File "/srv/app/shop/orders.py", line 12, in load
    return rows[number]
           ~~~~^^^^^^^^
KeyError: 7

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/app/shop/views.py", line 30, in show
    order = load(7)
            ^^^^^^^
  File "/srv/app/shop/orders.py", line 14, in load
    raise NoOrder("no order\\nof that number") from error
shop.orders.NoOrder: no order
of that number
"""
OUTER = ("shop.orders.NoOrder", "no order\nof that number")
SHOW = Frame("/srv/app/shop/views.py", 30, "show", "", "order = load(7)")
RAISE = Frame(
    "/srv/app/shop/orders.py", 14, "load", "", 'raise NoOrder("no order\\nof that number") from error'
)
LOAD = Frame("/srv/app/shop/orders.py", 12, "load", "", "return rows[number]")
EXPECTED = (
    ExceptionInfo("NoOrder", "shop.orders", OUTER[1], (SHOW, RAISE)),
    ExceptionInfo("KeyError", "", "7", (LOAD,), 0, "cause"),
)


def parse(text: str) -> tuple[ExceptionInfo, ...]:
    return parse_stacktrace(text, type_name=OUTER[0], message=OUTER[1])


def test_a_chain_is_outermost_first() -> None:
    assert parse(CHAINED) == EXPECTED
    assert parse_stacktrace(CHAINED) == EXPECTED


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_windows_line_ends_are_accepted(newline: str) -> None:
    assert parse(CHAINED.replace("\n", newline)) == EXPECTED


def test_stripped_text_is_complete() -> None:
    assert parse(CHAINED.strip()) == EXPECTED


def test_a_loggers_prefix_is_ignored() -> None:
    assert parse(f"2026-11-23 12:00 ERROR (worker): Unhandled:\n{CHAINED}") == EXPECTED


@pytest.mark.parametrize("length", range(len(CHAINED)))
def test_the_outermost_exception_survives_every_truncation(length: int) -> None:
    outermost, *inner = parse(CHAINED[:length])
    assert (outermost.module, outermost.type_name, outermost.message) == ("shop.orders", "NoOrder", OUTER[1])
    assert {frame.filename for frame in outermost.frames} <= {LOAD.filename, SHOW.filename}
    assert [one.type_name for one in inner] in ([], ["KeyError"], ["Exception"])


def test_a_truncated_separator_still_states_the_link() -> None:
    cut = CHAINED[: CHAINED.index("direct cause")]
    assert parse(cut) == (EXPECTED[0]._replace(frames=()), EXPECTED[1])


def test_without_a_separator_the_inner_exception_is_a_context() -> None:
    cut = CHAINED[: CHAINED.index("\n\nThe above")]
    assert parse(cut) == (EXPECTED[0]._replace(frames=()), EXPECTED[1]._replace(source="context"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "garbage",
        "java.lang.IllegalStateException: no\n\t... 3 more\n",
        "Error: no\n    at\n",
        '  File "/srv',
        "Traceback (most recent",
        "Traceback (most recent call last):\n",
        "  + Exception Group Traceback (most recent call last):\n",
        "  | ",
        "  +-+---------------- 1 ----------------\n",
        "\0\ud800",
    ],
)
def test_other_text_leaves_only_the_attributes(text: str) -> None:
    outermost = parse(text)[0]
    assert outermost[:4] == ("NoOrder", "shop.orders", OUTER[1], ())
    assert outermost.parent is None


def test_empty_text_is_not_an_exception() -> None:
    assert parse_stacktrace("") == ()


def test_a_message_alone_is_an_exception() -> None:
    assert parse_stacktrace("", message="lost") == (ExceptionInfo("Exception", "", "lost"),)


def test_a_type_alone_has_no_message() -> None:
    assert parse_stacktrace("KeyboardInterrupt\n") == (ExceptionInfo("KeyboardInterrupt"),)


def test_frames_without_source_or_file_are_parsed() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed\n'
        '  File "<string>", line 1, in <module>\n'
        '  File "/a "quoted", line 1, in x/b.py", line 3, in <lambda>\n'
        '  File "/no/line.py", line None, in f\n'
        "ValueError\n"
    )
    assert parse_stacktrace(text)[0].frames == (
        Frame("<frozen importlib._bootstrap>", 241, "_call_with_frames_removed"),
        Frame("<string>", 1, "<module>"),
        Frame('/a "quoted", line 1, in x/b.py', 3, "<lambda>"),
        Frame("/no/line.py", 0, "f"),
    )


def test_a_statement_of_several_lines_shows_its_first() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "/srv/app/a.py", line 3, in f\n'
        "    total = add(\n"
        "        1,\n"
        "    ...<2 lines>...\n"
        "    )\n"
        "    ~~~^\n"
        "TypeError: unsupported\n"
    )
    assert parse_stacktrace(text)[0].frames == (Frame("/srv/app/a.py", 3, "f", "", "total = add("),)


@pytest.mark.parametrize("repeated", [1, 37, 999_999_999])
def test_a_repetition_is_expanded_within_the_bound(repeated: int) -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "a.py", line 1, in enter\n'
        '  File "a.py", line 5, in down\n'
        f"  [Previous line repeated {repeated} more time{'s' * (repeated > 1)}]\n"
        '  File "a.py", line 4, in down\n'
        "RecursionError: too deep\n"
    )
    frames = parse_stacktrace(text)[0].frames
    assert len(frames) == min(repeated + 3, 100)
    assert (frames[0].function, frames[0].lineno) == ("enter", 1)
    assert {frame.lineno for frame in frames[1:-1]} == {5}
    assert frames[-1].lineno == 4


def test_open_telemetrys_own_frames_are_left_out_at_the_start_only() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "/venv/lib/python3.11/site-packages/opentelemetry/trace/__init__.py", line 589, in use_span\n'
        "    yield span\n"
        '  File "/srv/app/views.py", line 3, in show\n'
        '  File "/venv/lib/python3.11/site-packages/opentelemetry/sdk/trace/__init__.py", line 9, in add\n'
        "ValueError\n"
    )
    assert [frame.function for frame in parse_stacktrace(text)[0].frames] == ["show", "add"]
    assert [frame.function for frame in parse(text[: text.index('  File "/srv')])[0].frames] == ["use_span"]


def test_a_span_that_an_exception_passes_leaves_no_frame() -> None:
    assert [frame.function for frame in recorded(caught("through_a_span")).parsed()[0].frames] == [
        "caught",
        "through_a_span",
        "fail",
    ]


@pytest.mark.parametrize(
    ("printed", "module", "type_name"),
    [
        ("ValueError", "", "ValueError"),
        ("json.decoder.JSONDecodeError", "json.decoder", "JSONDecodeError"),
        ("shop.errors.Outer.Inner", "shop.errors", "Outer.Inner"),
        ("shop.errors.make.<locals>.Local", "shop.errors", "make.<locals>.Local"),
        ("shop.errors.Maker.make.<locals>.Local", "shop.errors", "Maker.make.<locals>.Local"),
        ("socket.timeout", "socket", "timeout"),
        ("PIL.UnidentifiedImageError", "PIL", "UnidentifiedImageError"),
        ("MySQLdb._exceptions.OperationalError", "MySQLdb._exceptions", "OperationalError"),
        ("concurrent.futures.process._RemoteError", "concurrent.futures.process", "_RemoteError"),
    ],
)
def test_a_printed_type_is_split_into_module_and_name(printed: str, module: str, type_name: str) -> None:
    assert parse_stacktrace(f"{printed}: message\n") == (ExceptionInfo(type_name, module, "message"),)


def test_a_carriers_exception_is_the_one_that_was_raised() -> None:
    expected = recorded(caught("cause")).parsed()
    parsed = recorded(caught("carried_out_of_a_celery_worker")).parsed()
    assert [one[:3] for one in parsed] == [one[:3] for one in expected]


def test_nested_carriers_end() -> None:
    text = 'billiard.einfo.RemoteTraceback: \n"""\n' * 500
    assert parse(text)[0].type_name == "NoOrder"


def test_a_thousand_causes_end_at_fifty() -> None:
    separator = "\nThe above exception was the direct cause of the following exception:\n\n"
    text = separator.join(f"ValueError: {number}\n" for number in range(1000))
    parsed = parse_stacktrace(text)
    assert [one.message for one in parsed] == [str(number) for number in range(999, 949, -1)]
    assert [one.parent for one in parsed] == [None, *range(49)]


@pytest.mark.parametrize("name", CASES)
def test_every_truncation_of_every_case_keeps_the_outermost_exception(name: str) -> None:
    event = recorded(caught(name))
    whole = event.parsed()[0]
    for length in range(0, len(event.stacktrace), 97):
        cut = event._replace(stacktrace=event.stacktrace[:length]).parsed()
        if name != "carried_out_of_a_celery_worker":  # only the text contains the carried exception
            assert cut[0][:2] == whole[:2]
            assert whole.message.startswith(cut[0].message)  # its notes may be cut
