"""The developer's verbs: `record` and its relatives."""

from otel.recording._api import (
    alias_visitor,
    install_recorder,
    record,
    record_error,
    record_named,
    set_group,
    set_person,
)
from otel.recording._recorder import OnCommit, Recorder, RecordingError
from otel.recording.emitters import LogEmitter, SpanEmitter

__all__ = [
    "LogEmitter",
    "OnCommit",
    "Recorder",
    "RecordingError",
    "SpanEmitter",
    "alias_visitor",
    "install_recorder",
    "record",
    "record_error",
    "record_named",
    "set_group",
    "set_person",
]
