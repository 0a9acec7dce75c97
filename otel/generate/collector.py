"""Generator of the Collector's filter, so that the Collector forwards exactly the declared events."""

from __future__ import annotations

import re

from otel.attributes import GROUPIDENTIFY_EVENT, IDENTIFY_EVENT, SET_EVENT
from otel.events import Registry

__all__ = ["NoBlockError", "collector_config"]

_BEGIN = "  # begin: declared events;"
_END = "  # end: declared events"
_BLOCK = re.compile(rf"(?ms)^({re.escape(_BEGIN)}[^\n]*\n).*?^(?={re.escape(_END)}$)")

# Updates of persons and groups are span events with these names, and are forwarded like declared events.
_UPDATES = (SET_EVENT, GROUPIDENTIFY_EVENT, IDENTIFY_EVENT)


# Programs that follow the conventions from before the field `event_name` write an attribute.
_NAME_FROM_ATTRIBUTE = """\
          - set(log.event_name, log.attributes["event.name"]) \
where log.event_name == "" and IsString(log.attributes["event.name"])"""


class NoBlockError(ValueError):
    """Raised for a configuration without the marked block."""


def collector_config(text: str, registry: Registry) -> str:
    """Return a Collector configuration whose marked block contains the names of a registry's events.

    Args:
        text: the configuration.
        registry: the declared events.

    Raises:
        NoBlockError: if the configuration does not contain exactly one marked block.
    """
    changed, count = _BLOCK.subn(lambda found: found[1] + _block(registry), text)
    if count != 1:
        msg = f"no block from {_BEGIN.strip()!r} to {_END.strip()!r}"
        raise NoBlockError(msg)
    return changed


def _block(registry: Registry) -> str:
    names = sorted({*(event.name for event in registry), *_UPDATES})
    # A character other than a letter, digit or underscore could have a meaning in one of three languages, so
    # the pattern allows any character in its place: the bridge knows the names.
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
            *([_NAME_FROM_ATTRIBUTE] if signal == "log" else []),
            # A backslash joins a line to the next, and `$` is written twice for the Collector.
            f'          - "set({target}.attributes[\\"posthog.event\\"], true) where IsMatch({name}, \\"^(\\',
            f"{alternatives}\\",
            '            )$$\\")"',
        ]
    return "\n".join(lines) + "\n"
