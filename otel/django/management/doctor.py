"""The doctor: check the telemetry setup, and whether PostHog accepts an event with this key."""

from __future__ import annotations

import argparse
import time
from typing import Any
from uuid import uuid4

from django.core import checks
from django.core.management.base import BaseCommand

from otel import pipeline
from otel.delivery.collector.endpoint import OtlpEndpoint, reach
from otel.delivery.journal import backlog
from otel.delivery.posthog.client import PostHogClient
from otel.envelope import Envelope
from otel.events import default_registry
from otel.mapping.capture import to_capture
from otel.mapping.identify import ResolvedIdentity, anonymous_id
from otel.outcomes import Ledger
from otel.outcomes.quarantine import Quarantine
from otel.settings import Settings

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand.

    Args:
        parser: the parser of this subcommand.
    """
    parser.add_argument(
        "--send", action="store_true", help="send a test event `telemetry_checked` to PostHog"
    )


def run(command: BaseCommand, options: dict[str, Any]) -> str:
    """Print the setup; return an error message, or an empty string.

    Args:
        command: the command, for output.
        options: the parsed options.
    """
    running = pipeline.running()
    if running is None:
        return "the pipeline is not installed: is otel.django in INSTALLED_APPS?"
    settings = running.settings
    echo = command.stdout.write
    obstacle = _print_destination(command, settings)
    echo(f"declared events  {len(default_registry)}, and {len(default_registry.property_sets)} property sets")
    echo(f"groups           {', '.join(f'{k} ({v})' for k, v in settings.groups.items()) or 'none'}")
    echo(f"error event      {settings.error_event or 'none: $exception alone'}")
    echo(f"origin           {_origin(running)}")
    if settings.quarantine is None:
        echo("quarantine       off: rejected events are counted, not kept (POSTHOG_QUARANTINE)")
    else:
        kept = sum(1 for _ in Quarantine(settings.quarantine).entries())
        echo(f"quarantine       {settings.quarantine} (rejected events: {kept})")
    echo(f"journal          {_journal(settings)}")
    messages = checks.run_checks(tags=["otel"], include_deployment_checks=True)
    problems = [message for message in messages if message.level >= checks.WARNING]
    for message in problems:
        echo(f"  {message}")
    if obstacle:
        return obstacle
    if options["send"]:
        return _send(command, running)
    if not problems:
        return ""
    return "1 problem, listed above" if len(problems) == 1 else f"{len(problems)} problems, listed above"


def _print_destination(command: BaseCommand, settings: Settings) -> str:
    """Print where events are sent; return an error message if the Collector does not accept requests."""
    echo = command.stdout.write
    if settings.via == "posthog":
        key = settings.api_key[:8] + "…" if settings.api_key else "not set: nothing is sent"
        echo(f"PostHog          {settings.host} (capture {settings.capture_mode})")
        echo(f"project key      {key}")
        return ""
    endpoint = OtlpEndpoint.from_environ()
    obstacle = reach(endpoint, settings.flush_timeout)
    echo("PostHog          through the Collector and the bridge, which has the project key")
    echo(f"Collector        {endpoint.url}: {'does not accept requests' if obstacle else 'accepts requests'}")
    return obstacle


def _origin(running: pipeline.Pipeline) -> str:
    """Return the origin of captures, or the variables that set it."""
    if "service_name" not in running.origin:
        return "not set (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, POSTHOG_RELEASE_ID)"
    return ", ".join(f"{name}={value}" for name, value in running.origin.items())


def _journal(settings: Settings) -> str:
    if settings.via == "collector":
        return "not used: the Collector's queue keeps events"
    if settings.journal is None:
        return "off: a process that crashes loses its undelivered events (POSTHOG_JOURNAL)"
    try:
        found = backlog(settings.journal)
    except OSError as error:
        return f"{settings.journal}: {error.strerror}"
    if found.oldest is None:
        return f"{settings.journal}: empty"
    age = (time.time_ns() - found.oldest) / 1e9
    return f"{settings.journal} (undelivered events: {found.events}, oldest: {age:.0f} s)"


def _send(command: BaseCommand, running: pipeline.Pipeline) -> str:
    if running.settings.via == "collector":
        return "to send a test event, run this command where the bridge runs, with POSTHOG_VIA=posthog"
    if not running.settings.api_key:
        return "to send a test event, set POSTHOG_API_KEY"
    trace_id = uuid4().int
    capture = to_capture(
        Envelope("telemetry_checked", {}, time.time_ns(), trace_id),
        {},
        ResolvedIdentity(anonymous_id(trace_id), is_anonymous=True, session_id=None, groups={}),
        origin={},
    )
    delivery = PostHogClient(running.settings, Ledger())
    losses = delivery.deliver([capture], time.monotonic() + running.settings.flush_timeout)
    delivery.close()
    if losses:
        return f"the test event did not arrive: {losses[0].reason} {losses[0].detail}"
    command.stdout.write(command.style.SUCCESS("PostHog accepted a test event."))
    return ""
