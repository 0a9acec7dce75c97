"""What errors of one kind share: the key under which occurrences are counted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from otel.exceptions._model import ExceptionInfo, Frame
from otel.exceptions._names import qualified
from otel.exceptions._places import place_of

__all__ = ["fingerprint"]

# 64 bits: a collision among a process's few thousand kinds of errors is out of sight.
_DIGEST_BYTES = 8
# The start of a message tells its kind; what PostHog groups by is as long (`wire.md` section 2.2).
_MESSAGE_READ = 200

_VARIABLE = re.compile(
    r"'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`|\b(?:0x)?[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,}){0,4}\b|\d+(?:\.\d+)*"
)


def fingerprint(exceptions: Sequence[ExceptionInfo]) -> str:
    """Return a short key that does not change with values, line numbers or the depth of a recursion.

    Of each exception it takes the type and the product's frames, by module and function; where there are no
    frames, the message without what varies in it. It is the same for a live exception and its text.

    Args:
        exceptions: a chain, outermost first.
    """
    # Each kind once: how many members of a group fail alike varies.
    kinds = dict.fromkeys(_kind(one) for one in exceptions)
    return hashlib.blake2b("\1".join(kinds).encode("utf-8", "replace"), digest_size=_DIGEST_BYTES).hexdigest()


def _kind(one: ExceptionInfo) -> str:
    place = _functions(one.frames) or [_VARIABLE.sub("*", one.message[:_MESSAGE_READ])]
    return "\0".join([qualified(one.module, one.type_name), *place])


def _functions(frames: Sequence[Frame]) -> list[str]:
    """Return each function once, in order: a recursion repeats them a varying number of times."""
    # By the file, not by `Frame.module`, which only a live frame has.
    places = [(place_of(frame.filename), frame.function) for frame in frames]
    chosen = [one for one in places if one[0].in_app] or places
    return list(dict.fromkeys(f"{place.module or place.filename}:{function}" for place, function in chosen))
