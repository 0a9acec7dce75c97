"""The outcomes of captures whose request will be sent again, so that PostHog gets each of them once."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import islice
from typing import Any

from otel.delivery.http import Undelivered
from otel.envelope import Capture

__all__ = ["KnownOutcomes"]

# All events of the largest request (`otel.bridge.otlp.budget`), so that each of its attempts continues where
# the last one ended: at most 50 MB, about 90 bytes each.
_MAX_OUTCOMES = 2**19
# More requests than a Collector has consumers; each is 40 bytes.
_MAX_REQUESTS = 1_000


class KnownOutcomes:
    """The outcomes of captures, and the time of their request, until it is answered for good. Thread-safe.

    This only saves time: a replica that does not know a request sends all of it to PostHog. Without it, every
    retry would have to search again for the events that PostHog refuses.
    """

    def __init__(self) -> None:
        self._outcomes: dict[int, Undelivered | None] = {}
        self._received: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def of(self, captures: Sequence[Capture]) -> Mapping[int, Undelivered | None]:
        """Return the known outcomes by position; None for a capture that was delivered.

        Args:
            captures: the captures of a request.
        """
        if not self._outcomes:  # as it is unless a delivery failed
            return {}
        with self._lock:
            known = self._outcomes
            outcomes = {index: known[key] for index, key in enumerate(map(_key, captures)) if key in known}
        return {index: loss and replace(loss, index=index) for index, loss in outcomes.items()}

    def received(self, body: bytes, now: int) -> int:
        """Return when a request was received first, so that events without a time keep theirs.

        Args:
            body: the request, decompressed.
            now: nanoseconds since 1970.
        """
        return self._received.get(_digest(body), now) if self._received else now

    def remember(self, captures: Sequence[Capture], losses: Sequence[Undelivered]) -> None:
        """Remember the final outcomes of a request that will be sent again; the oldest are forgotten.

        Args:
            captures: the captures of the request.
            losses: those that were not delivered; retryable ones are not final.
        """
        lost = {loss.index: loss for loss in losses}
        with self._lock:
            for index, capture in enumerate(captures):
                loss = lost.get(index)
                if loss is None or not loss.reason.is_retryable:
                    self._outcomes[_key(capture)] = loss
            _forget_oldest(self._outcomes, _MAX_OUTCOMES)

    def remember_request(self, body: bytes, received: int) -> None:
        """Remember when a request that will be sent again was received first.

        Args:
            body: the request, decompressed.
            received: nanoseconds since 1970.
        """
        with self._lock:
            self._received[_digest(body)] = received
            _forget_oldest(self._received, _MAX_REQUESTS)

    def forget(self, captures: Sequence[Capture], body: bytes) -> None:
        """Forget a request that is answered for good.

        Args:
            captures: the captures of the request.
            body: the request, decompressed.
        """
        if self._outcomes:
            with self._lock:
                for capture in captures:
                    self._outcomes.pop(_key(capture), None)
        if self._received:
            with self._lock:
                self._received.pop(_digest(body), None)


def _key(capture: Capture) -> int:
    return int(capture.uuid.replace("-", ""), 16)  # a third of the text's memory


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).digest()


def _forget_oldest(remembered: dict[Any, Any], most: int) -> None:
    for key in list(islice(remembered, max(len(remembered) - most, 0))):
        del remembered[key]
