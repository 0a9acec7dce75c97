"""Recording: what the developer's verbs do, and how events leave the request."""

from otel.recording._recorder import OnCommit, Recorder, RecordingError
from otel.recording.emitters import Emitter, LogEmitter, SpanEmitter, SpanRoom

__all__ = ["Emitter", "LogEmitter", "OnCommit", "Recorder", "RecordingError", "SpanEmitter", "SpanRoom"]
