"""The pipeline's settings: the standard environment variables, and what a host product passes in code."""

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
    """Raised for a setting that was given in code and cannot be used; from the environment it only warns."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Hold every setting of the pipeline; each is in `docs/settings.md`.

    Args:
        api_key: the PostHog project API key; without one, nothing is sent to PostHog from here.
        via: whether events and errors go straight to `posthog`, or to it by way of the OpenTelemetry
            `collector` at `OTEL_EXPORTER_OTLP_ENDPOINT` and the bridge, which then needs the key, the host
            and how they are mapped.
        host: PostHog's ingestion address, without a path.
        capture_mode: which of PostHog's capture endpoints is used, as in its own SDK.
        capture_compression: how requests to PostHog are compressed: by `gzip`, or not at all (`none`), for a
            proxy that reads them.
        carrier: what `record` writes: a `span` event, or a `log` record with an event name.
        events: patterns (`fnmatch`) of undeclared span event names to forward, such as `order_*,checkout_*`.
        tier_ratios: the share of a tier's events to keep, from 0 to 1, such as `3=0.25,2=0.5`; tier 1 is
            always kept whole.
        send_organisation: whether properties that name a customer's organisation leave.
        send_error_messages: whether the messages of exceptions leave (scrubbed), or only their types.
        groups: for each PostHog group type the span attribute that carries its key, such as
            `team=acme.team.id`.
        error_event: the declared event that stands for an error, by name; None sends `$exception` alone.
        error_properties: for a property of that event the attribute of the entry span that it is taken from.
        in_app: module prefixes that count as the product's own frames; empty: what is not installed.
        quarantine: the folder that keeps rejected events; None keeps none.
        journal: the folder that keeps events from before the response leaves until they are delivered, also
            by the next process; one for the processes of one product. None keeps them in memory.
        bridge_tokens: the bearer tokens that the bridge takes, separated by commas, so that a new one can be
            rolled out before the old one ends; none lets everybody in who reaches it.
        strict: whether a caller's mistake raises (tests, development) or is rejected with a reason.
        flush_timeout: seconds that a flush or shutdown may take.
        release_id: PostHog's id of the release that runs, as its own SDK takes it.
        trace_url: where people look at a trace, with `{trace_id}` in its place; each event then has it as the
            property `trace_url`. Whether its trace was kept is decided elsewhere, and later.
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
    # Kubernetes gives a container 30 s from SIGTERM to SIGKILL; the server's own requests need some of it.
    flush_timeout: float = 10.0
    release_id: str = ""
    trace_url: str = ""

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a value that cannot be used."""
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
            msg = f"host is {self.host!r}; give a full address such as https://eu.i.posthog.com"
            raise SettingsError(msg)
        if self.trace_url and not (
            self.trace_url.startswith(("http://", "https://")) and "{trace_id}" in self.trace_url
        ):
            msg = f"trace_url is {self.trace_url!r}; give an address such as https://jaeger.example/trace/{{trace_id}}"
            raise SettingsError(msg)
        if not self.flush_timeout > 0:
            msg = f"flush_timeout is {self.flush_timeout}; give a number of seconds above 0"
            raise SettingsError(msg)
        for tier, ratio in self.tier_ratios.items():
            if tier not in (2, 3) or not 0.0 <= ratio <= 1.0:
                msg = f"tier_ratios has {tier}={ratio}; only tiers 2 and 3 can be thinned, by 0 to 1"
                raise SettingsError(msg)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from environment variables; an unusable value warns and leaves the default.

        Args:
            environ: the variables; the process's own by default.
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
        """Return a copy with some values changed, checked like new ones.

        Args:
            changes: the new values, by field name.

        Raises:
            SettingsError: for a value that cannot be used.
        """
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Settings(**(values | changes))


def _names(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def _flag(raw: str) -> bool:
    value = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(raw.lower())
    if value is None:
        msg = "say true or false"
        raise SettingsError(msg)
    return value


def _ratios(raw: str) -> dict[int, float]:
    """Read `3=0.25,2=0.5`."""
    pairs = _pairs(raw, "write it as tier=ratio, such as 3=0.25")
    return {int(tier): float(ratio) for tier, ratio in pairs.items()}


def _groups(raw: str) -> dict[str, str]:
    """Read `team=acme.team.id`."""
    return _pairs(raw, "write it as type=attribute, such as team=acme.team.id")


def _pairs(raw: str, advice: str) -> dict[str, str]:
    pairs = [tuple(part.strip() for part in pair.partition("=")) for pair in _names(raw)]
    if not all(name and value for name, _, value in pairs):
        raise SettingsError(advice)
    return {name: value for name, _, value in pairs}


# Each variable with the setting that it gives.
ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "POSTHOG_API_KEY": "api_key",
        "POSTHOG_VIA": "via",
        "POSTHOG_HOST": "host",
        "POSTHOG_CAPTURE_MODE": "capture_mode",
        # The name, and these of its values, are posthog-python's (`capture_compression.py`).
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
