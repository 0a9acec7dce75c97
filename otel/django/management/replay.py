"""The replay of the quarantine: deliver rejected events once their cause is fixed."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from otel import pipeline
from otel.attributes import ERROR, EXCEPTION_EVENT
from otel.delivery.collector.error_payload import read_error
from otel.delivery.posthog.client import PostHogClient
from otel.envelope import Capture, Envelope, Rejection
from otel.events import default_registry
from otel.mapping import Mapper
from otel.mapping.errors import ErrorMapper, ErrorRecord, error_event
from otel.outcomes import Ledger, Quarantine, QuarantineEntry
from otel.settings import Settings

__all__ = ["add_arguments", "run"]

# OpenTelemetry's default batch size.
_BATCH = 512


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand.

    Args:
        parser: the parser of this subcommand.
    """
    parser.add_argument("--dry-run", action="store_true", help="only print what would be delivered")


def run(command: BaseCommand, options: dict[str, Any]) -> str:
    """Map and deliver each event in the quarantine again, with its original time and uuid.

    Events that are rejected again stay in the quarantine. Return an error message, or an empty string.

    Args:
        command: the command, for output.
        options: the parsed options.
    """
    running = pipeline.running()
    settings = running.settings if running is not None else None
    if settings is None or settings.quarantine is None:
        return "POSTHOG_QUARANTINE is not set"
    quarantine, mapper = Quarantine(settings.quarantine), _Mapper(settings)
    deliverable: list[tuple[QuarantineEntry, list[Capture]]] = []
    rejected: Counter[str] = Counter()
    for entry in quarantine.entries():
        mapped = [entry.item] if isinstance(entry.item, Capture) else mapper(entry.item)
        reject = next((one for one in mapped if isinstance(one, Rejection)), None)
        if reject is None:
            deliverable.append((entry, [one for one in mapped if isinstance(one, Capture)]))
        else:
            rejected[f"{reject.reason}: {reject.detail}"] += 1
    command.stdout.write(f"events to deliver: {len(deliverable)}, still rejected: {sum(rejected.values())}")
    for why, count in rejected.most_common():
        command.stdout.write(f"  {count:>6} {why}")
    if options["dry_run"] or not deliverable:
        return ""
    if not settings.api_key:
        return "POSTHOG_API_KEY is not set"
    delivery = PostHogClient(settings, Ledger())
    lost = 0
    for start in range(0, len(deliverable), _BATCH):
        batch = deliverable[start : start + _BATCH]
        # An update may become several captures; it stays until all of them are delivered.
        owners = [position for position, (_, captures) in enumerate(batch) for _ in captures]
        losses = delivery.deliver([capture for _, captures in batch for capture in captures])
        still_here = {owners[loss.index] for loss in losses}
        quarantine.remove(entry for index, (entry, _) in enumerate(batch) if index not in still_here)
        lost += len(still_here)
        done = min(start + _BATCH, len(deliverable)) - lost
        command.stdout.write(f"  delivered {done} of {len(deliverable)}")
    delivery.close()
    return f"undelivered events, which stay in the quarantine: {lost}" if lost else ""


class _Mapper:
    """The mapper for quarantined events and errors.

    Args:
        settings: the settings of the running pipeline.
    """

    def __init__(self, settings: Settings) -> None:
        self._map = Mapper(default_registry, settings)
        self._map_error = ErrorMapper(settings, error_event(settings, default_registry))

    def __call__(self, envelope: Envelope) -> list[Capture | Rejection]:
        """Return the captures of an event, or a rejection.

        Args:
            envelope: an envelope from the quarantine.
        """
        if envelope.name != EXCEPTION_EVENT:
            return self._map(envelope)
        complete = envelope.attributes.get(ERROR)
        if isinstance(complete, str):  # the error came through the Collector
            return self._map_error(*read_error(complete, envelope))
        return self._map_error(ErrorRecord.from_envelope(envelope))
