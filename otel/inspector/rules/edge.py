"""Rules of PostHog's capture service, which refuses, drops or changes events before it answers."""

from __future__ import annotations

from otel.inspector.rules._rule import Effect, Rule

__all__ = ["RULES"]

_EVENT = "rust/common/types/src/event.rs @024dbbe"
_V0 = "rust/capture/src/events/analytics.rs @006ae06"
_REQUEST = "rust/capture/src/v0_request.rs @f12243d"
_TIMESTAMP = "rust/common/types/src/timestamp.rs @1acee2e"
_CONTEXT = "rust/capture/src/v1/context.rs @0deb9c9"
_HANDLER = "rust/capture/src/v1/analytics/handler.rs @00682b7"
_TYPES = "rust/capture/src/v1/analytics/types.rs @00ddd03"
_PROCESS = "rust/capture/src/v1/analytics/process.rs @01cfdef"

_V0_RULES = (
    Rule(
        id="V0-1",
        looks_at="the form of a v0 request: no `event`, no token of a batch, `properties` that are not an "
        "object, a `timestamp`, `offset`, `uuid`, `$set` or `$set_once` of the wrong type, one field under "
        "two names",
        happens="The request is refused with 400: one such event rejects the whole batch.",
        effect=Effect.REFUSED,
        source=_EVENT,
    ),
    Rule(
        id="V0-2",
        looks_at="a v0 event with an empty name, or with a missing or blank distinct id",
        happens="The request is refused with 400.",
        effect=Effect.REFUSED,
        source=_V0,
        versions="Older versions call a blank id empty, newer ones missing.",
    ),
    Rule(
        id="V0-3",
        looks_at="a `$cookieless_mode` that is null or otherwise not a boolean",
        happens="The request is refused with 400.",
        effect=Effect.REFUSED,
        source=_V0,
    ),
    Rule(
        id="V0-4",
        looks_at="a distinct id of more than 200 characters",
        happens="The id is truncated to the first 200.",
        effect=Effect.CHANGED,
        source=_EVENT,
        warning="distinct_id_truncated",
        versions="Older versions do not give a warning.",
    ),
    Rule(
        id="V0-5",
        looks_at="a distinct id with leading or trailing whitespace, or that is not a string",
        happens="Whitespace remains part of the id; a value that is not a string becomes its JSON text.",
        effect=Effect.CHANGED,
        source=_EVENT,
    ),
    Rule(
        id="V0-6",
        looks_at="an event name of more than 200 UTF-16 units",
        happens="The name is truncated to the first 200, after the 200 OK.",
        effect=Effect.CHANGED,
        source="nodejs/src/utils/db/utils.ts @0423c69",
    ),
    Rule(
        id="V0-7",
        looks_at="a body of more than 20 MiB, on the wire or decompressed",
        happens="The request is refused with 413.",
        effect=Effect.REFUSED,
        source="rust/capture/src/payload/decompression.rs @027cd53",
        versions="Older versions answer 400.",
    ),
    Rule(
        id="V0-8",
        looks_at="`$performance_event` over v0",
        happens="The event is discarded; the response is 200, even if no other event is left.",
        effect=Effect.DROPPED,
        source=_REQUEST,
    ),
    Rule(
        id="V0-9",
        looks_at="a `$unset` next to the properties",
        happens="It is ignored; PostHog reads `$unset` only inside the properties.",
        effect=Effect.NOT_APPLIED,
        source=_EVENT,
    ),
)

_V1_RULES = (
    Rule(
        id="V1-1",
        looks_at="a v1 request without `Authorization`",
        happens="The request is refused with 401 `missing_authorization`, before other headers are checked.",
        effect=Effect.REFUSED,
        source=_CONTEXT,
    ),
    Rule(
        id="V1-2",
        looks_at="an `Authorization` that is not `Bearer` and a project's key",
        happens="Another scheme is refused with 400 `invalid_header_value`, a key of the wrong form with "
        "401 `invalid_api_token`. Case and extra spaces do not matter.",
        effect=Effect.REFUSED,
        source=_CONTEXT,
    ),
    Rule(
        id="V1-3",
        looks_at="the six other required headers",
        happens="The request is refused with 400 `missing_required_headers`, which names all missing ones.",
        effect=Effect.REFUSED,
        source="rust/capture/src/v1/constants.rs @00682b7",
    ),
    Rule(
        id="V1-4",
        looks_at="`Content-Type` and `Content-Encoding`",
        happens="A type other than application/json is refused with 415 `unsupported_content_type`; an "
        "encoding other than gzip, deflate, br and zstd, even `identity`, with 415 `unsupported_encoding`.",
        effect=Effect.REFUSED,
        source=_CONTEXT,
        versions="The inspector also refuses br and zstd: Python cannot read them before 3.14.",
    ),
    Rule(
        id="V1-5",
        looks_at="a request id that is not a uuid, an attempt below 1, a request timestamp not in RFC 3339, "
        "characters beyond ASCII",
        happens="The request is refused with 400 `invalid_header_value`.",
        effect=Effect.REFUSED,
        source=_CONTEXT,
    ),
    Rule(
        id="V1-6",
        looks_at="`PostHog-Sdk-Info`",
        happens="The header is split at its last slash into `$lib` and `$lib_version`. If a part is empty, "
        "or the header has more than 200 bytes, the event is stored without them.",
        effect=Effect.CHANGED,
        source=_CONTEXT,
    ),
    Rule(
        id="V1-7",
        looks_at="a v1 body that is empty, not JSON, or has no `created_at` or `batch`",
        happens="The request is refused with 400 `empty_body` or `request_parsing_error`.",
        effect=Effect.REFUSED,
        source=_HANDLER,
    ),
    Rule(
        id="V1-8",
        looks_at="`event`, `uuid`, `distinct_id`, `timestamp`, `session_id` and `window_id` of each event",
        happens="A field that is not a string (the last two may be null) rejects the batch with 400 "
        "`request_parsing_error`.",
        effect=Effect.REFUSED,
        source=_TYPES,
    ),
    Rule(
        id="V1-9",
        looks_at="an empty batch; a `created_at` that is not RFC 3339",
        happens="The batch is refused with 400 `empty_batch` or `invalid_batch`.",
        effect=Effect.REFUSED,
        source=_PROCESS,
        warning="empty_batch, invalid_batch",
    ),
    Rule(
        id="V1-10",
        looks_at="a blank, malformed or duplicate uuid, in any spelling",
        happens="The batch is refused with 400 `missing_event_uuid`, `invalid_event_uuid` or "
        "`duplicate_event_uuid`.",
        effect=Effect.REFUSED,
        source=_PROCESS,
        warning="missing_event_uuid, invalid_event_uuid, duplicate_event_uuid",
    ),
    Rule(
        id="V1-11",
        looks_at="in this order: `$performance_event`; an empty name; a name over 200 bytes; a blank "
        "distinct id; a distinct id over 200 bytes; a timestamp not in RFC 3339; properties that are not an "
        "object",
        happens="The event is dropped, and the result says why.",
        effect=Effect.DROPPED,
        source=_PROCESS,
        warning="the detail of the result, except for dropped_performance_event",
    ),
    Rule(
        id="V1-12",
        looks_at="options that are not an object, or an option of the wrong type",
        happens="The event is dropped.",
        effect=Effect.DROPPED,
        source=_TYPES,
        warning="invalid_options",
    ),
    Rule(
        id="V1-13",
        looks_at="the options of an event",
        happens="The options become properties. Numbers and the strings true, false, 1 and 0 count as "
        "booleans; null and unknown names are ignored.",
        effect=Effect.CHANGED,
        source=_TYPES,
    ),
    Rule(
        id="V1-14",
        looks_at="a distinct id on PostHog's list of illegal ids, in any case",
        happens="The event is stored without a person, regardless of its own properties; the detail of its "
        "result is `person_processing_disabled`.",
        effect=Effect.PERSONLESS,
        source=_PROCESS,
        versions="The result is `ok` in the version that was read, `warning` in others.",
    ),
    Rule(
        id="V1-15",
        looks_at="too many events of one distinct id (in the inspector, a failure with the result `warning`)",
        happens="The events are stored without a person, with the result `warning`.",
        effect=Effect.PERSONLESS,
        source=_PROCESS,
        warning="high_volume_distinct_id",
    ),
    Rule(
        id="V1-16",
        looks_at="an event that the queue does not accept",
        happens="The result is `retry` with `not_persisted` if the queue is busy, and `drop` with "
        "`event_too_big` above its limit.",
        effect=Effect.DROPPED,
        source=_PROCESS,
    ),
    Rule(
        id="V1-17",
        looks_at="`$set` or `$set_once` next to the properties of a v1 event",
        happens="It is ignored; PostHog reads both only inside the properties.",
        effect=Effect.NOT_APPLIED,
        source=_TYPES,
    ),
    Rule(
        id="V1-18",
        looks_at="a v1 distinct id with leading or trailing whitespace",
        happens="The id is trimmed, whereas v0 keeps the whitespace.",
        effect=Effect.CHANGED,
        source=_TYPES,
    ),
)

_TIME_RULES = (
    Rule(
        id="TI-1",
        looks_at="a v0 timestamp that is not RFC 3339",
        happens="A number is seconds or milliseconds since 1970, a time without an offset is UTC, and an "
        "unreadable time is replaced by the time of arrival.",
        effect=Effect.CHANGED,
        source=_TIMESTAMP,
    ),
    Rule(
        id="TI-2",
        looks_at="a time more than 23 hours in the future, after the correction of clock skew",
        happens="It is replaced by the time of arrival.",
        effect=Effect.CHANGED,
        source=f"{_TIMESTAMP}; {_PROCESS}",
    ),
    Rule(
        id="TI-3",
        looks_at="a v1 time in the future with `disable_skew_correction`",
        happens="It is stored unchanged.",
        effect=Effect.APPLIED,
        source=_PROCESS,
    ),
    Rule(
        id="TI-4",
        looks_at="a v1 timestamp in another form of ISO 8601, such as `20261130T100000Z`",
        happens="The event is dropped.",
        effect=Effect.DROPPED,
        source=_PROCESS,
        warning="invalid_event_timestamp",
    ),
    Rule(
        id="TI-5",
        looks_at="a v0 time before the year 0",
        happens="It is stored as 1970-01-01.",
        effect=Effect.CHANGED,
        source=_TIMESTAMP,
    ),
    Rule(
        id="UU-1",
        looks_at="a v0 event without a uuid",
        happens="It gets a random UUIDv7 with the event's time, so that a second delivery is a second event.",
        effect=Effect.CHANGED,
        source=_V0,
        versions="In older versions the uuid has the time of arrival.",
    ),
)

RULES = (*_V0_RULES, *_V1_RULES, *_TIME_RULES)
