"""The refusal of a request that can never be accepted as it is."""

from __future__ import annotations

from otel.reasons import Reason

__all__ = ["Refused", "over_budget"]


class Refused(Exception):  # noqa: N818 - a response of the protocol, not a failure of the bridge
    """Raised for a request that can never be accepted as it is.

    Args:
        status: the HTTP status; stock exporters give up after any but 429, 502, 503 and 504.
        reason: what is wrong, for the sender's log.
        loss: why its events are lost.
        count: the number of events, as far as they were counted.
    """

    def __init__(self, status: int, reason: str, loss: Reason = Reason.MALFORMED, count: int = 1) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.loss = loss
        self.count = count


def over_budget(reason: str, count: int = 1) -> Refused:
    """Return the refusal of a request that would take too much of the bridge's time or memory.

    Args:
        reason: what it has too much of, for the sender's log.
        count: the number of events, as far as they were counted.
    """
    return Refused(413, f"{reason}; send smaller batches", Reason.OVER_BUDGET, count)
