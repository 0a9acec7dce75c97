"""The developer's verbs: `record` and its relatives, through the installed pipeline's recorder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel._guard import report_internal_error, suppress_internal_errors
from otel.attributes import VIEW_NAME
from otel.events import Event, GroupProperties, PersonProperties
from otel.identity import Identity
from otel.pipeline import recorder
from otel.recording import RecordingError

__all__ = ["alias_visitor", "record", "record_error", "record_named", "set_group", "set_person"]


def _lose() -> None:
    recorder().lose()


# Made once: every event passes through it.
_RECORDING = suppress_internal_errors("recording", lets_through=RecordingError, on_error=_lose)


def record(event: Event, *, identity: Identity | None = None) -> None:
    """Record that something happened, once the current transaction has committed.

    Args:
        event: an instance of a declared event.
        identity: the person and groups; by default those of the request or task.

    Raises:
        RecordingError: in development and tests, for values that do not fit the declaration.
    """
    # As `_RECORDING` does for the other verbs; the context manager costs 0.3 µs.
    try:
        recorder().event(event, identity)
    except RecordingError:
        raise
    except Exception as error:  # noqa: BLE001 - telemetry must not raise into the product
        _lose()
        report_internal_error("recording", error)


def record_named(name: str, properties: Mapping[str, Any], *, identity: Identity | None = None) -> None:
    """Record a declared event by its name, checked as strictly as `record`.

    Args:
        name: the event's name.
        properties: its properties.
        identity: the person and groups; by default those of the request or task.

    Raises:
        RecordingError: in development and tests, for a name or properties that do not fit a declaration.
    """
    with _RECORDING:
        recorder().named(name, properties, identity)


def set_person(properties: PersonProperties, *, identity: Identity | None = None) -> None:
    """Record a change of person properties, once the current transaction has committed.

    Args:
        properties: the new values; None leaves a property unchanged.
        identity: the person; by default that of the request or task.
    """
    with _RECORDING:
        recorder().person(properties, identity)


def set_group(properties: GroupProperties, *, key: str, identity: Identity | None = None) -> None:
    """Record a change of a group's properties, once the current transaction has committed.

    Args:
        properties: the new values; None leaves a property unchanged.
        key: the group's key.
        identity: the person who made the change; by default that of the request or task, else the system.
    """
    with _RECORDING:
        recorder().group(properties, key, identity)


def record_error(
    exception: BaseException, *, identity: Identity | None = None, view_name: str | None = None
) -> None:
    """Record an error that the product handled; this does not wait for a commit.

    Args:
        exception: the error.
        identity: the person it happened to; by default that of the request or task.
        view_name: the view it happened in; by default the request's.
    """
    with _RECORDING:
        recorder().error(exception, {VIEW_NAME: view_name}, identity)


def alias_visitor(visitor_id: str, identity: Identity) -> None:
    """Merge a visitor's events into an account, with PostHog's alias.

    Args:
        visitor_id: posthog-js's id before the sign-up or login.
        identity: the account.
    """
    with _RECORDING:
        recorder().alias(visitor_id, identity)
