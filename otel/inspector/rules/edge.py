"""The rules of the door: what PostHog's capture service refuses, drops or changes before it answers."""

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
        looks_at="the form of a v0 request: no `event`, no token of a batch, null or other `properties`, "
        "a `timestamp`, `offset`, `uuid`, `$set` or `$set_once` of a wrong type, one field under two names",
        happens="the request is refused with 400: one such event rejects the whole batch",
        effect=Effect.REFUSED,
        source=_EVENT,
    ),
    Rule(
        id="V0-2",
        looks_at="a v0 event with an empty name, or without a distinct id that is more than whitespace",
        happens="the request is refused with 400",
        effect=Effect.REFUSED,
        source=_V0,
        versions="older ones call a blank id empty, newer ones missing",
    ),
    Rule(
        id="V0-3",
        looks_at="a `$cookieless_mode` that is not a boolean, null included",
        happens="the request is refused with 400",
        effect=Effect.REFUSED,
        source=_V0,
    ),
    Rule(
        id="V0-4",
        looks_at="a distinct id of more than 200 characters",
        happens="it is cut to the first 200",
        effect=Effect.CHANGED,
        source=_EVENT,
        warning="distinct_id_truncated",
        versions="older ones give no warning",
    ),
    Rule(
        id="V0-5",
        looks_at="a distinct id with outer whitespace, or that is not a string",
        happens="the whitespace stays a part of the id; any other value becomes its JSON text",
        effect=Effect.CHANGED,
        source=_EVENT,
    ),
    Rule(
        id="V0-6",
        looks_at="an event name of more than 200 UTF-16 units",
        happens="it is cut to the first 200, after the 200 OK",
        effect=Effect.CHANGED,
        source="nodejs/src/utils/db/utils.ts @0423c69",
    ),
    Rule(
        id="V0-7",
        looks_at="a body of more than 20 MiB, on the wire or decompressed",
        happens="the request is refused with 413",
        effect=Effect.REFUSED,
        source="rust/capture/src/payload/decompression.rs @027cd53",
        versions="older ones answer 400",
    ),
    Rule(
        id="V0-8",
        looks_at="`$performance_event` over v0",
        happens="the event is discarded; the answer is 200, even if nothing else is left",
        effect=Effect.DROPPED,
        source=_REQUEST,
    ),
    Rule(
        id="V0-9",
        looks_at="a `$unset` beside the properties",
        happens="it is ignored: only one among the properties counts",
        effect=Effect.NOT_APPLIED,
        source=_EVENT,
    ),
)

_V1_RULES = (
    Rule(
        id="V1-1",
        looks_at="a v1 request without `Authorization`",
        happens="the request is refused with 401 `missing_authorization`, before the other headers count",
        effect=Effect.REFUSED,
        source=_CONTEXT,
    ),
    Rule(
        id="V1-2",
        looks_at="an `Authorization` that is not `Bearer` and a project's key",
        happens="another scheme is refused with 400 `invalid_header_value`, a key of the wrong form with "
        "401 `invalid_api_token`; case and extra spaces do not matter",
        effect=Effect.REFUSED,
        source=_CONTEXT,
    ),
    Rule(
        id="V1-3",
        looks_at="the six other required headers",
        happens="the request is refused with 400 `missing_required_headers`, which names all missing ones",
        effect=Effect.REFUSED,
        source="rust/capture/src/v1/constants.rs @00682b7",
    ),
    Rule(
        id="V1-4",
        looks_at="`Content-Type` and `Content-Encoding`",
        happens="what is not application/json is refused with 415 `unsupported_content_type`; what is not "
        "one of gzip, deflate, br and zstd, `identity` included, with 415 `unsupported_encoding`",
        effect=Effect.REFUSED,
        source=_CONTEXT,
        versions="this inspector refuses br and zstd, too: Python cannot read them before 3.14",
    ),
    Rule(
        id="V1-5",
        looks_at="a request id that is not a uuid, an attempt below 1, a request timestamp not in RFC 3339, "
        "characters beyond ASCII",
        happens="the request is refused with 400 `invalid_header_value`",
        effect=Effect.REFUSED,
        source=_CONTEXT,
    ),
    Rule(
        id="V1-6",
        looks_at="`PostHog-Sdk-Info`",
        happens="it is split at its last slash into `$lib` and `$lib_version`; where a part is empty, or the "
        "whole has more than 200 bytes, the event is stored without them",
        effect=Effect.CHANGED,
        source=_CONTEXT,
    ),
    Rule(
        id="V1-7",
        looks_at="a v1 body that is empty, not JSON, or has no `created_at` or `batch`",
        happens="the request is refused with 400 `empty_body` or `request_parsing_error`",
        effect=Effect.REFUSED,
        source=_HANDLER,
    ),
    Rule(
        id="V1-8",
        looks_at="`event`, `uuid`, `distinct_id`, `timestamp`, `session_id` and `window_id` of each event",
        happens="one that is not a string (the last two may be null) rejects the batch with 400 "
        "`request_parsing_error`",
        effect=Effect.REFUSED,
        source=_TYPES,
    ),
    Rule(
        id="V1-9",
        looks_at="an empty batch; a `created_at` that is not RFC 3339",
        happens="the batch is refused with 400 `empty_batch` or `invalid_batch`",
        effect=Effect.REFUSED,
        source=_PROCESS,
        warning="empty_batch, invalid_batch",
    ),
    Rule(
        id="V1-10",
        looks_at="a blank or malformed uuid, or one that is there twice in any spelling",
        happens="the batch is refused with 400 `missing_event_uuid`, `invalid_event_uuid` or "
        "`duplicate_event_uuid`",
        effect=Effect.REFUSED,
        source=_PROCESS,
        warning="missing_event_uuid, invalid_event_uuid, duplicate_event_uuid",
    ),
    Rule(
        id="V1-11",
        looks_at="in this order: `$performance_event`; an empty name; one over 200 bytes; a blank "
        "distinct id; one over 200 bytes; a timestamp not in RFC 3339; properties that are not an object",
        happens="that event is dropped, and the result says why",
        effect=Effect.DROPPED,
        source=_PROCESS,
        warning="the detail of the result, except for dropped_performance_event",
    ),
    Rule(
        id="V1-12",
        looks_at="options that are not an object, or one of a wrong type",
        happens="that event is dropped",
        effect=Effect.DROPPED,
        source=_TYPES,
        warning="invalid_options",
    ),
    Rule(
        id="V1-13",
        looks_at="the options of an event",
        happens="they become properties; numbers and the texts true, false, 1 and 0 count as booleans, null "
        "and unknown names are ignored",
        effect=Effect.CHANGED,
        source=_TYPES,
    ),
    Rule(
        id="V1-14",
        looks_at="a distinct id of the list of illegal ones, in any case",
        happens="the event is stored without a person, whatever it says; the detail of its result is "
        "`person_processing_disabled`",
        effect=Effect.PERSONLESS,
        source=_PROCESS,
        versions="the result is `ok` in the version read, `warning` in others",
    ),
    Rule(
        id="V1-15",
        looks_at="too many events of one distinct id; the inspector is told so by the result `warning`",
        happens="they are stored without a person, with the result `warning`",
        effect=Effect.PERSONLESS,
        source=_PROCESS,
        warning="high_volume_distinct_id",
    ),
    Rule(
        id="V1-16",
        looks_at="an event that the queue does not take",
        happens="`retry` with `not_persisted` if it was busy; `drop` with `event_too_big` above its limit",
        effect=Effect.DROPPED,
        source=_PROCESS,
    ),
    Rule(
        id="V1-17",
        looks_at="`$set` or `$set_once` beside the properties of a v1 event",
        happens="it is ignored: only one among the properties counts",
        effect=Effect.NOT_APPLIED,
        source=_TYPES,
    ),
    Rule(
        id="V1-18",
        looks_at="a v1 distinct id with outer whitespace",
        happens="it is trimmed, where v0 keeps the whitespace",
        effect=Effect.CHANGED,
        source=_TYPES,
    ),
)

_TIME_RULES = (
    Rule(
        id="TI-1",
        looks_at="a v0 timestamp that is not RFC 3339",
        happens="digits alone are seconds or milliseconds since 1970, a time without an offset is UTC, and "
        "what cannot be read is replaced by the time of arrival",
        effect=Effect.CHANGED,
        source=_TIMESTAMP,
    ),
    Rule(
        id="TI-2",
        looks_at="a time more than 23 hours ahead, once the clock's skew is corrected",
        happens="it is replaced by the time of arrival",
        effect=Effect.CHANGED,
        source=f"{_TIMESTAMP}; {_PROCESS}",
    ),
    Rule(
        id="TI-3",
        looks_at="a v1 time ahead with `disable_skew_correction`",
        happens="it is stored as it is",
        effect=Effect.APPLIED,
        source=_PROCESS,
    ),
    Rule(
        id="TI-4",
        looks_at="a v1 timestamp in another form of ISO 8601, such as `20261130T100000Z`",
        happens="that event is dropped",
        effect=Effect.DROPPED,
        source=_PROCESS,
        warning="invalid_event_timestamp",
    ),
    Rule(
        id="TI-5",
        looks_at="a v0 time before the year 0",
        happens="it is stored as 1970-01-01",
        effect=Effect.CHANGED,
        source=_TIMESTAMP,
    ),
    Rule(
        id="UU-1",
        looks_at="a v0 event without a uuid",
        happens="it gets a random UUIDv7 with the event's time, so that a second delivery is a second event",
        effect=Effect.CHANGED,
        source=_V0,
        versions="in older ones the uuid has the time of arrival",
    ),
)

RULES = (*_V0_RULES, *_V1_RULES, *_TIME_RULES)
