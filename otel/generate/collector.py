"""The declared events' names in the Collector's configuration, so that it forwards just these."""

from __future__ import annotations

import re

from otel.attributes import GROUPIDENTIFY_EVENT, IDENTIFY_EVENT, SET_EVENT
from otel.events import Registry

__all__ = ["NoBlockError", "collector_config"]

_BEGIN = "  # begin: declared events;"
_END = "  # end: declared events"
_BLOCK = re.compile(rf"(?ms)^({re.escape(_BEGIN)}[^\n]*\n).*?^(?={re.escape(_END)}$)")

# Updates of persons and groups travel as span events of these names, and are forwarded like declared ones.
_UPDATES = (SET_EVENT, GROUPIDENTIFY_EVENT, IDENTIFY_EVENT)


class NoBlockError(ValueError):
    """Raised for a configuration without the marked block."""


def collector_config(text: str, registry: Registry) -> str:
    """Return a Collector's configuration with the names of a registry's events in its marked block.

    Args:
        text: the configuration.
        registry: the declared events.

    Raises:
        NoBlockError: if no block is marked.
    """
    changed, count = _BLOCK.subn(lambda found: found[1] + _block(registry), text)
    if count != 1:
        msg = f"no block from {_BEGIN.strip()!r} to {_END.strip()!r}"
        raise NoBlockError(msg)
    return changed


def _block(registry: Registry) -> str:
    names = sorted({*(event.name for event in registry), *_UPDATES})
    # What is no letter, digit or underscore could mean something to one of three languages, so any character
    # may stand there: the bridge knows the names.
    alternatives = "|\\\n".join(re.sub(r"\W", ".", name).rjust(len(name) + 12) for name in names)
    lines = ["  transform/declared:", "    error_mode: ignore"]
    for signal, context, name, target in (
        ("trace", "spanevent", "spanevent.name", "span"),
        ("log", "log", "log.event_name", "log"),
    ):
        lines += [
            f"    {signal}_statements:",
            f"      - context: {context}",
            "        statements:",
            # A backslash joins a line to the next, and `$` is written twice for the Collector.
            f'          - "set({target}.attributes[\\"posthog.event\\"], true) where IsMatch({name}, \\"^(\\',
            f"{alternatives}\\",
            '            )$$\\")"',
        ]
    return "\n".join(lines) + "\n"
