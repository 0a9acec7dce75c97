"""The doctor: is telemetry set up, and does PostHog take an event with this key?"""

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
from otel.mapping.identify import Person, nobody
from otel.outcomes.counters import Counters
from otel.outcomes.quarantine import Quarantine
from otel.settings import Settings

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the part's options.

    Args:
        parser: the part's.
    """
    parser.add_argument(
        "--send", action="store_true", help="send a test event `telemetry_checked` to PostHog"
    )


def run(command: BaseCommand, options: dict[str, Any]) -> str:
    """Print what is set up; return what is wrong.

    Args:
        command: prints.
        options: what was given.
    """
    running = pipeline.running()
    if running is None:
        return "the pipeline is not installed: is otel.django in INSTALLED_APPS?"
    settings = running.settings
    say = command.stdout.write
    obstacle = _say_the_way(command, settings)
    say(f"declared events  {len(default_registry)}, and {len(default_registry.property_sets)} property sets")
    say(f"groups           {', '.join(f'{k} ({v})' for k, v in settings.groups.items()) or 'none'}")
    say(f"error event      {settings.error_event or 'none: $exception alone'}")
    say(f"captures say     {_origin(running)}")
    if settings.quarantine is None:
        say("quarantine       off: rejected events are counted, not kept (POSTHOG_QUARANTINE)")
    else:
        kept = sum(1 for _ in Quarantine(settings.quarantine).entries())
        say(f"quarantine       {settings.quarantine}: {kept} rejected events")
    say(f"journal          {_journal(settings)}")
    messages = checks.run_checks(tags=["otel"], include_deployment_checks=True)
    problems = [message for message in messages if message.level >= checks.WARNING]
    for message in problems:
        say(f"  {message}")
    if obstacle:
        return obstacle
    if options["send"]:
        return _send(command, pipeline=running)
    return "" if not problems else f"{len(problems)} problems, above"


def _say_the_way(command: BaseCommand, settings: Settings) -> str:
    """Print where events go; return what stands in the way of the first step."""
    say = command.stdout.write
    if settings.via == "posthog":
        key = settings.api_key[:8] + "…" if settings.api_key else "not set: nothing is sent"
        say(f"PostHog          {settings.host} (capture {settings.capture_mode})")
        say(f"project key      {key}")
        return ""
    endpoint = OtlpEndpoint.from_environ()
    obstacle = reach(endpoint, settings.flush_timeout)
    say("PostHog          by way of the Collector and the bridge, which has the project key")
    say(f"Collector        {endpoint.url}: {'does not take requests' if obstacle else 'takes requests'}")
    return obstacle


def _origin(running: pipeline.Pipeline) -> str:
    """Return where captures say they come from, and how to set what they do not say."""
    if "service_name" not in running.origin:
        return "not where they come from (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, POSTHOG_RELEASE_ID)"
    return ", ".join(f"{name}={value}" for name, value in running.origin.items())


def _journal(settings: Settings) -> str:
    if settings.via == "collector":
        return "not used: the Collector's queue keeps events"
    if settings.journal is None:
        return "off: what is not delivered dies with its process (POSTHOG_JOURNAL)"
    try:
        found = backlog(settings.journal)
    except OSError as error:
        return f"{settings.journal}: {error.strerror}"
    if found.oldest is None:
        return f"{settings.journal}: empty"
    age = (time.time_ns() - found.oldest) / 1e9
    return f"{settings.journal}: {found.events} events wait or are under way, the oldest for {age:.0f} s"


def _send(command: BaseCommand, *, pipeline: pipeline.Pipeline) -> str:
    if pipeline.settings.via == "collector":
        return "a test event is sent from where the bridge runs, with POSTHOG_VIA=posthog"
    if not pipeline.settings.api_key:
        return "there is no POSTHOG_API_KEY to send a test event with"
    trace_id = uuid4().int
    capture = to_capture(
        Envelope("telemetry_checked", {}, time.time_ns(), trace_id),
        {},
        Person(nobody(trace_id), is_anonymous=True, session_id=None, groups={}),
        origin={},
    )
    delivery = PostHogClient(pipeline.settings, Counters())
    losses = delivery.deliver([capture], time.monotonic() + pipeline.settings.flush_timeout)
    delivery.close()
    if losses:
        return f"the test event did not arrive: {losses[0].reason} {losses[0].detail}"
    command.stdout.write(command.style.SUCCESS("PostHog accepted a test event."))
    return ""
