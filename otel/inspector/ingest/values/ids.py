"""Parsing of uuids and distinct ids as in PostHog's capture service."""

from __future__ import annotations

import os
import re

__all__ = ["canonical_uuid", "is_illegal", "new_uuid7", "trimmed"]

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HYPHENATED = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# The spellings of Rust's uuid crate, which is stricter than Python's uuid module about hyphens.
_SPELLINGS = re.compile(
    rf"{_HYPHENATED}|[0-9a-f]{{32}}|urn:uuid:{_HYPHENATED}|\{{{_HYPHENATED}\}}", re.IGNORECASE
)
# The characters that Rust's `trim` removes; Python's `strip` also removes U+001C to U+001F.
_WHITESPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# PostHog's own list (rust/capture/src/v1/analytics/constants.rs): ids that broken programs send.
_ILLEGAL_IDS = frozenset(
    {
        "0", "00000000-0000-0000-0000-000000000000", "[object object]", "anonymous", "anonymous-user",
        "backend", "distinct_id", "distinctid", "email", "false", "guest", "id", "nan", "none",
        "not_authenticated", "null", "system", "true", "undefined", "user",
    }
)  # fmt: skip


def trimmed(text: str) -> str:
    """Return a text without leading and trailing whitespace, by Rust's definition.

    Args:
        text: any text.
    """
    return text.strip(_WHITESPACE)


def is_illegal(distinct_id: str) -> bool:
    """Return whether capture v1 makes an event personless because of its id (V1-14).

    Args:
        distinct_id: a trimmed distinct id, in any case.
    """
    return distinct_id.lower() in _ILLEGAL_IDS


def canonical_uuid(text: str) -> str | None:
    """Return a uuid in lower case with hyphens, or None if the text is not a uuid.

    Args:
        text: a uuid in any of the spellings that PostHog reads.
    """
    if _CANONICAL.fullmatch(text):
        return text
    if not _SPELLINGS.fullmatch(text):
        return None
    digits = text.lower().removeprefix("urn:uuid:").strip("{}").replace("-", "")
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_uuid7(milliseconds: int) -> str:
    """Return a random UUIDv7, as PostHog creates for an event without a uuid (UU-1).

    Args:
        milliseconds: time since the epoch, for the first 48 bits.
    """
    bits = int.from_bytes(os.urandom(10), "big") & ~(0xF << 76) & ~(0x3 << 62)
    digits = f"{milliseconds << 80 | 7 << 76 | 2 << 62 | bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
