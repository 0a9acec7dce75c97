"""The developer's verbs: `record` and its relatives."""

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

__all__ = [
    "Defer",
    "LogCarrier",
    "Recorder",
    "RecordingError",
    "SpanCarrier",
    "install_recorder",
    "join_visitor",
    "record",
    "record_error",
    "record_named",
    "set_group",
    "set_person",
]
