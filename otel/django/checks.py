"""System checks for declarations and configuration, with ids and hints."""

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
    """Return the problems in the declared events and properties."""
    level = {"E": checks.Error, "W": checks.Warning}
    return [
        level[finding.rule[0]](
            finding.problem, hint=finding.hint, obj=finding.subject, id=f"otel.{finding.rule}"
        )
        for finding in lint(default_registry)
    ]


@checks.register("otel")
def check_configuration(**_: Any) -> list[checks.CheckMessage]:
    """Return the problems in the project's telemetry settings."""
    return [*_middleware(), *_telemetry(), *_environment()]


def _middleware() -> Iterator[checks.CheckMessage]:
    stack = list(settings.MIDDLEWARE)
    if _MIDDLEWARE not in stack:
        yield checks.Error(
            "TelemetryMiddleware is not in MIDDLEWARE: events would not be attributed to a person",
            hint=f"Add {_MIDDLEWARE!r} right after {_AUTHENTICATION!r}.",
            id="otel.E101",
        )
    elif _AUTHENTICATION in stack and stack.index(_MIDDLEWARE) < stack.index(_AUTHENTICATION):
        yield checks.Error(
            "TelemetryMiddleware comes before AuthenticationMiddleware, so every user looks signed out",
            hint=f"Move {_MIDDLEWARE!r} right after {_AUTHENTICATION!r}.",
            id="otel.E102",
        )
    if find_spec("opentelemetry.instrumentation.asgi") is None:
        yield checks.Warning(
            "opentelemetry-instrumentation-asgi is not installed: under ASGI, requests would have no span",
            hint="Install opentelemetry-instrumentation-django[asgi].",
            id="otel.W101",
        )


def _telemetry() -> Iterator[checks.CheckMessage]:
    telemetry = getattr(settings, "TELEMETRY", {})
    unknown = sorted(set(telemetry) - KEYS)
    if unknown:
        yield checks.Error(
            f"TELEMETRY has unknown keys: {', '.join(unknown)}",
            hint=f"The valid keys are {', '.join(sorted(KEYS))}.",
            id="otel.E103",
        )
    path = telemetry.get("IDENTIFY")
    if path:
        try:
            import_string(path)
        except ImportError as error:
            yield checks.Error(
                f"TELEMETRY['IDENTIFY'] cannot be imported: {error}",
                hint="Set it to the dotted path of a function (user, request) -> otel.Identity.",
                id="otel.E104",
            )
    cookie = telemetry.get("OPT_OUT_COOKIE", "unset")
    if not isinstance(cookie, str) or not cookie:
        yield checks.Error(
            f"TELEMETRY['OPT_OUT_COOKIE'] is {cookie!r}, which is not a cookie name: nobody could opt out",
            hint="Set it to the cookie's name, or remove the setting.",
            id="otel.E107",
        )
    paths = telemetry.get("OUTGOING_PATHS", ())
    if isinstance(paths, str) or not all(isinstance(one, str) and one.startswith("/") for one in paths):
        yield checks.Error(
            f"TELEMETRY['OUTGOING_PATHS'] is {paths!r}, which is not a sequence of URL templates",
            hint="Set it to a sequence of templates such as '/orgs/{organisation}/repos'.",
            id="otel.E108",
        )
    name = telemetry.get("ERROR_EVENT")
    if name and name not in default_registry:
        yield checks.Error(
            f"TELEMETRY['ERROR_EVENT'] is {name!r}, which is not a declared event",
            hint="Declare it in an app's events.py, or remove the setting; $exception is sent anyway.",
            id="otel.E105",
        )


@checks.register("otel", deploy=True)
def check_deployment(**_: Any) -> list[checks.CheckMessage]:
    """Return the problems that matter only in production."""
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
    """Whether a folder is writable, or can be created if it does not exist."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def _environment() -> Iterator[checks.CheckMessage]:
    if _settings().api_key.startswith("phx_"):
        yield checks.Error(
            "POSTHOG_API_KEY is a personal key (phx_…): PostHog refuses every event sent with it",
            hint="Use the project API key, which begins with phc_.",
            id="otel.E106",
        )
    if _settings().via == "collector":
        yield from check_collector(_settings())
    journal = _settings().journal
    if journal is not None and _settings().via == "posthog" and not _is_writable(journal):
        yield checks.Warning(
            f"POSTHOG_JOURNAL is {journal}, which is not writable: a crash would lose the events in memory",
            hint="Set it to a folder that the product's user can write to, on a disk that is kept.",
            id="otel.W105",
        )
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        yield checks.Warning(
            "OTEL_SDK_DISABLED=true: spans record nothing, so events are not sent",
            hint="Unset it; OTEL_TRACES_SAMPLER=always_off turns off traces and keeps the events.",
            id="otel.W103",
        )
    if os.environ.get("OTEL_SPAN_EVENT_COUNT_LIMIT") == "0":
        yield checks.Warning(
            "OTEL_SPAN_EVENT_COUNT_LIMIT=0 drops every span event",
            hint="Unset it; `record` never exceeds a span's limit.",
            id="otel.W104",
        )
