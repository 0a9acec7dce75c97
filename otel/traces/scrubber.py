"""Scrubbing of spans: removes query strings, SQL values and headers, and masks secrets in every text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanKind, Status

from otel._guard import suppress_internal_errors
from otel.attributes import (
    EXCEPTION_EVENT,
    GROUPIDENTIFY_EVENT,
    IDENTIFY_EVENT,
    IDENTITY_ATTRIBUTES,
    OWN_PREFIX,
    POSTHOG_ONLY,
    SESSION_ID,
    SET_EVENT,
    VISITOR_ID,
)
from otel.events import Registry, default_registry
from otel.exceptions import parse_stacktrace
from otel.mapping.from_span import as_dict
from otel.text.scrubbing import scrub
from otel.traces._sql import statement
from otel.traces._url_templates import UrlTemplates
from otel.traces._urls import addresses

__all__ = ["Scrubber"]

_STATEMENTS = ("db.statement", "db.query.text")
# Attributes that the instrumentations record on request; their content is unpredictable.
_WITHHELD = (
    "db.statement.parameters",
    "db.query.parameter.",
    "http.request.header.",
    "http.response.header.",
    "url.query",
    "url.fragment",
)
# Ids that the bridge uses to attribute events; the Collector removes them from the traces that SREs get.
_IDENTITY = frozenset({*IDENTITY_ATTRIBUTES, VISITOR_ID, SESSION_ID})
_UPDATES = frozenset({SET_EVENT, GROUPIDENTIFY_EVENT, IDENTIFY_EVENT})

_TYPE, _MESSAGE, _STACKTRACE = "exception.type", "exception.message", "exception.stacktrace"
# A traceback through Django with a chained one through the database driver takes 20 KiB.
_MAX_STACKTRACE = 32_000
# Longer texts rarely repeat, so their scrubbed form is not cached.
_LONGEST_KNOWN = 200


_SCRUBBING = suppress_internal_errors("scrubbing a span")


class Scrubber:
    """The rules by which spans are scrubbed before they leave. Thread-safe.

    Args:
        registry: the declared events, whose properties are not secret.
        url_templates: templates of paths at other services, such as `/orgs/{organisation}/repos`.
        send_messages: whether to send scrubbed messages of exceptions, or only their types.
    """

    def __init__(
        self,
        registry: Registry = default_registry,
        *,
        url_templates: Iterable[str] = (),
        send_messages: bool = True,
    ) -> None:
        self.registry = registry
        self._url_templates = UrlTemplates(url_templates)
        self._send_messages = send_messages

    def filter_and_scrub(self, spans: Sequence[ReadableSpan]) -> list[ReadableSpan]:
        """Return the spans that belong in a trace, scrubbed.

        A call outside any request and task, such as a worker's polling or the query of a command, is dropped
        unless an event was recorded in it. A span that cannot be scrubbed is dropped as well.

        Args:
            spans: ended spans.
        """
        left = []
        for span in spans:
            is_lone_call = span.parent is None and span.kind is SpanKind.CLIENT
            if is_lone_call and all(event.name == EXCEPTION_EVENT for event in span.events):
                continue
            with _SCRUBBING:
                left.append(self.scrub_span(span))
        return left

    def scrub_span(self, span: ReadableSpan) -> ReadableSpan:
        """Return a span without data that must not appear in a trace.

        Args:
            span: an ended span. A span for PostHog only is returned unchanged, because the mapping redacts
                it.
        """
        attributes = as_dict(span.attributes)
        if attributes.get(POSTHOG_ONLY):
            return span
        name, changed = addresses(span.name, span.kind, attributes, self._url_templates)
        sql = next((attributes[key] for key in _STATEMENTS if key in attributes), None)
        if isinstance(sql, str):
            shown = statement(sql)
            name = shown.summary or name
            changed |= {key: shown.text for key in _STATEMENTS if key in attributes}
        kept = _attributes({key: value for key, value in attributes.items() if key not in changed})
        kept |= {key: value for key, value in changed.items() if value is not None}
        return ReadableSpan(
            name=name if sql or changed else _text(name),
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=kept,
            events=[self._event(event) for event in span.events],
            links=[Link(link.context, _attributes(as_dict(link.attributes))) for link in span.links],
            kind=span.kind,
            status=self._status(span.status),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _status(self, status: Status) -> Status:
        # The SDK writes the exception's message into the description.
        is_sent = status.description and self._send_messages
        return Status(status.status_code, _text(status.description or "") if is_sent else None)

    def _event(self, event: Event) -> Event:
        """Return a scrubbed span event; the declared properties of a business event stay unchanged."""
        attributes = as_dict(event.attributes)
        if event.name == EXCEPTION_EVENT:
            return Event(event.name, _exception(attributes, self._send_messages), event.timestamp)
        if event.name in _UPDATES:
            return event
        declaration = self.registry.get(event.name)
        if declaration is None:
            return Event(_text(event.name), _attributes(attributes), event.timestamp)
        declared = {key: value for key, value in attributes.items() if key in declaration.properties}
        return Event(event.name, _attributes(attributes) | declared, event.timestamp)


def _exception(attributes: Mapping[str, Any], send_messages: bool) -> dict[str, Any]:
    kept = _attributes(
        {key: value for key, value in attributes.items() if key not in (_MESSAGE, _STACKTRACE)}
    )
    trace = str(attributes.get(_STACKTRACE, ""))
    if send_messages:
        kept[_MESSAGE] = scrub(str(attributes.get(_MESSAGE, "")))
        kept[_STACKTRACE] = scrub(trace, _MAX_STACKTRACE)
        return kept
    kept[_STACKTRACE] = "\n".join(
        line
        for one in parse_stacktrace(trace, type_name=str(attributes.get(_TYPE, "")), message="")
        for line in (
            *(f'  File "{frame.filename}", line {frame.lineno}, in {frame.function}' for frame in one.frames),
            one.type_name,
        )
    )
    return kept


def _attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value if key in _IDENTITY or key.startswith(OWN_PREFIX) else _value(key, value)
        for key, value in attributes.items()
        if not key.startswith(_WITHHELD)
    }


def _value(key: str, value: Any) -> Any:
    if isinstance(value, str):
        return "[secret]" if _names_a_secret(key) else _text(value)
    if isinstance(value, Mapping):
        return {inner: _value(str(inner), one) for inner, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return tuple(_value(key, one) for one in value)
    return value


@lru_cache(maxsize=1024)  # a process has few attribute names
def _names_a_secret(key: str) -> bool:
    return "[secret]" in scrub(f"{key}=x")


def _text(text: str) -> str:
    return _known(text) if len(text) <= _LONGEST_KNOWN else scrub(text)


@lru_cache(maxsize=4096)  # most texts are hosts, task names and terms of the semantic conventions
def _known(text: str) -> str:
    return scrub(text)
