"""Console output: steps with their duration, aligned tables, and colors on terminals."""

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

# Select Graphic Rendition codes (ECMA-48) that are legible on dark and light backgrounds.
BOLD, DIM, GOOD, BAD = "1", "2", "32", "31"

# Columns: the width for output that goes to a file.
_FILE_WIDTH = 120


class Console:
    """A printer for a terminal, a pipe or a file.

    Args:
        stream: the output stream; standard output by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        is_terminal = self._stream.isatty()
        # https://no-color.org
        self._is_coloured = is_terminal and not os.environ.get("NO_COLOR")
        # A wrapped line breaks the columns of a terminal; a file does not wrap lines.
        self._width = shutil.get_terminal_size().columns if is_terminal else None

    def line(self, text: str = "") -> None:
        """Print a line.

        Args:
            text: the line, without its newline.
        """
        print(text, file=self._stream, flush=True)

    def paint(self, style: str, text: str) -> str:
        """Return a text in a style, or unchanged if the stream has no colors.

        Args:
            style: a style of this module, such as `BOLD`.
            text: the text.
        """
        return f"\x1b[{style}m{text}\x1b[0m" if self._is_coloured and text else text

    def fit(self, text: str, before: int = 0) -> str:
        """Return a text, truncated to the width of the terminal.

        Args:
            text: a text without a style.
            before: the number of characters before the text on its line.
        """
        room = len(text) if self._width is None else max(self._width - before, 1)
        return text if len(text) <= room else f"{text[: room - 1]}…"

    def wrap(self, words: Iterable[str], before: int) -> str:
        """Return words wrapped to the width, with the lines aligned below the first.

        Args:
            words: the words; a word is never broken.
            before: the number of characters before the first line, by which later lines are indented.
        """
        room = _FILE_WIDTH if self._width is None else self._width
        lines = textwrap.wrap(
            "  ".join(words), max(room - before, 1), break_long_words=False, break_on_hyphens=False
        )
        return f"\n{' ' * before}".join(lines)

    def heading(self, text: str) -> None:
        """Print a heading after an empty line.

        Args:
            text: the heading.
        """
        self.line()
        self.line(self.paint(BOLD, text))

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Print the title of a step, and the duration of the block.

        Args:
            text: the step's title.
        """
        began = time.monotonic()
        print(f"{text} …", end="", file=self._stream, flush=True)
        try:
            yield
        except BaseException:
            self.line(self.paint(BAD, " failed"))
            raise
        self.line(self.paint(DIM, f" {time.monotonic() - began:.1f} s"))

    def table(self, rows: Sequence[Sequence[str]], *, indent: str = "  ") -> None:
        """Print rows in aligned columns.

        Args:
            rows: of equal length; the last column may be of any width.
            indent: the text before each row.
        """
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            self.line(self.fit((indent + "  ".join(cells)).rstrip()))
