"""System checks: faults of declarations and of configuration, with ids and hints."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

from otel import pipeline
from otel.django._collector_checks import check_collector
from otel.django._config import KEYS
from otel.events import default_registry
from otel.events.lint import lint
from otel.settings import Settings

__all__ = ["check_configuration", "check_declarations", "check_deployment"]

_MIDDLEWARE = "otel.django.middleware.TelemetryMiddleware"
_AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"


@checks.register("otel")
def check_declarations(**_: Any) -> list[checks.CheckMessage]:
    """Return what is wrong with the declared events and properties."""
    level = {"E": checks.Error, "W": checks.Warning}
    return [
        level[finding.rule[0]](
            finding.problem, hint=finding.hint, obj=finding.subject, id=f"otel.{finding.rule}"
        )
        for finding in lint(default_registry)
    ]


@checks.register("otel")
def check_configuration(**_: Any) -> list[checks.CheckMessage]:
    """Return what is wrong with the project's telemetry settings."""
    return [*_middleware(), *_telemetry(), *_environment()]


def _middleware() -> Iterator[checks.CheckMessage]:
    stack = list(settings.MIDDLEWARE)
    if _MIDDLEWARE not in stack:
        yield checks.Error(
            "TelemetryMiddleware is not in MIDDLEWARE: no event would know its person",
            hint=f"Add {_MIDDLEWARE!r} right after {_AUTHENTICATION!r}.",
            id="otel.E101",
        )
    elif _AUTHENTICATION in stack and stack.index(_MIDDLEWARE) < stack.index(_AUTHENTICATION):
        yield checks.Error(
            "TelemetryMiddleware stands before AuthenticationMiddleware, where nobody is signed in yet",
            hint=f"Move {_MIDDLEWARE!r} right after {_AUTHENTICATION!r}.",
            id="otel.E102",
        )
    if find_spec("opentelemetry.instrumentation.asgi") is None:
        yield checks.Warning(
            "opentelemetry-instrumentation-asgi is missing: under ASGI no request would have a span",
            hint="Install opentelemetry-instrumentation-django[asgi].",
            id="otel.W101",
        )


def _telemetry() -> Iterator[checks.CheckMessage]:
    telemetry = getattr(settings, "TELEMETRY", {})
    unknown = sorted(set(telemetry) - KEYS)
    if unknown:
        yield checks.Error(
            f"TELEMETRY has unknown keys: {', '.join(unknown)}",
            hint=f"The known ones are {', '.join(sorted(KEYS))}.",
            id="otel.E103",
        )
    path = telemetry.get("IDENTIFY")
    if path:
        try:
            import_string(path)
        except ImportError as error:
            yield checks.Error(
                f"TELEMETRY['IDENTIFY'] cannot be imported: {error}",
                hint="Name a function (user, request) -> otel.Identity by its dotted path.",
                id="otel.E104",
            )
    cookie = telemetry.get("OPT_OUT_COOKIE", "unset")
    if not isinstance(cookie, str) or not cookie:
        yield checks.Error(
            f"TELEMETRY['OPT_OUT_COOKIE'] is {cookie!r}: nobody could opt out by it",
            hint="Give the cookie's name, or leave the setting out.",
            id="otel.E107",
        )
    paths = telemetry.get("OUTGOING_PATHS", ())
    if isinstance(paths, str) or not all(isinstance(one, str) and one.startswith("/") for one in paths):
        yield checks.Error(
            f"TELEMETRY['OUTGOING_PATHS'] is {paths!r}: calls could not be told apart by it",
            hint="Give a sequence of templates such as '/orgs/{organisation}/repos'.",
            id="otel.E108",
        )
    name = telemetry.get("ERROR_EVENT")
    if name and name not in default_registry:
        yield checks.Error(
            f"TELEMETRY['ERROR_EVENT'] is {name!r}, which no event declares",
            hint="Declare it in an app's events.py, or leave the setting out; $exception is sent anyway.",
            id="otel.E105",
        )


@checks.register("otel", deploy=True)
def check_deployment(**_: Any) -> list[checks.CheckMessage]:
    """Return what would be wrong in production, where a development machine may do without."""
    if _settings().api_key or _settings().via == "collector":
        return []
    return [
        checks.Warning(
            "POSTHOG_API_KEY is not set: nothing is sent to PostHog",
            hint="Set it to the project's API key (phc_…), or run the inspector with `make run`.",
            id="otel.W102",
        )
    ]


def _settings() -> Settings:
    running = pipeline.running()
    return running.settings if running is not None else Settings.from_environ()


def _is_writable(folder: Path) -> bool:
    """Whether a folder can be written to, or made where it is not yet."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def _environment() -> Iterator[checks.CheckMessage]:
    if _settings().api_key.startswith("phx_"):
        yield checks.Error(
            "POSTHOG_API_KEY is a personal key (phx_…): PostHog refuses every event sent with it",
            hint="Use the project's API key, which begins with phc_.",
            id="otel.E106",
        )
    if _settings().via == "collector":
        yield from check_collector(_settings())
    journal = _settings().journal
    if journal is not None and _settings().via == "posthog" and not _is_writable(journal):
        yield checks.Warning(
            f"POSTHOG_JOURNAL is {journal}, where no file can be made: events die with their process",
            hint="Name a folder that the product's user may write to, on a disk that outlives the process.",
            id="otel.W105",
        )
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        yield checks.Warning(
            "OTEL_SDK_DISABLED=true: spans record nothing, so no event is sent",
            hint="Unset it; OTEL_TRACES_SAMPLER=always_off switches traces off and keeps the events.",
            id="otel.W103",
        )
    if os.environ.get("OTEL_SPAN_EVENT_COUNT_LIMIT") == "0":
        yield checks.Warning(
            "OTEL_SPAN_EVENT_COUNT_LIMIT=0 drops every span event",
            hint="Unset it; `record` never lets a span exceed its limit.",
            id="otel.W104",
        )
