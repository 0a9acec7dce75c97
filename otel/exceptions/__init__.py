"""Exceptions: from the live object or its recorded traceback text to PostHog's `$exception_list`."""

from otel.exceptions._exception_list import exception_list
from otel.exceptions._fingerprint import fingerprint
from otel.exceptions._hooks import BY_HAND, BY_LOGGER, Hook, hook_of
from otel.exceptions._live import ExceptionSnapshot
from otel.exceptions._model import UNKNOWN_TYPE, ExceptionInfo, Frame
from otel.exceptions._parse import parse_stacktrace
from otel.exceptions._raise_site import raise_site

__all__ = [
    "BY_HAND",
    "BY_LOGGER",
    "UNKNOWN_TYPE",
    "ExceptionInfo",
    "ExceptionSnapshot",
    "Frame",
    "Hook",
    "exception_list",
    "fingerprint",
    "hook_of",
    "parse_stacktrace",
    "raise_site",
]
