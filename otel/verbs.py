"""The verbs: `record` and its relatives, for the process's one recorder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel._guard import suppress_internal_errors
from otel.attributes import VIEW_NAME
from otel.events import Event, GroupProperties, PersonProperties
from otel.identity import Identity
from otel.recording._recorder import Recorder, RecordingError

__all__ = [
    "alias_visitor",
    "install_recorder",
    "record",
    "record_error",
    "record_named",
    "set_group",
    "set_person",
]

_recorder = Recorder()

# Made once: every event passes through it.
_RECORDING = suppress_internal_errors("recording an event", lets_through=RecordingError)


def install_recorder(recorder: Recorder) -> Recorder:
    """Make a recorder the process's; return the one before.

    Args:
        recorder: put together in `otel.pipeline`.
    """
    global _recorder
    before, _recorder = _recorder, recorder
    return before


def record(event: Event, *, identity: Identity | None = None) -> None:
    """Record that something happened, once the current transaction has committed.

    Args:
        event: an instance of a declared event.
        identity: whom it is about; by default whom the request or task is about.

    Raises:
        RecordingError: in development and tests, for values that do not fit the declaration.
    """
    with _RECORDING:
        _recorder.event(event, identity)


def record_named(name: str, properties: Mapping[str, Any], *, identity: Identity | None = None) -> None:
    """Record a declared event by its name, checked as strictly as `record`.

    Args:
        name: a declared event's.
        properties: its properties.
        identity: whom it is about; by default whom the request or task is about.

    Raises:
        RecordingError: in development and tests, for a name or properties that do not fit.
    """
    with _RECORDING:
        _recorder.named(name, properties, identity)


def set_person(properties: PersonProperties, *, identity: Identity | None = None) -> None:
    """Record a change of person properties, once the current transaction has committed.

    Args:
        properties: the new values; None leaves one as it is.
        identity: whose; by default the request's or task's person.
    """
    with suppress_internal_errors("recording person properties"):
        _recorder.person(properties, identity)


def set_group(properties: GroupProperties, *, key: str, identity: Identity | None = None) -> None:
    """Record a change of a group's properties, once the current transaction has committed.

    Args:
        properties: the new values; None leaves one as it is.
        key: the group's key.
        identity: who made the change; by default the request's or task's person, else the system.
    """
    with suppress_internal_errors("recording group properties"):
        _recorder.group(properties, key, identity)


def record_error(
    exception: BaseException, *, identity: Identity | None = None, view_name: str | None = None
) -> None:
    """Record an error that the product handled; it does not wait for a commit.

    Args:
        exception: the error.
        identity: whom it happened to; by default the request's or task's person.
        view_name: where; by default the request's view.
    """
    with suppress_internal_errors("recording an error"):
        _recorder.error(exception, {VIEW_NAME: view_name}, identity)


def alias_visitor(visitor_id: str, identity: Identity) -> None:
    """Record that a visitor's trail belongs to an account.

    Args:
        visitor_id: posthog-js's id before the sign-up or login.
        identity: the account.
    """
    with suppress_internal_errors("joining a visitor to an account"):
        _recorder.alias(visitor_id, identity)
