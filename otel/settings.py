"""Settings of the pipeline, from environment variables and from the host product's code."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

__all__ = ["ENVIRONMENT", "CaptureMode", "Carrier", "Compression", "Settings", "SettingsError", "Via"]

CaptureMode = Literal["v0", "v1"]
Carrier = Literal["span", "log"]
Compression = Literal["gzip", "none"]
Via = Literal["posthog", "collector"]

_log = logging.getLogger(__name__)


class SettingsError(ValueError):
    """Raised for an invalid setting in code; an invalid environment variable only logs a warning."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of the pipeline; each one is described in `docs/settings.md`.

    Args:
        api_key: the PostHog project API key; without a key, this process sends nothing to PostHog.
        via: whether events and errors go directly to `posthog`, or through the OpenTelemetry `collector` at
            `OTEL_EXPORTER_OTLP_ENDPOINT` and the bridge; the bridge then needs the key, the host and the
            settings of the mapping.
        host: the URL of PostHog's ingestion service, without a path.
        capture_mode: the version of PostHog's capture endpoint, as in PostHog's own SDK.
        capture_compression: the compression of requests to PostHog: `gzip`, or `none` for a proxy that reads
            the requests.
        carrier: the signal that `record` writes: a `span` event, or a `log` record with an event name.
        events: patterns (`fnmatch`) of undeclared span event names to forward, such as `order_*,checkout_*`.
        tier_ratios: the share of a tier's events to keep, from 0 to 1, such as `3=0.25,2=0.5`; tier 1 is
            always kept in full.
        send_organisation: whether to send properties that identify a customer's organization.
        send_error_messages: whether to send scrubbed messages of exceptions, or only their types.
        groups: for each PostHog group type, the span attribute that carries the group's key, such as
            `team=acme.team.id`.
        error_event: the name of the declared event that is sent for each error; None sends only `$exception`.
        error_properties: for each property of that event, the attribute of the entry span to take it from.
        in_app: module prefixes of the product's own frames; if empty, every module that is not installed
            counts.
        quarantine: the folder that keeps rejected events; None does not keep them.
        journal: the folder that keeps events from before the response is sent until they are delivered, by
            this process or the next; the processes of one product share it. None keeps events in memory.
        bridge_tokens: the bearer tokens that the bridge accepts, separated by commas, so that you can roll
            out a new token before you revoke the old one; without tokens, the bridge accepts every client.
        strict: whether a caller's mistake raises (tests, development) or is rejected with a reason.
        flush_timeout: the longest time that a flush or shutdown may take, in seconds.
        release_id: PostHog's id of the running release, as in PostHog's own SDK.
        trace_url: the URL of a trace in your tracing UI, with the placeholder `{trace_id}`; each event then
            has the property `trace_url`. The trace may still be dropped later by sampling.
    """

    api_key: str = ""
    via: Via = "posthog"
    host: str = "https://us.i.posthog.com"
    capture_mode: CaptureMode = "v0"
    capture_compression: Compression = "gzip"
    carrier: Carrier = "span"
    events: tuple[str, ...] = ()
    tier_ratios: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    send_organisation: bool = True
    send_error_messages: bool = True
    groups: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    error_event: str | None = None
    error_properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    in_app: tuple[str, ...] = ()
    quarantine: Path | None = None
    journal: Path | None = None
    bridge_tokens: tuple[str, ...] = field(default=(), repr=False)
    strict: bool = False
    # Kubernetes gives a container 30 s from SIGTERM to SIGKILL; the server's open requests need part of it.
    flush_timeout: float = 10.0
    release_id: str = ""
    trace_url: str = ""

    def __post_init__(self) -> None:
        """Raise `SettingsError` for an invalid value."""
        if self.capture_mode not in ("v0", "v1"):
            msg = f"capture_mode is {self.capture_mode!r}; use 'v0' or 'v1'"
            raise SettingsError(msg)
        if self.capture_compression not in ("gzip", "none"):
            msg = f"capture_compression is {self.capture_compression!r}; use 'gzip' or 'none'"
            raise SettingsError(msg)
        if self.via not in ("posthog", "collector"):
            msg = f"via is {self.via!r}; use 'posthog' or 'collector'"
            raise SettingsError(msg)
        if self.carrier not in ("span", "log"):
            msg = f"carrier is {self.carrier!r}; use 'span' or 'log'"
            raise SettingsError(msg)
        if not self.host.startswith(("http://", "https://")):
            msg = f"host is {self.host!r}; use a full URL such as https://eu.i.posthog.com"
            raise SettingsError(msg)
        if self.trace_url and not (
            self.trace_url.startswith(("http://", "https://")) and "{trace_id}" in self.trace_url
        ):
            msg = f"trace_url is {self.trace_url!r}; use a URL such as https://jaeger.example/trace/{{trace_id}}"
            raise SettingsError(msg)
        if not self.flush_timeout > 0:
            msg = f"flush_timeout is {self.flush_timeout}; use a number of seconds above 0"
            raise SettingsError(msg)
        for tier, ratio in self.tier_ratios.items():
            if tier not in (2, 3) or not 0.0 <= ratio <= 1.0:
                msg = f"tier_ratios has {tier}={ratio}; only tiers 2 and 3 can be sampled, from 0 to 1"
                raise SettingsError(msg)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Return the settings from environment variables; an invalid value logs a warning and is ignored.

        Args:
            environ: the environment variables; those of the process by default.
        """
        env = os.environ if environ is None else environ
        settings = cls()
        for variable, name in ENVIRONMENT.items():
            raw = env.get(variable, "").strip()
            if not raw:
                continue
            try:
                settings = settings.replace(**{name: _READERS[name](raw)})
            except ValueError as error:
                _log.warning("%s=%s is ignored: %s", variable, raw, error)
        return settings

    def replace(self, **changes: object) -> Settings:
        """Return a validated copy with some values changed.

        Args:
            changes: the new values, by field name.

        Raises:
            SettingsError: for an invalid value.
        """
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Settings(**(values | changes))


def _names(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def _flag(raw: str) -> bool:
    value = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(raw.lower())
    if value is None:
        msg = "use true or false"
        raise SettingsError(msg)
    return value


def _ratios(raw: str) -> dict[int, float]:
    """Parse `3=0.25,2=0.5`."""
    pairs = _pairs(raw, "use tier=ratio, such as 3=0.25")
    return {int(tier): float(ratio) for tier, ratio in pairs.items()}


def _groups(raw: str) -> dict[str, str]:
    """Parse `team=acme.team.id`."""
    return _pairs(raw, "use type=attribute, such as team=acme.team.id")


def _pairs(raw: str, advice: str) -> dict[str, str]:
    pairs = [tuple(part.strip() for part in pair.partition("=")) for pair in _names(raw)]
    if not all(name and value for name, _, value in pairs):
        raise SettingsError(advice)
    return {name: value for name, _, value in pairs}


# Each environment variable with the setting that it sets.
ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "POSTHOG_API_KEY": "api_key",
        "POSTHOG_VIA": "via",
        "POSTHOG_HOST": "host",
        "POSTHOG_CAPTURE_MODE": "capture_mode",
        # The name and the two values come from posthog-python (`capture_compression.py`).
        "POSTHOG_CAPTURE_COMPRESSION": "capture_compression",
        "POSTHOG_CARRIER": "carrier",
        "POSTHOG_EVENTS": "events",
        "POSTHOG_TIER_RATIOS": "tier_ratios",
        "POSTHOG_SEND_ORGANISATION": "send_organisation",
        "POSTHOG_SEND_ERROR_MESSAGES": "send_error_messages",
        "POSTHOG_GROUPS": "groups",
        "POSTHOG_ERROR_EVENT": "error_event",
        "POSTHOG_IN_APP": "in_app",
        "POSTHOG_QUARANTINE": "quarantine",
        "POSTHOG_JOURNAL": "journal",
        "POSTHOG_BRIDGE_TOKEN": "bridge_tokens",
        "POSTHOG_STRICT": "strict",
        "POSTHOG_FLUSH_TIMEOUT": "flush_timeout",
        "POSTHOG_RELEASE_ID": "release_id",
        "POSTHOG_TRACE_URL": "trace_url",
    }
)

_READERS: Mapping[str, Callable[[str], object]] = {
    "api_key": str,
    "via": str.lower,
    "host": lambda raw: raw.rstrip("/"),
    "capture_mode": str.lower,
    "capture_compression": str.lower,
    "carrier": str.lower,
    "events": _names,
    "tier_ratios": _ratios,
    "send_organisation": _flag,
    "send_error_messages": _flag,
    "groups": _groups,
    "error_event": str,
    "in_app": _names,
    "quarantine": Path,
    "journal": Path,
    "bridge_tokens": _names,
    "strict": _flag,
    "flush_timeout": float,
    "release_id": str,
    "trace_url": str,
}
