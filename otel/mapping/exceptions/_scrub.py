"""Removing from a message what tells about persons or opens doors; a marker says what was there.

This is the second defence: what a developer writes into a message cannot be known. The first is that messages
can be switched off (`POSTHOG_SEND_ERROR_MESSAGES=false`).
"""

from __future__ import annotations

from otel.mapping.exceptions._secrets import RULES

__all__ = ["MAX_MESSAGE", "scrub"]

# An issue shows its message's first lines; 50 of this length fit into one event.
MAX_MESSAGE = 4_000
# What one rule or a cut leaves can be another's: again until nothing changes, which is the second time for
# nearly every message.
_MAX_PASSES = 8


def scrub(text: str, most: int = MAX_MESSAGE) -> str:
    """Return a message without secrets and personal data.

    Args:
        text: a message. Scrubbing a scrubbed one changes nothing.
        most: how many characters of it are left.
    """
    for _ in range(_MAX_PASSES):
        before = text
        # Twice what leaves: a secret that begins before the cut below is seen whole.
        text = text[: 2 * most]
        for rule in RULES:
            if rule.needle in text:
                text = rule.pattern.sub(rule.replacement, text)
        if len(text) > most:
            text = _without_half_a_word(text[:most])
        if text == before:
            break
    return text


def _without_half_a_word(text: str) -> str:
    """Drop the word that a cut went through, which may be half of a secret or of a marker."""
    start = max(text.rfind(" "), text.rfind("\n"))
    return text[: max(start, len(text) // 2)].rstrip()
