"""Names of the attributes that carry identity on spans and span events, and names of our own span events."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ANON_DISTINCT_ID",
    "DELIVERED_SEPARATELY",
    "DISTINCT_ID",
    "ERROR",
    "EXCEPTION_CAPTURE",
    "EXCEPTION_EVENT",
    "GROUPIDENTIFY_EVENT",
    "GROUP_KEY",
    "GROUP_TYPE",
    "IDENTIFY_EVENT",
    "IDENTITY_ATTRIBUTES",
    "OPTED_OUT",
    "ORDINAL",
    "OWN_PREFIX",
    "POSTHOG_ONLY",
    "RELEASE_ID",
    "SESSION_ID",
    "SET_EVENT",
    "TASK_NAME",
    "USER_ID",
    "VIEW_NAME",
    "VISITOR_ID",
]

# OpenTelemetry's semantic conventions, registries `user`, `enduser` and `session`.
USER_ID: Final = "user.id"
VISITOR_ID: Final = "enduser.pseudo.id"
SESSION_ID: Final = "session.id"

# Our own attributes, under a prefix that is never part of a property's name.
OWN_PREFIX: Final = "posthog."
DISTINCT_ID: Final = "posthog.distinct_id"
OPTED_OUT: Final = "posthog.opted_out"
GROUP_TYPE: Final = "posthog.group_type"
GROUP_KEY: Final = "posthog.group_key"
ANON_DISTINCT_ID: Final = "posthog.anon_distinct_id"

# For the Collector. The events of a span with DELIVERED_SEPARATELY reach PostHog by another route: directly,
# or on a second span with the same ids, marked POSTHOG_ONLY. An error on the second span is complete in its
# span event `exception`.
DELIVERED_SEPARATELY: Final = "posthog.apart"
POSTHOG_ONLY: Final = "posthog.only"
ERROR: Final = "posthog.error"
# An event's position among those with the same span, name and time, where it travels without them; absent on
# the first one.
ORDINAL: Final = "posthog.ordinal"

# On a resource: the release of the program, if it differs from the release of the process that maps its
# events.
RELEASE_ID: Final = "posthog.release_id"

# The attributes to search for a person's id, in order; the first legal id is used.
IDENTITY_ATTRIBUTES: Final = (DISTINCT_ID, USER_ID, "enduser.id")

# The span event that the SDK's `record_exception` writes (semantic conventions, `exception`).
EXCEPTION_EVENT: Final = "exception"
# PostHog's name for the same event.
EXCEPTION_CAPTURE: Final = "$exception"
# PostHog's names for updates (`wire.md` section 3.2); span events with these names mean the same.
SET_EVENT: Final = "$set"
GROUPIDENTIFY_EVENT: Final = "$groupidentify"
IDENTIFY_EVENT: Final = "$identify"

# Attributes of the entry span that an error reports.
VIEW_NAME: Final = "django.view.name"
TASK_NAME: Final = "celery.task_name"  # written by opentelemetry-instrumentation-celery
