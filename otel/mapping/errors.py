"""Mapping of errors, from an `exception` span event to `$exception` and the product's error event."""

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
from otel.events import Registry
from otel.events.declaration import Declaration
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
from otel.mapping.identify import identify, identity_attribute_names
from otel.mapping.limit import limit
from otel.mapping.origin import Origins
from otel.mapping.validate import redact
from otel.settings import Settings
from otel.text.unicode import to_valid_text

__all__ = ["ErrorMapper", "ErrorRecord", "error_event", "http_status"]

# The default semantic conventions of the instrumentations are still the old ones (`otel.md` section 5).
_STATUS_CODE = ("http.response.status_code", "http.status_code")
_METHOD = ("http.request.method", "http.method")
# The statuses of HTTP (RFC 9110, section 15).
_STATUSES = range(100, 600)
# The semantic conventions' attribute, a string as the SDK writes it.
_ESCAPED = "exception.escaped"
# Its value in the quarantine for an error that was only logged.
_UNKNOWN = "unknown"
# In the quarantine: the raise site.
_RAISE_SITE = "posthog.raise_site"


def error_event(settings: Settings, registry: Registry) -> Callable[[], Declaration | None]:
    """Return a look-up of the product's error event, which may be declared after the mapper is created.

    Args:
        settings: the name of the event; without one the look-up returns None.
        registry: the declared events.
    """
    name = settings.error_event
    return lambda: None if name is None else registry.get(name)


def http_status(attributes: Mapping[str, Any]) -> int | None:
    """Return the HTTP status of the response, from a server span's attributes.

    Args:
        attributes: attributes in the old or new semantic conventions; some programs write text.
    """
    status = _first(attributes, _STATUS_CODE)
    if type(status) is str and status.isascii() and status.isdecimal():
        status = int(status[:4])
    elif type(status) is float and status.is_integer():
        status = int(status)
    return status if type(status) is int and status in _STATUSES else None


@dataclass(eq=False)
class ErrorRecord:
    """An error: the span event that recorded it, and the entry span that it ended.

    Args:
        envelope: the span event `exception`, with its identity.
        entry: the entry span's attributes.
        is_handled: whether the product continued after the error; None if unknown.
        hook: the hook that caught the error.
        live: the snapshot of the exception, if the exception object was available when the span ended.
        listed: the `$exception_list`, if it was built on the machine that has the program's source.
        raise_site: identifies the error within its span, if it is known only as text. A program may send it
            twice, on a span and as a log record, at slightly different times. Without it, the time of the
            span event identifies the error.
    """

    envelope: Envelope
    entry: Mapping[str, Any]
    is_handled: bool | None
    hook: Hook = BY_HAND
    live: ExceptionSnapshot | None = None
    listed: list[dict[str, Any]] | None = None
    raise_site: str = ""

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
            language=str(self.envelope.resource.get("telemetry.sdk.language", "")),
        )
        return parsed or (ExceptionInfo(UNKNOWN_TYPE),)

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> ErrorRecord:
        """Return the error that an envelope from `replayable` describes.

        Args:
            envelope: an envelope from the quarantine.
        """
        escaped = envelope.attributes.get(_ESCAPED)
        is_handled = None if escaped == _UNKNOWN else str(escaped) != str(True)
        site = str(envelope.attributes.get(_RAISE_SITE, ""))
        return cls(envelope, envelope.span_attributes, is_handled, raise_site=site)

    def replayable(self) -> Envelope:
        """Return an envelope with everything that `from_envelope` needs, for the quarantine."""
        escaped = _UNKNOWN if self.is_handled is None else str(not self.is_handled)
        attributes = {**self.envelope.attributes, _ESCAPED: escaped}
        if self.raise_site:
            attributes[_RAISE_SITE] = self.raise_site
        return replace(self.envelope, attributes=attributes, span_attributes=self.entry)

    @cached_property
    def fingerprint(self) -> str:
        """The key that is equal for errors of the same kind."""
        return fingerprint(self.exceptions)


class ErrorMapper:
    """Mapper from errors to captures.

    Args:
        settings: the settings of the pipeline.
        declaration: a function that returns the declaration of the product's error event; with None, only
            `$exception` is sent.

    Attributes:
        reads: the names of the entry span's attributes that an error reports.
    """

    def __init__(self, settings: Settings, declaration: Callable[[], Declaration | None]) -> None:
        self._settings = settings
        self._declaration = declaration
        self._origins = Origins(settings.release_id)
        self._identity_attributes = identity_attribute_names(settings.groups)
        # Removed for a person who opted out: the id, the groups, and properties that identify a group.
        self._personal = self._identity_attributes | frozenset(settings.error_properties.values())
        self.reads = frozenset(
            {
                *self._identity_attributes,
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
            error: the error.
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
        """Return only the attributes that identify the person and the place of an error.

        The attributes come from the entry. If the error was recorded with its own identity, that identity
        replaces the entry's as a whole.

        Args:
            error: the error.
        """
        read = {name: value for name, value in error.entry.items() if name in self.reads}
        own = {name: value for name, value in error.envelope.attributes.items() if name in self.reads}
        if not self._personal.isdisjoint(own) or OPTED_OUT in own:
            read = self._without_person(read)
        read |= own
        return self._without_person(read) if read.get(OPTED_OUT) else read

    def __call__(self, error: ErrorRecord, occurrences: int = 1) -> list[Capture | Rejection]:
        """Return the `$exception` of an error, and the product's own error event if there is one.

        Args:
            error: the error.
            occurrences: the number of errors of the same kind that this error represents.
        """
        view = self.view(error)
        about = _about(error, view, occurrences)
        captures = [self._exception(error, view, about)]
        declaration = self._declaration()
        if declaration is not None:
            from_entry = {
                name: _text(view.get(attribute))
                for name, attribute in self._settings.error_properties.items()
            }
            declared = {
                name: value
                for name, value in {**from_entry, **about}.items()
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
        person = identify(named, self._settings.groups, self._identity_attributes)
        origin = self._origins.of(named.resource).properties
        return limit(
            to_capture(
                named,
                properties,
                person,
                origin=origin,
                trace_url=self._settings.trace_url,
                raise_site=error.raise_site,
            )
        )

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
