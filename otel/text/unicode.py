"""Strings that JSON and protobuf can represent: without lone surrogates, and not too long."""

from __future__ import annotations

import re

__all__ = ["MAX_STRING", "first_bytes", "is_unicode", "replace_surrogates", "to_valid_text"]

# PostHog's ingestion discards an event over 1 MB (`wire.md` section 1.3). Events hold at most 128 attributes,
# and 128 strings of 4,000 characters stay below that even if each character takes two bytes.
MAX_STRING = 4_000

_LONE_SURROGATE = re.compile("[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]")


def first_bytes(text: str, most: int) -> str:
    """Return the start of a text that fits into a number of bytes of UTF-8, without half a character.

    Args:
        text: a text without lone surrogates.
        most: the maximum length of the result, in bytes.
    """
    if len(text) * 4 <= most or text.isascii():
        return text[:most]
    return text.encode()[:most].decode(errors="ignore")


def is_unicode(text: str) -> bool:
    """Whether a string has no lone surrogate, so that UTF-8 can encode it.

    Args:
        text: any string.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def replace_surrogates(text: str) -> str:
    """Return a string with U+FFFD in place of each lone surrogate; pairs become the character they encode.

    Args:
        text: any string.
    """
    if text.isascii() or is_unicode(text):
        return text
    # A decoder that replaces takes four times as long as the pattern.
    return _LONE_SURROGATE.sub("\ufffd", text).encode("utf-16", "surrogatepass").decode("utf-16")


def to_valid_text(text: str) -> str:
    """Return a string without lone surrogates, truncated to `MAX_STRING` characters.

    Args:
        text: any string.
    """
    text = replace_surrogates(text)
    return text if len(text) <= MAX_STRING else text[: MAX_STRING - 1] + "…"
