"""What every program of this folder does, and what must arrive of it."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["ERRORS", "Error", "errors_of"]


class Error(NamedTuple):
    """An error that arrived.

    Args:
        message: the program's; it names the page.
        handled: None if unknown.
        person: who is signed in; None for nobody.
        raised_in: the function of the innermost frame; None without frames.
    """

    message: str
    handled: bool | None
    person: str | None
    raised_in: str | None


# There is no error of the pages `order`, `handled` (recorded on a span whose request succeeds), `missing` (a
# 404) and `refused` (a failed call, handled). A log record does not know who is signed in.
ERRORS = frozenset(
    {
        Error("inside", False, "anna", "load"),
        Error("plainly", False, "anna", "load"),
        Error("logged", None, None, "load"),
    }
)


def errors_of(captures: list[dict[str, Any]]) -> list[Error]:
    """Return the errors among captures, and check that their frames have a platform."""
    found = []
    for capture in captures:
        if capture["event"] == "$exception":
            properties = capture["properties"]
            outermost = properties["$exception_list"][0]
            frames = outermost.get("stacktrace", {}).get("frames", [])
            assert all(frame["platform"] for frame in frames)
            is_nobody = properties.get("$process_person_profile") is False
            found.append(
                Error(
                    outermost["value"],
                    properties.get("handled"),
                    None if is_nobody else capture["distinct_id"],
                    frames[-1]["function"].rpartition(".")[2] if frames else None,
                )
            )
    return found
