"""Errors: `$exception` and the product's own event, from an `exception` span event and the entry it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from otel.attributes import (
    EXCEPTION_CAPTURE,
    OPTED_OUT,
    TASK_NAME,
    VIEW_NAME,
)
from otel.envelope import Capture, Envelope, Rejection
from otel.events import Declaration, to_valid_text
from otel.exceptions import (
    BY_HAND,
    UNKNOWN_TYPE,
    ExceptionInfo,
    ExceptionSnapshot,
    Hook,
    exception_list,
    fingerprint,
    parse_stacktrace,
)
from otel.mapping.capture import to_capture
from otel.mapping.identify import identify, stamp_names
from otel.mapping.limit import limit
from otel.mapping.origin import Origins
from otel.mapping.redact import redact
from otel.settings import Settings

__all__ = ["ErrorMapper", "ErrorRecord", "http_status"]

# The default semantic conventions of the instrumentations are still the old ones (`otel.md` section 5).
_STATUS_CODE = ("http.response.status_code", "http.status_code")
_METHOD = ("http.request.method", "http.method")


def http_status(attributes: Mapping[str, Any]) -> int | None:
    """Return what the client got, from a server span's attributes.

    Args:
        attributes: old or new semantic conventions.
    """
    status = _first(attributes, _STATUS_CODE)
    return status if type(status) is int else None


@dataclass(eq=False)
class ErrorRecord:
    """Hold one error: the span event that recorded it, and the entry that it ended.

    Args:
        envelope: the span event `exception`, with the identity it is about.
        entry: the entry span's attributes.
        is_handled: whether the product went on after it.
        hook: what caught it.
        live: the exception's own frames, if it was at hand while the span ended.
        listed: its `$exception_list`, if that was made where the program's source is.
    """

    envelope: Envelope
    entry: Mapping[str, Any]
    is_handled: bool
    hook: Hook = BY_HAND
    live: ExceptionSnapshot | None = None
    listed: list[dict[str, Any]] | None = None

    @cached_property
    def exceptions(self) -> tuple[ExceptionInfo, ...]:
        """The exception with its causes and members, outermost first."""
        if self.live is not None:
            return self.live.exceptions
        attributes = self.envelope.attributes
        parsed = parse_stacktrace(
            str(attributes.get("exception.stacktrace", "")),
            type_name=str(attributes.get("exception.type", "")),
            message=str(attributes.get("exception.message", "")),
        )
        return parsed or (ExceptionInfo(UNKNOWN_TYPE),)

    @cached_property
    def fingerprint(self) -> str:
        """What errors of one kind share."""
        return fingerprint(self.exceptions)


class ErrorMapper:
    """Map errors to captures.

    Args:
        settings: the pipeline's.
        declaration: looks up the product's error event; None sends `$exception` alone.
    """

    def __init__(self, settings: Settings, declaration: Callable[[], Declaration | None]) -> None:
        self._settings = settings
        self._declaration = declaration
        self._origins = Origins(settings.release_id)
        self._stamps = stamp_names(settings.groups)
        # Of somebody who opted out: neither an id nor a group, and nothing that names the group.
        self._personal = self._stamps | frozenset(settings.error_properties.values())
        self._reads = frozenset(
            {
                *self._stamps,
                OPTED_OUT,
                VIEW_NAME,
                TASK_NAME,
                *_STATUS_CODE,
                *_METHOD,
                *settings.error_properties.values(),
            }
        )

    def listed(self, error: ErrorRecord) -> list[dict[str, Any]]:
        """Return the `$exception_list` of an error.

        Args:
            error: what happened.
        """
        if error.listed is None:
            return exception_list(
                error.exceptions,
                handled=error.is_handled,
                mechanism=error.hook.mechanism,
                in_app=self._settings.in_app,
                send_messages=self._settings.send_error_messages,
            )
        if self._settings.send_error_messages:
            return error.listed
        return [{**one, "value": ""} for one in error.listed]

    def view(self, error: ErrorRecord) -> dict[str, Any]:
        """Return the attributes that say whom an error is about and where it happened, and no other.

        They are the entry's; one that was recorded for somebody in particular says so itself, as a whole.

        Args:
            error: what happened.
        """
        read = {name: value for name, value in error.entry.items() if name in self._reads}
        own = {name: value for name, value in error.envelope.attributes.items() if name in self._reads}
        if not self._personal.isdisjoint(own) or OPTED_OUT in own:
            read = self._without_person(read)
        read |= own
        return self._without_person(read) if read.get(OPTED_OUT) else read

    def __call__(self, error: ErrorRecord, occurrences: int = 1) -> list[Capture | Rejection]:
        """Return the `$exception` of an error, and the product's own event beside it.

        Args:
            error: what happened.
            occurrences: for how many errors of its kind it stands.
        """
        view = self.view(error)
        about = _about(error, view, occurrences)
        captures = [self._exception(error, view, about)]
        declaration = self._declaration()
        if declaration is not None:
            taken = {
                name: _text(view.get(attribute))
                for name, attribute in self._settings.error_properties.items()
            }
            declared = {
                name: value
                for name, value in {**taken, **about}.items()
                if value is not None and name in declaration.properties
            }
            withheld: frozenset[str] = frozenset()
            if not self._settings.send_organisation:
                withheld = declaration.organisation
            captures.append(self._capture(error, view, declaration.name, redact(declared, withheld)))
        return captures

    def _exception(
        self, error: ErrorRecord, view: Mapping[str, Any], about: dict[str, Any]
    ) -> Capture | Rejection:
        properties = {name: value for name, value in about.items() if value is not None}
        properties["$exception_list"] = self.listed(error)
        properties["$exception_level"] = "error"
        if error.hook.source is not None:
            properties["$exception_source"] = error.hook.source
        return self._capture(error, view, EXCEPTION_CAPTURE, properties)

    def _capture(
        self, error: ErrorRecord, view: Mapping[str, Any], name: str, properties: dict[str, Any]
    ) -> Capture | Rejection:
        named = replace(error.envelope, name=name, attributes={}, span_attributes=view)
        person = identify(named, self._settings.groups, self._stamps)
        origin = self._origins.of(named.resource).properties
        return limit(to_capture(named, properties, person, origin=origin, trace_url=self._settings.trace_url))

    def _without_person(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in attributes.items() if name not in self._personal}


def _about(error: ErrorRecord, view: Mapping[str, Any], occurrences: int) -> dict[str, Any]:
    return {
        "error_type": to_valid_text(error.exceptions[0].type_name),
        "view_name": _text(view.get(VIEW_NAME)),
        "task_name": _text(view.get(TASK_NAME)),
        "status_code": http_status(view),
        "method": _text(_first(view, _METHOD)),
        "handled": error.is_handled,
        "occurrences": occurrences,
    }


def _first(attributes: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((attributes[name] for name in names if name in attributes), None)


def _text(value: Any) -> str | None:
    return None if value is None else to_valid_text(str(value))
