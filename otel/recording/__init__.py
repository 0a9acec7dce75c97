"""The request's side: recording events, stamping identity, sampling, and selecting spans."""

from otel.identity import (
    FixedIdentity,
    Identity,
    IdentitySource,
    current_identity,
    enter_identity,
    identified,
    leave_identity,
)
from otel.recording._api import (
    install_recorder,
    join_visitor,
    record,
    record_error,
    record_named,
    set_group,
    set_person,
)
from otel.recording._recorder import Defer, Recorder, RecordingError
from otel.recording.carriers import LogCarrier, SpanCarrier
from otel.selecting.log_processor import PostHogLogProcessor, log_record_of
from otel.selecting.sampler import RecordingSampler
from otel.selecting.selected import SelectedSpan
from otel.selecting.span_processor import PostHogSpanProcessor

__all__ = [
    "Defer",
    "FixedIdentity",
    "Identity",
    "IdentitySource",
    "LogCarrier",
    "PostHogLogProcessor",
    "PostHogSpanProcessor",
    "Recorder",
    "RecordingError",
    "RecordingSampler",
    "SelectedSpan",
    "SpanCarrier",
    "current_identity",
    "enter_identity",
    "identified",
    "install_recorder",
    "join_visitor",
    "leave_identity",
    "log_record_of",
    "record",
    "record_error",
    "record_named",
    "set_group",
    "set_person",
]
