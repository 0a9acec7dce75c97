"""Messages about mistakes in a call, for developers: what is wrong, where it is declared, what to do."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from otel.envelope import Rejection
from otel.events import Registry
from otel.events.constructor import POSITIONAL
from otel.events.declaration import Declaration
from otel.reasons import Reason

__all__ = ["describe_mistake", "not_an_event"]


def describe_mistake(
    name: str, attributes: Mapping[str, Any], rejection: Rejection, registry: Registry
) -> str:
    """Return a message about an event that does not fit its declaration.

    Args:
        name: the event's name.
        attributes: what was given.
        rejection: the reason.
        registry: the declared events.
    """
    declaration = registry.get(name)
    if declaration is None:
        nearest = _nearest(name, (one.name for one in registry))
        return (
            f"no event is declared as {name!r}.{nearest} Declare it in the app's events.py, or fix the call."
        )
    place = _place(declaration)
    if POSITIONAL in attributes:
        return f"event {name!r} takes keyword arguments only: name each value in the call."
    if rejection.reason is Reason.UNKNOWN_PROPERTY:
        unknown = [one for one in attributes if one not in declaration.properties]
        wrong = unknown[0] if unknown else rejection.detail
        nearest = _nearest(wrong, declaration.properties)
        return f"event {name!r} has no property {wrong!r}.{nearest} Declare it in {place}, or fix the call."
    return f"event {name!r}: {rejection.detail}. Fix the call, or the declaration in {place}."


def not_an_event(given: object) -> str:
    """Return a message about an argument of `record` that is not an event.

    Args:
        given: the argument.
    """
    if isinstance(given, str):
        return f"record() takes an event, not a name: call record_named({given!r}, {{…}}) instead."
    if isinstance(given, type):
        return f"record() takes an instance: call record({given.__name__}(…)) instead."
    return f"record() takes an event, not a value of type {type(given).__name__}."


def _nearest(name: str, known: Iterable[str]) -> str:
    found = get_close_matches(name, list(known), n=1)
    return f" Did you mean {found[0]!r}?" if found else ""


def _place(declaration: Declaration) -> str:
    """Return the file and line of a declaration, relative to the working directory where possible."""
    try:
        path = Path(inspect.getfile(declaration.event_class))
        _, line = inspect.getsourcelines(declaration.event_class)
    except (OSError, TypeError):  # declared in a console
        return declaration.event_class.__module__
    here = Path.cwd()
    return f"{path.relative_to(here) if path.is_relative_to(here) else path}:{line}"
