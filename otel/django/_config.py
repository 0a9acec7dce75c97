"""What a Django project says of its telemetry: `settings.TELEMETRY`, read once."""

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

from otel.django._identity import Identify
from otel.identity import Identity
from otel.settings import Settings

__all__ = ["KEYS", "Config", "config", "pipeline_settings"]

KEYS = frozenset(
    {"ERROR_EVENT", "ERROR_PROPERTIES", "GROUPS", "IDENTIFY", "OPT_OUT_COOKIE", "OUTGOING_PATHS"}
)


@dataclass(frozen=True, slots=True)
class Config:
    """Hold what the request's side needs.

    Args:
        identify: tells whom a signed-in user's events are about.
        groups: for each group type the attribute that carries its key.
        outgoing_paths: templates of the paths by which the project calls others.
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
    """Return the pipeline's settings: the environment's, with what the project says in code."""
    telemetry = _telemetry()
    settings = Settings.from_environ()
    return settings.replace(
        groups=telemetry.get("GROUPS", settings.groups),
        error_event=telemetry.get("ERROR_EVENT", settings.error_event),
        error_properties=telemetry.get("ERROR_PROPERTIES", {}),
        strict=settings.strict or django_settings.DEBUG,
    )


def by_primary_key(user: AbstractBaseUser, request: HttpRequest | None) -> Identity:  # noqa: ARG001 - the hook
    """Identify a user by the primary key, for a project that names no `IDENTIFY` of its own.

    Args:
        user: signed in.
        request: unused.
    """
    return Identity(distinct_id=str(user.pk))


def _telemetry() -> dict[str, Any]:
    return getattr(django_settings, "TELEMETRY", {})


def _forget(*, setting: str, **_: object) -> None:
    if setting == "TELEMETRY":
        config.cache_clear()


setting_changed.connect(_forget, dispatch_uid="otel.django.config")
