"""Fingerprints of errors: the key under which occurrences of the same error are counted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from otel.exceptions._model import ExceptionInfo, Frame
from otel.exceptions._names import qualified
from otel.exceptions._places import place_of

__all__ = ["fingerprint"]

# 64 bits: a collision among the few thousand kinds of errors in a process is negligible.
_DIGEST_BYTES = 8
# The start of a message identifies its kind; PostHog groups by the same length (`wire.md` section 2.2).
_MESSAGE_READ = 200

_VARIABLE = re.compile(
    r"'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`|\b(?:0x)?[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,}){0,4}\b|\d+(?:\.\d+)*"
)


def fingerprint(exceptions: Sequence[ExceptionInfo]) -> str:
    """Return a short key that does not depend on values, line numbers or the depth of a recursion.

    The key is made of each exception's type and the product's frames, by module and function. If there are no
    frames, the message without its variable parts is used. A live exception and its text have the same key.

    Args:
        exceptions: a chain, outermost first.
    """
    # Each kind once: the number of group members that fail alike varies.
    kinds = dict.fromkeys(_kind(one) for one in exceptions)
    return hashlib.blake2b("\1".join(kinds).encode("utf-8", "replace"), digest_size=_DIGEST_BYTES).hexdigest()


def _kind(one: ExceptionInfo) -> str:
    place = _functions(one.frames) or [_VARIABLE.sub("*", one.message[:_MESSAGE_READ])]
    return "\0".join([qualified(one.module, one.type_name), *place])


def _functions(frames: Sequence[Frame]) -> list[str]:
    """Return each function once, in order: the number of repetitions in a recursion varies."""
    # By file, not by `Frame.module`, which only a live frame has.
    places = [_place(frame) for frame in frames]
    chosen = [place for place, in_app in places if in_app] or [place for place, _ in places]
    return list(dict.fromkeys(chosen))


def _place(frame: Frame) -> tuple[str, bool]:
    if frame.foreign is not None:
        return f"{frame.module or frame.filename}:{frame.function}", frame.foreign.in_app
    place = place_of(frame.filename)
    return f"{place.module or place.filename}:{frame.function}", place.in_app
