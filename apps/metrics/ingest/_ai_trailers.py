"""Parsing of a commit's co-authors from its trailers, by the rules of git."""

from __future__ import annotations

import re

__all__ = ["co_authors"]

_TRAILER = re.compile(r"(?P<key>[A-Za-z0-9-]+)[ \t]*:(?P<value>.*)")
_PERSON = re.compile(r"(?P<name>[^<]*)<(?P<email>[^>]*)>")
# Lines that git itself writes; a paragraph with such a line may also contain prose.
_GIT_WRITES = ("Signed-off-by: ", "(cherry picked from commit ")
# Then at least 25 % of the lines must be trailers: https://git-scm.com/docs/git-interpret-trailers
_PROSE_PER_TRAILER = 3


def co_authors(message: str) -> list[tuple[str, str]]:
    """Return the name and the email address of each `Co-authored-by` trailer in a commit message.

    Args:
        message: the complete message; trailers are in its last paragraph, unless that is also the first.
    """
    found = []
    for key, value in _trailers(message):
        person = _PERSON.match(value.strip())
        if key.lower() == "co-authored-by" and person:
            found.append((person["name"].strip(), person["email"].strip()))
    return found


def _trailers(message: str) -> list[tuple[str, str]]:
    lines = [line.rstrip() for line in message.replace("\r\n", "\n").rstrip().split("\n")]
    gap = next((at for at in reversed(range(len(lines))) if not lines[at]), None)
    if gap is None or not any(lines[:gap]):
        return []
    trailers: list[tuple[str, str]] = []
    prose = 0
    is_gits = False
    for line in lines[gap + 1 :]:
        match = _TRAILER.fullmatch(line)
        if line.startswith(_GIT_WRITES[1]):
            is_gits = True
            trailers.append(("", ""))
        elif match:
            is_gits = is_gits or line.startswith(_GIT_WRITES[0])
            trailers.append((match["key"], match["value"]))
        elif line[0] in " \t" and trailers:  # continues the line before
            key, value = trailers[-1]
            trailers[-1] = (key, f"{value} {line.strip()}")
        else:
            prose += 1
    allowed = _PROSE_PER_TRAILER * len(trailers) if is_gits else 0
    return trailers if prose <= allowed else []
