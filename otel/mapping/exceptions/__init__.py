"""Exceptions: from the live object or its recorded traceback to PostHog's `$exception_list`."""

from otel.mapping.exceptions._fingerprint import fingerprint
from otel.mapping.exceptions._hooks import BY_HAND, Hook, hook_of
from otel.mapping.exceptions._live import LiveException
from otel.mapping.exceptions._model import UNKNOWN_TYPE, Frame, ParsedException
from otel.mapping.exceptions._parse import parse_stacktrace
from otel.mapping.exceptions._wire import exception_list
from otel.scrubbing import scrub

__all__ = [
    "BY_HAND",
    "UNKNOWN_TYPE",
    "Frame",
    "Hook",
    "LiveException",
    "ParsedException",
    "exception_list",
    "fingerprint",
    "hook_of",
    "parse_stacktrace",
    "scrub",
]
