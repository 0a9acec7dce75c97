"""The names of the attributes that carry identity on spans and span events, and of our own span events."""

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

# OpenTelemetry's semantic conventions, registry `user`, `enduser` and `session`.
USER_ID: Final = "user.id"
VISITOR_ID: Final = "enduser.pseudo.id"
SESSION_ID: Final = "session.id"

# Ours, under a prefix of its own: never a property of an event.
OWN_PREFIX: Final = "posthog."
DISTINCT_ID: Final = "posthog.distinct_id"
OPTED_OUT: Final = "posthog.opted_out"
GROUP_TYPE: Final = "posthog.group_type"
GROUP_KEY: Final = "posthog.group_key"
ANON_DISTINCT_ID: Final = "posthog.anon_distinct_id"

# In the Collector. The events of a span that is `apart` leave by a way of their own: straight, or on another
# span with the same ids that is for PostHog `only`; an error there is whole in its span event `exception`.
DELIVERED_SEPARATELY: Final = "posthog.apart"
POSTHOG_ONLY: Final = "posthog.only"
ERROR: Final = "posthog.error"
# A log record's position among those of the same span, name and time, unless it is the first.
ORDINAL: Final = "posthog.ordinal"

# On a resource: the release that a program runs, where it is not the one of the process that maps its events.
RELEASE_ID: Final = "posthog.release_id"

# The order in which a person's id is looked for; the first that is legal counts.
IDENTITY_ATTRIBUTES: Final = (DISTINCT_ID, USER_ID, "enduser.id")

# The span event that the SDK's `record_exception` writes (semantic conventions, `exception`).
EXCEPTION_EVENT: Final = "exception"
# What it is called at PostHog.
EXCEPTION_CAPTURE: Final = "$exception"
# PostHog's own names for updates (`wire.md` section 3.2); as span events they mean the same.
SET_EVENT: Final = "$set"
GROUPIDENTIFY_EVENT: Final = "$groupidentify"
IDENTIFY_EVENT: Final = "$identify"

# What an error tells of the entry span that it ended.
VIEW_NAME: Final = "django.view.name"
TASK_NAME: Final = "celery.task_name"  # written by opentelemetry-instrumentation-celery
