"""The client that delivers captures to PostHog and accounts for them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from otel._guard import suppress_internal_errors
from otel.delivery.http import BatchClient, Clock, RetryPolicy, Transport, Undelivered
from otel.delivery.posthog.capture_v0 import CaptureV0
from otel.delivery.posthog.capture_v1 import CaptureV1
from otel.envelope import Capture, Rejection
from otel.outcomes import Ledger
from otel.settings import Settings

__all__ = ["PostHogClient"]


class PostHogClient(BatchClient[Capture]):
    """A client of PostHog's capture endpoints. Thread-safe, and safe to use after a fork.

    Args:
        settings: the key, the host, the endpoint and the compression.
        ledger: accounts for each capture.
        retry: when a request is sent again, and the default timeout of a delivery.
        clock: the time, and waiting.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        *,
        retry: RetryPolicy | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._ledger = ledger
        super().__init__(
            _protocol(settings, ledger),
            Transport(settings.host),
            ledger,
            secret=settings.api_key,
            retry=retry,
            clock=clock,
        )

    def deliver(
        self,
        captures: Sequence[Capture],
        deadline: float | None = None,
        stored: Container[int] = frozenset(),
    ) -> tuple[Undelivered, ...]:
        """Deliver captures, and return those that were not delivered. Never raises.

        The ledger accounts for each capture, except for those that are stored elsewhere and can be delivered
        later.

        Args:
            captures: must not be changed from now on: PostHog deduplicates on their fields.
            deadline: when to give up, on the monotonic clock; after the policy's timeout by default.
            stored: the positions of captures that are stored until they are delivered, in the journal or in a
                Collector's queue.
        """
        if not captures:
            return ()
        firsts = _firsts(captures)
        if len(firsts) < len(captures):
            losses = self._send_once(captures, firsts, deadline)
        else:
            losses = self.send(captures, deadline)
        with suppress_internal_errors("accounting for a delivery"):
            self._ledger.delivered(len(captures) - len(losses))
            lost = [loss for loss in losses if not (loss.reason.is_retryable and loss.index in stored)]
            waiting = len(losses) - len(lost)
            if waiting:
                self._ledger.log.warning("waiting", "%d events were not delivered yet and wait", waiting)
            self._ledger.undelivered(
                (captures[loss.index], Rejection(loss.reason, loss.detail)) for loss in lost
            )
        return losses

    def _send_once(
        self, captures: Sequence[Capture], firsts: Mapping[str, int], deadline: float | None
    ) -> tuple[Undelivered, ...]:
        """Send the first of the captures with the same uuid; the others have its outcome."""
        positions = list(firsts.values())
        sent = self.send([captures[position] for position in positions], deadline)
        lost = {positions[loss.index]: loss for loss in sent}
        return tuple(
            replace(lost[firsts[capture.uuid]], index=index)
            for index, capture in enumerate(captures)
            if firsts[capture.uuid] in lost
        )


def _firsts(captures: Sequence[Capture]) -> dict[str, int]:
    """Return the position of the first capture with each uuid.

    Captures with the same uuid are one event, for example of a span that a request holds twice: PostHog's
    capture v1 refuses a batch that repeats a uuid.
    """
    firsts: dict[str, int] = {}
    for index, capture in enumerate(captures):
        firsts.setdefault(capture.uuid, index)
    return firsts


def _protocol(settings: Settings, ledger: Ledger) -> CaptureV0 | CaptureV1:
    # A key is ASCII. If it is not, PostHog should say so; it must not prevent the request from being encoded.
    key = settings.api_key.encode("ascii", "replace").decode()
    is_compressed = settings.capture_compression == "gzip"
    if settings.capture_mode == "v1":
        return CaptureV1(key, ledger.log, is_compressed=is_compressed)
    return CaptureV0(key, is_compressed=is_compressed)
