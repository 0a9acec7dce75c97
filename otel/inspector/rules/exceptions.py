"""Rules about `$exception` events, and the issues that PostHog's error tracking creates from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from otel.inspector.project.issues import automatic_fingerprint, client_fingerprint, frames_of
from otel.inspector.rules._project import Event
from otel.inspector.rules._rule import Effect, Rule
from otel.inspector.rules.frames import Fault, stored_frame, trace_faults
from otel.inspector.rules.persons import ignore_updates

__all__ = ["RULES", "process"]

CT = "rust/cymbal/src/modes/processing/types/mod.rs @06430ce"
CX = "rust/cymbal/src/modes/processing/types/exception_event.rs @041a61d"
CN = "rust/cymbal/src/modes/processing/normalization.rs @0495bbb"
CE = "rust/cymbal/src/core/types/exception.rs, mod.rs @0016528"
CP = (
    "rust/cymbal/src/modes/processing/: stages/grouping/fingerprint.rs @1edccf6, http_pipeline.rs @21bd580, "
    "event_release.rs @4527478"
)
ET = (
    "nodejs/src/ingestion/pipelines/errortracking/: error-tracking-pipeline.ts @00e596b, "
    "prepare-event-step.ts @25eee97"
)
ROG = "nodejs/src/ingestion/common/steps/event-processing/readonly-process-groups-step.ts @728597e"
_WARNING = "error_tracking_exception_processing_errors"
_DEDUCED = "Deduced from the types in PostHog's code."
_NO_ISSUE = "The event is stored but does not become an issue."

_VALUE_LIMIT, _TYPE_LIMIT, _NAME_LIMIT = 10_000, 255, 255  # bytes (CX)
_THREAD_LIMIT = 1 << 31
_CUT_NAMES = ("$issue_name", "$issue_description")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
# SDKs that send a chain's root first, or a stack's innermost frame first, and the first version that does
# not; None means that every version does. Source: CN, and for Python PostHog/posthog#73511, which is newer
# than the stored file.
_ROOT_FIRST: Mapping[str, tuple[int, ...] | None] = {"posthog-python": (7, 31, 0)}
_CRASH_FIRST: Mapping[str, tuple[int, ...] | None] = {
    "posthog-android": None, "posthog-elixir": None, "posthog-flutter": None, "posthog-go": (1, 19, 0),
    "posthog-java": None, "posthog-php": (4, 11, 0), "posthog-rs": (0, 19, 0), "posthog-server": None,
}  # fmt: skip


def _unread(number: int, looks_at: str, source: str = CE, versions: str = _DEDUCED) -> Rule:
    return Rule(
        id=f"EX-{number}",
        looks_at=looks_at,
        happens=_NO_ISSUE,
        effect=Effect.NO_ISSUE,
        source=source,
        warning=_WARNING,
        versions=versions,
    )


EX_1 = _unread(1, "$exception_list that is missing, empty, or not a list", f"{CT}; {CX}", "")
EX_2 = _unread(2, "an entry of $exception_list that is not an object, or whose type is not a string", CE, "")
EX_3 = Rule(
    id="EX-3",
    looks_at="the value of an exception",
    happens="A missing value becomes an empty string. If the value is null or not a string, the event does "
    "not become an issue.",
    effect=Effect.NO_ISSUE,
    source=CE,
    warning=_WARNING,
    versions=_DEDUCED,
)
EX_4 = Rule(
    id="EX-4",
    looks_at="module, mechanism, stacktrace or thread_id of an exception that is null",
    happens="The field counts as absent.",
    effect=Effect.APPLIED,
    source=CE,
    versions=_DEDUCED,
)
EX_5 = _unread(
    5,
    "another field of an exception, or of its mechanism, with a value of the wrong type, such as a "
    "thread_id over 2³¹ - 1 or handled: 'no'",
)
EX_6 = Rule(
    id="EX-6",
    looks_at="an outermost exception that does not say whether it was handled",
    happens="$exception_handled becomes false.",
    effect=Effect.CHANGED,
    source=CT,
)
EX_11 = _unread(
    11,
    "$exception_fingerprint, $issue_name, $issue_description, $exception_handled or $debug_images of the "
    "wrong type",
    CT,
)
EX_12 = Rule(
    id="EX-12",
    looks_at=f"a type over {_TYPE_LIMIT} bytes, a value over {_VALUE_LIMIT:,}, a $issue_name or "
    f"$issue_description over {_NAME_LIMIT}",
    happens="The text is truncated and ends in three dots.",
    effect=Effect.CHANGED,
    source=CX,
    versions="Older code truncates only the value.",
)
EX_13 = Rule(
    id="EX-13",
    looks_at="$exception_fingerprint",
    happens="The fingerprint decides the issue; over 64 bytes, its SHA-512 does.",
    effect=Effect.APPLIED,
    source=CP,
)
EX_14 = Rule(
    id="EX-14",
    looks_at="$lib: posthog-python before 7.31.0, or one of eight SDKs that send the innermost frame first",
    happens="PostHog reverses $exception_list, or each stack's frames, before grouping.",
    effect=Effect.CHANGED,
    source=f"{CN}; PostHog/posthog#73511",
    versions="The stored file does not know that posthog-python 7.31.0 and later send the outermost first.",
)
EX_15 = Rule(
    id="EX-15",
    looks_at="$groups of an $exception, with or without person processing",
    happens="The event is filed under groups whose type is known. It does not register a type or create a "
    "person.",
    effect=Effect.APPLIED,
    source=f"{ET}; {ROG}",
    versions="Older builds process it like any other event.",
)
EX_16 = Rule(
    id="EX-16",
    looks_at="$release_id",
    happens="If the id is the UUID of a release, the event is filed under that release; the inspector "
    "accepts any UUID.",
    effect=Effect.APPLIED,
    source=CP,
)
EX_17 = Rule(
    id="EX-17",
    looks_at="an exception that a project's rule suppresses (--suppress)",
    happens="The event is dropped.",
    effect=Effect.DROPPED,
    source=f"{CP}; {ET}",
)
RULES = (EX_1, EX_2, EX_3, EX_4, EX_5, EX_6, EX_11, EX_12, EX_13, EX_14, EX_15, EX_16, EX_17)


def process(event: Event) -> None:
    """Add an event to its issue, or record why PostHog does not. Persons are not created or updated.

    Args:
        event: an `$exception`.
    """
    for rule, message in _faults(event):
        if event.apply(rule, message):
            break
    else:
        _make_issue(event)
    if event.is_dropped:
        return
    _file_in_known_groups(event)
    ignore_updates(event)
    event.project.persons.count_event(event.distinct_id, event.timestamp)


def _faults(event: Event) -> Iterator[Fault]:
    properties = event.properties
    exceptions = properties.get("$exception_list")
    if not isinstance(exceptions, list) or not exceptions:
        yield EX_1, "$exception_list is missing, empty, or not a list"
        return
    for number, exception in enumerate(exceptions):
        yield from _exception_faults(event, exception, f"exception {number}")
    for name in ("$exception_fingerprint", *_CUT_NAMES):
        if not isinstance(properties.get(name), str | None):
            yield EX_11, f"{name} is not a string"
    if not isinstance(properties.get("$exception_handled"), bool | None):
        yield EX_11, "$exception_handled is neither true nor false"
    images = properties.get("$debug_images", [])
    if not isinstance(images, list) or not all(_is_image(one) for one in images):
        yield EX_11, "$debug_images is not a list of images with debug_id and image_addr"


def _exception_faults(event: Event, exception: object, name: str) -> Iterator[Fault]:
    if not isinstance(exception, dict) or not isinstance(exception.get("type"), str):
        yield EX_2, f"{name} has no type"
        return
    if not isinstance(exception.get("value", ""), str):
        yield EX_3, f"the value of {name} is {exception['value']!r:.60}, not a string"
    thread = exception.get("thread_id")
    is_thread = type(thread) is int and -_THREAD_LIMIT <= thread < _THREAD_LIMIT
    checks = {
        "module": isinstance(exception.get("module"), str),
        "mechanism": isinstance(exception.get("mechanism"), dict),
        "stacktrace": True,  # checked below
        "thread_id": is_thread,
    }
    for field, is_right in checks.items():
        if field not in exception:
            continue
        if exception[field] is None:
            if not event.apply(EX_4):
                yield EX_5, f"{field} of {name} is null"
        elif not is_right:
            yield EX_5, f"{field} of {name} is {exception[field]!r:.60}"
    if not isinstance(exception.get("id"), str | None):
        yield EX_5, f"id of {name} is not a string"
    mechanism = exception.get("mechanism")
    if isinstance(mechanism, dict):
        for field, kind in (("handled", bool), ("synthetic", bool), ("type", str), ("source", str)):
            if not isinstance(mechanism.get(field), kind | None):
                yield EX_5, f"{field} in the mechanism of {name} is {mechanism[field]!r:.60}"
    if exception.get("stacktrace") is not None:
        for rule, message in trace_faults(exception["stacktrace"]):
            yield rule, f"{message}, in {name}"


def _is_image(image: object) -> bool:
    return isinstance(image, dict) and all(
        isinstance(image.get(name), str) for name in ("debug_id", "image_addr")
    )


def _make_issue(event: Event) -> None:
    properties = event.properties
    listed = properties.get("$exception_list")
    exceptions = [
        _stored(event, one) for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict)
    ]
    _put_in_order(event, exceptions)
    suppressed = event.project.settings.suppressed_types
    if any(str(one.get("type")) in suppressed for one in exceptions) and event.apply(EX_17):
        return
    for name in _CUT_NAMES:
        if isinstance(properties.get(name), str):
            cut = _cut(event, properties[name], _NAME_LIMIT)
            if cut != properties[name]:
                event.change(name, cut)
    own = properties.get("$exception_fingerprint")
    if isinstance(own, str) and event.apply(EX_13):
        event.issue = client_fingerprint(own)
    else:
        event.issue = automatic_fingerprint(exceptions)
    handled = _handled(exceptions)
    if handled is None and event.apply(EX_6):
        handled = False
        event.change("$exception_handled", False)
    release = properties.get("$release_id")
    is_release = isinstance(release, str) and bool(_UUID.fullmatch(release)) and event.apply(EX_16)
    event.project.issues.add(
        event.issue,
        uuid=event.uuid,
        distinct_id=event.distinct_id,
        timestamp=event.timestamp,
        exceptions=exceptions,
        handled=handled,
        release=release if is_release else None,
        properties=properties,
    )


def _stored(event: Event, exception: Mapping[str, Any]) -> dict[str, Any]:
    stored = dict(exception)
    if "value" not in stored and event.apply(EX_3, effect=Effect.APPLIED):
        stored["value"] = ""
    for name, limit in (("type", _TYPE_LIMIT), ("value", _VALUE_LIMIT)):
        if isinstance(stored.get(name), str):
            stored[name] = _cut(event, stored[name], limit)
    frames = frames_of(exception)
    if frames:
        changed = [stored_frame(frame, event) for frame in frames]
        stored["stacktrace"] = {**exception["stacktrace"], "frames": changed}
    return stored


def _cut(event: Event, text: str, limit: int) -> str:
    if len(text) * 4 <= limit:
        return text
    encoded = text.encode(errors="replace")
    if len(encoded) <= limit or not event.apply(EX_12):
        return text
    return f"{encoded[: limit - 3].decode(errors='ignore')}..."


def _put_in_order(event: Event, exceptions: list[dict[str, Any]]) -> None:
    lib, version = event.properties.get("$lib"), event.properties.get("$lib_version")
    if not isinstance(lib, str):
        return
    if lib in _ROOT_FIRST and _is_before(version, _ROOT_FIRST[lib]) and event.apply(EX_14):
        exceptions.reverse()
    if lib in _CRASH_FIRST and _is_before(version, _CRASH_FIRST[lib]) and event.apply(EX_14):
        for one in exceptions:
            if frames_of(one):
                one["stacktrace"]["frames"].reverse()


def _is_before(version: object, flipped: tuple[int, ...] | None) -> bool:
    if flipped is None:
        return True
    numbers = (
        re.match(r"\s*[vV]?(\d+)(?:\.(\d+))?(?:\.(\d+))?", version) if isinstance(version, str) else None
    )
    return numbers is None or tuple(int(one or 0) for one in numbers.groups()) < flipped


def _handled(exceptions: list[dict[str, Any]]) -> bool | None:
    mechanism = exceptions[0].get("mechanism") if exceptions else None
    handled = mechanism.get("handled") if isinstance(mechanism, dict) else None
    return handled if isinstance(handled, bool) else None


def _file_in_known_groups(event: Event) -> None:
    named = event.properties.get("$groups")
    if not isinstance(named, dict):
        return
    groups = event.project.groups
    for group_type, key in named.items():
        if group_type not in groups.types or not isinstance(key, str) or not key:
            event.apply(EX_15, effect=Effect.DETACHED)
        elif event.apply(EX_15):
            groups.count_event(group_type, key, event.timestamp)
