"""The SDK's hooks: which spans and log records carry something for PostHog."""

from otel.selecting._ending import ends_abnormally
from otel.selecting._logged import loggers_repeat_errors
from otel.selecting.log_processor import PostHogLogProcessor
from otel.selecting.queue_emitter import QueueEmitter
from otel.selecting.sampler import RecordingSampler
from otel.selecting.selected import RecordedEvent, Selected, SelectedSpan
from otel.selecting.span_processor import PostHogSpanProcessor

__all__ = [
    "PostHogLogProcessor",
    "PostHogSpanProcessor",
    "QueueEmitter",
    "RecordedEvent",
    "RecordingSampler",
    "Selected",
    "SelectedSpan",
    "ends_abnormally",
    "loggers_repeat_errors",
]
