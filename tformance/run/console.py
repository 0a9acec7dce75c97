"""What is printed: steps with their time, tables that are aligned, colours where a person looks."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

__all__ = ["BAD", "BOLD", "DIM", "GOOD", "Console"]

# Select Graphic Rendition codes (ECMA-48) that are to_valid_text on a dark and on a light ground.
BOLD, DIM, GOOD, BAD = "1", "2", "32", "31"

# Characters; what a reader of a log has beside it.
_FILE_WIDTH = 120


class Console:
    """Print to a terminal, a pipe or a file.

    Args:
        stream: the standard output by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        is_terminal = self._stream.isatty()
        # https://no-color.org
        self._is_coloured = is_terminal and not os.environ.get("NO_COLOR")
        # A line that wraps breaks the columns; in a file it does not.
        self._width = shutil.get_terminal_size().columns if is_terminal else None

    def line(self, text: str = "") -> None:
        """Print a line.

        Args:
            text: without its end.
        """
        print(text, file=self._stream, flush=True)

    def paint(self, style: str, text: str) -> str:
        """Return a text in a style, or as it is where there are no colours.

        Args:
            style: one of this module's.
            text: what is painted.
        """
        return f"\x1b[{style}m{text}\x1b[0m" if self._is_coloured and text else text

    def fit(self, text: str, before: int = 0) -> str:
        """Return a text as far as it fits in the line.

        Args:
            text: without a style.
            before: how many characters stand before it.
        """
        room = len(text) if self._width is None else max(self._width - before, 1)
        return text if len(text) <= room else f"{text[: room - 1]}…"

    def wrap(self, words: Iterable[str], before: int) -> str:
        """Return words in as many lines as they need, each below the first.

        Args:
            words: none of which is parted.
            before: how many characters stand before the first line.
        """
        room = _FILE_WIDTH if self._width is None else self._width
        lines = textwrap.wrap(
            "  ".join(words), max(room - before, 1), break_long_words=False, break_on_hyphens=False
        )
        return f"\n{' ' * before}".join(lines)

    def heading(self, text: str) -> None:
        """Print a heading, with a line before it.

        Args:
            text: without its end.
        """
        self.line()
        self.line(self.paint(BOLD, text))

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Say what is being done, and how long it took.

        Args:
            text: what is being done.
        """
        began = time.monotonic()
        print(f"{text} …", end="", file=self._stream, flush=True)
        try:
            yield
        except BaseException:
            self.line(self.paint(BAD, " not done"))
            raise
        self.line(self.paint(DIM, f" {time.monotonic() - began:.1f} s"))

    def table(self, rows: Sequence[Sequence[str]], *, indent: str = "  ") -> None:
        """Print rows in aligned columns.

        Args:
            rows: of equal length; the last column may be of any width.
            indent: before each row.
        """
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            self.line(self.fit((indent + "  ".join(cells)).rstrip()))
