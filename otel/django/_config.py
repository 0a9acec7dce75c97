"""The Django setting `TELEMETRY`, read once per process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.signals import setting_changed
from django.http import HttpRequest
from django.utils.module_loading import import_string

from otel.django.requests.identity import Identify
from otel.identity import Identity
from otel.settings import Settings

__all__ = ["KEYS", "Config", "config", "pipeline_settings"]

KEYS = frozenset(
    {"ERROR_EVENT", "ERROR_PROPERTIES", "GROUPS", "IDENTIFY", "OPT_OUT_COOKIE", "OUTGOING_PATHS"}
)


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration that requests need.

    Args:
        identify: a function that returns the identity of a signed-in user.
        groups: for each group type, the attribute that carries the group's key.
        outgoing_paths: URL templates of the project's calls to other services.
    """

    identify: Identify
    groups: Mapping[str, str]
    outgoing_paths: Sequence[str]


@cache
def config() -> Config:
    """Return the project's configuration."""
    telemetry = _telemetry()
    path = telemetry.get("IDENTIFY")
    return Config(
        import_string(path) if path else by_primary_key,
        pipeline_settings().groups,
        telemetry.get("OUTGOING_PATHS", ()),
    )


def pipeline_settings() -> Settings:
    """Return the pipeline's settings: from the environment, overridden by the project's `TELEMETRY`."""
    telemetry = _telemetry()
    settings = Settings.from_environ()
    return settings.replace(
        groups=telemetry.get("GROUPS", settings.groups),
        error_event=telemetry.get("ERROR_EVENT", settings.error_event),
        error_properties=telemetry.get("ERROR_PROPERTIES", {}),
        strict=settings.strict or django_settings.DEBUG,
    )


def by_primary_key(user: AbstractBaseUser, request: HttpRequest | None) -> Identity:  # noqa: ARG001 - the hook
    """Return a user's primary key as identity; the default of `IDENTIFY`.

    Args:
        user: a signed-in user.
        request: unused.
    """
    return Identity(distinct_id=str(user.pk))


def _telemetry() -> dict[str, Any]:
    return getattr(django_settings, "TELEMETRY", {})


def _forget(*, setting: str, **_: object) -> None:
    if setting == "TELEMETRY":
        config.cache_clear()


setting_changed.connect(_forget, dispatch_uid="otel.django.config")
