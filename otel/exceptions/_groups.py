r"""Exception groups in a traceback's text: taking the tree of margins apart.

      + Exception Group Traceback (most recent call last):
      |   File "app.py", line 3, in load
      | ExceptionGroup: two failed (2 sub-exceptions)
      +-+---------------- 1 ----------------
        | ValueError: one
        +---------------- 2 ----------------
        | ValueError: two
        +------------------------------------

A group's own lines stand behind two spaces for each level and `| `; its members one level deeper.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

__all__ = ["Unfolded", "region_at", "unfold"]

_REGION = re.compile(r"(?: {2,}[|+][^\n]*\n)+")
_TITLE = re.compile(r"( *)\+(-\+)?-{16} (\d{1,9}|\.\.\.) -{16}\s*")


class Unfolded(NamedTuple):
    """Be one level of the tree.

    Args:
        text: the level's own lines, without margin: a chain as outside of groups.
        members: for each offset in the text at which a group ends, the lines of its members.
        ends: these offsets, ascending.
    """

    text: str
    members: dict[int, list[list[str]]]
    ends: tuple[int, ...] = ()

    def end_of_group(self, position: int) -> int:
        """Return where the next group of this level ends, or else the text.

        Args:
            position: of the exception in question.
        """
        index = bisect_left(self.ends, position)
        return self.ends[index] if index < len(self.ends) else len(self.text)


def region_at(text: str, position: int) -> str:
    """Return the lines of a group that begins at a position; empty if none does.

    Args:
        text: a traceback, ending with a line feed.
        position: the start of a line.
    """
    if not text.startswith(("  + Exception Group Traceback", "  | "), position):
        return ""
    region = _REGION.match(text, position)
    return region[0] if region else ""


def unfold(lines: list[str], depth: int) -> Unfolded:
    """Separate a level's own lines from its members'.

    Args:
        lines: of the level and all below it, with their ends. `textwrap.indent` puts the margin after every
            line boundary that `str.splitlines` knows, so they come from there.
        depth: of the level, from 1.
    """
    indent = "  " * depth
    margins = (f"{indent}| ", f"{indent}+ ")
    bare = f"{indent}|"
    own: list[str] = []
    length = 0
    members: dict[int, list[list[str]]] = {}
    member: list[str] | None = None
    for line in lines:
        if line.startswith(margins) or line.rstrip() == bare:
            member = None
            piece = line[len(margins[0]) :] or "\n"
            own.append(piece)
            length += len(piece)
        elif title := _title(line, depth):
            member = []
            if title.isdigit():  # else `...`, whose text only counts what was left out
                members.setdefault(length, []).append(member)
        elif member is not None:
            member.append(line)
    return Unfolded("".join(own), members, tuple(members))


def _title(line: str, depth: int) -> str:
    if "+---" not in line:
        return ""
    title = _TITLE.fullmatch(line)
    if title is None:
        return ""
    level = len(title[1]) // 2 if title[2] else len(title[1]) // 2 - 1
    return title[3] if level == depth else ""
