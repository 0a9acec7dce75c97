"""The rows of the growth benchmark, which the picture draws."""

from __future__ import annotations

__all__ = ["QUEUES", "TAXONOMIES", "queue_row", "taxonomy_row"]

QUEUES = (100, 1_000, 10_000, 100_000)
TAXONOMIES = (30, 300, 3_000)


def queue_row(length: int) -> str:
    """Return the text of the row of a queue's length.

    Args:
        length: the number of events that wait.
    """
    return _row(f"CPU of an event, {length:,} in the queue", length, QUEUES[0])


def taxonomy_row(declared: int) -> str:
    """Return the text of the row of a taxonomy's size.

    Args:
        declared: the number of declared events.
    """
    return _row(f"CPU of an event, {declared:,} declared", declared, TAXONOMIES[0])


def _row(what: str, size: int, smallest: int) -> str:
    return what if size == smallest else f"{what}, to {smallest}"
