"""The wire format of exceptions."""

from __future__ import annotations

import linecache
import sysconfig
from pathlib import Path

import orjson
import pytest

from otel.exceptions import ExceptionInfo, ExceptionSnapshot, Frame, exception_list
from tests.otel.exceptions.raisers import caught
from tests.otel.exceptions.recording import recorded
from tests.otel.exceptions.wire_types import assert_is_exception_list

SITE = "/venv/lib/python3.11/site-packages"
STDLIB = sysconfig.get_path("stdlib")


def in_app(frame: Frame, *prefixes: str) -> bool:
    (entry,) = exception_list([ExceptionInfo("E", frames=(frame,))], handled=None, in_app=prefixes)
    return bool(entry["stacktrace"]["frames"][0]["in_app"])


def test_a_chain_states_the_cause_of_each_exception() -> None:
    entries = exception_list(ExceptionSnapshot.of(caught("group_as_cause")).exceptions, handled=False)
    assert [(entry["type"], entry["mechanism"]) for entry in entries] == [
        ("ShopError", {"type": "generic", "handled": False, "synthetic": False, "exception_id": 0}),
        (
            "ExceptionGroup",
            {"type": "chained", "source": "cause", "synthetic": False, "exception_id": 1, "parent_id": 0},
        ),
        (
            "ShopError",
            {"type": "chained", "source": "member", "synthetic": False, "exception_id": 2, "parent_id": 1},
        ),
        (
            "ValueError",
            {"type": "chained", "source": "member", "synthetic": False, "exception_id": 3, "parent_id": 1},
        ),
    ]


def test_a_frame_shows_five_lines_around_its_own() -> None:
    live, text = caught("plain"), recorded(caught("plain"))
    for exceptions in (ExceptionSnapshot.of(live).exceptions, text.parsed()):
        frame = exception_list(exceptions, handled=True)[0]["stacktrace"]["frames"][-1]
        lines = Path(frame["abs_path"]).read_text().splitlines()
        at = frame["lineno"] - 1
        assert frame["context_line"] == lines[at] == "    raise ShopError(message)"
        assert frame["pre_context"] == lines[at - 5 : at]
        assert frame["post_context"] == lines[at + 1 : at + 6]
        assert frame["filename"] == "tests/otel/exceptions/cases.py"
        assert frame["module"] == "tests.otel.exceptions.cases"


def test_a_long_line_is_truncated_and_never_null() -> None:
    frame = exception_list(ExceptionSnapshot.of(caught("long_line")).exceptions, handled=True)[0][
        "stacktrace"
    ]["frames"][1]
    assert [len(line) for line in frame["pre_context"]][-1] == 300


def test_a_file_with_a_different_line_is_not_sent(tmp_path: Path) -> None:
    file = tmp_path / "settings.py"
    file.write_text('SECRET_KEY = "hunter2"\n')
    for name in (str(file), "/etc/passwd", "/dev/zero", "\0.py"):
        frame = Frame(name, 1, "f", "", "import os")
        (entry,) = exception_list([ExceptionInfo("E", frames=(frame,))], handled=None)
        shown = entry["stacktrace"]["frames"][0]
        assert (shown["pre_context"], shown["context_line"], shown["post_context"]) == ([], "import os", [])
    linecache.checkcache()


@pytest.mark.parametrize(
    ("frame", "is_in_app"),
    [
        (Frame("/srv/app/shop/views.py", 1, "f"), True),
        (Frame("shop/views.py", 1, "f", "shop.views"), True),
        (Frame("<string>", 1, "<module>", "shop"), True),
        (Frame(f"{SITE}/django/core/handlers/base.py", 1, "f", "django.core.handlers.base"), False),
        (Frame("C:\\app\\Lib\\site-packages\\django\\x.py", 1, "f"), False),
        (Frame("/usr/lib/python3/dist-packages/yaml/__init__.py", 1, "f"), False),
        (Frame(f"{STDLIB}/json/decoder.py", 1, "f", "json.decoder"), False),
        (Frame("C:\\Python313\\Lib\\json\\decoder.py", 1, "f"), False),
        (Frame("<frozen importlib._bootstrap>", 1, "f"), False),
        (Frame("/srv/app/.venv/bin/gunicorn", 8, "<module>", "__main__"), False),
    ],
)
def test_a_file_that_is_not_installed_is_in_app(frame: Frame, *, is_in_app: bool) -> None:
    assert in_app(frame) == is_in_app


@pytest.mark.parametrize(
    ("frame", "is_in_app"),
    [
        (Frame("/srv/app/shop/views.py", 1, "f", "shop.views"), True),
        (Frame("/elsewhere/shop/views.py", 1, "f"), True),
        (Frame(f"{SITE}/shop/views.py", 1, "f"), True),
        (Frame("/srv/app/shopping/views.py", 1, "f", "shopping.views"), False),
        (Frame("/srv/app/other.py", 1, "f"), False),
    ],
)
def test_prefixes_take_precedence_over_the_files_location(frame: Frame, *, is_in_app: bool) -> None:
    assert in_app(frame, "shop") == is_in_app


@pytest.mark.parametrize(
    ("path", "filename", "module"),
    [
        (f"{SITE}/django/core/handlers/base.py", "django/core/handlers/base.py", "django.core.handlers.base"),
        (f"{STDLIB}/json/__init__.py", "json/__init__.py", "json"),
        ("/elsewhere/views.py", "/elsewhere/views.py", None),
        ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>", "importlib._bootstrap"),
        ("", "<unknown>", None),
    ],
)
def test_a_file_is_named_from_its_import_root(path: str, filename: str, module: str | None) -> None:
    (entry,) = exception_list([ExceptionInfo("E", frames=(Frame(path, 1, "f"),))], handled=None)
    frame = entry["stacktrace"]["frames"][0]
    assert (frame["filename"], frame["abs_path"], frame["module"]) == (filename, path, module)


def test_messages_are_sent_scrubbed_or_not_at_all() -> None:
    one = ExceptionInfo("NoUser", "shop", "no user ann@example.org")
    assert exception_list([one], handled=True)[0]["value"] == "no user [email]"
    assert exception_list([one], handled=True, send_messages=False)[0]["value"] == ""


def test_no_exceptions_become_an_empty_list() -> None:
    assert exception_list([], handled=True) == []


@pytest.mark.parametrize("character", ["x", "\x00", "🎈", "\ud800"])
def test_the_largest_list_stays_far_below_posthogs_limit(character: str) -> None:
    long = character * 10_000
    frames = tuple(Frame(f"{long}{number}", number, long, long, long) for number in range(100))
    chain = [
        ExceptionInfo(long, long, long, frames, index - 1 if index else None, "cause" if index else None)
        for index in range(50)
    ]
    entries = exception_list(chain, handled=False)
    assert_is_exception_list(entries, handled=False)
    assert len(orjson.dumps(entries)) < 600 * 1024
