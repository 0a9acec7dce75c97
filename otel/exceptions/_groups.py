r"""Parser for exception groups in a traceback's text, which are printed as a tree of margins.

      + Exception Group Traceback (most recent call last):
      |   File "app.py", line 3, in load
      | ExceptionGroup: two failed (2 sub-exceptions)
      +-+---------------- 1 ----------------
        | ValueError: one
        +---------------- 2 ----------------
        | ValueError: two
        +------------------------------------

A group's own lines begin with two spaces for each level and `| `; its members are one level deeper.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

__all__ = ["Unfolded", "region_at", "unfold"]

_REGION = re.compile(r"(?: {2,}[|+][^\n]*\n)+")
_TITLE = re.compile(r"( *)\+(-\+)?-{16} (\d{1,9}|\.\.\.) -{16}\s*")


class Unfolded(NamedTuple):
    """One level of the tree.

    Args:
        text: the level's own lines without the margin: a chain, as outside a group.
        members: for each offset in the text at which a group ends, the lines of each member.
        ends: the keys of `members`, ascending.
    """

    text: str
    members: dict[int, list[list[str]]]
    ends: tuple[int, ...] = ()

    def end_of_group(self, position: int) -> int:
        """Return where the next group of this level ends; the length of the text if there isn't one.

        Args:
            position: the offset to search from.
        """
        index = bisect_left(self.ends, position)
        return self.ends[index] if index < len(self.ends) else len(self.text)


def region_at(text: str, position: int) -> str:
    """Return the lines of the group that begins at a position; empty if no group begins there.

    Args:
        text: a traceback, ending with a line feed.
        position: the start of a line.
    """
    if not text.startswith(("  + Exception Group Traceback", "  | "), position):
        return ""
    region = _REGION.match(text, position)
    return region[0] if region else ""


def unfold(lines: list[str], depth: int) -> Unfolded:
    """Separate a level's own lines from the lines of its members.

    Args:
        lines: the lines of the level and of all levels below it, with line ends, from `str.splitlines`:
            `textwrap.indent` adds the margin after every line boundary that `str.splitlines` recognizes.
        depth: the level, from 1.
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
            if title.isdigit():  # else `...`, whose text only counts the omitted members
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
