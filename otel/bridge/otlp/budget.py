"""The budget of one request: how much it may hold, counted before it is decoded and before it is mapped.

A few KiB of gzip can hold millions of empty spans. What a request costs must follow from its size.
"""

from __future__ import annotations

from contextlib import suppress

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel.bridge.otlp._salvage import LEVELS, items_number
from otel.bridge.otlp.refusal import over_budget

__all__ = ["LIMIT", "Budget", "check_events", "check_json", "check_protobuf", "count_events", "cpu_seconds"]

# The Collector's batches have half a MiB, and at most 24 MiB (`max_size` in collector-config.yaml), because a
# single span may have 20. With the number of concurrent requests, the limit bounds a replica's memory.
LIMIT = 32 * 1024 * 1024

# A span of a real program has some hundred bytes, so the largest request has about 100,000. In memory, even
# an empty one has 200 bytes.
_MAX_ITEMS = 2**18
# The events of spans: one for each 20 bytes, as its name and time have more, and half a million at most. A
# small request may have more of them, which takes little time.
_BYTES_PER_EVENT = 20
_MAX_EVENTS = 2**19
_FEW_EVENTS = 10_000
# The attributes, events and links of all spans or log records: twenty of each of 100,000.
_MAX_PARTS = 2**21
# Objects and arrays of a JSON request, of which an attribute has two in about 50 bytes.
_MAX_JSON = 2**21

# A batch of 512 KiB takes 0.05 s, so this is twenty times as long as needed.
_SECONDS = 1.0
_SECONDS_PER_BYTE = 1.5 / 2**20

# The smallest part of a message, in bytes: its tag, and its length or value.
_SMALLEST = 2

# Protobuf's wire types, of which groups (3 and 4) have no content of their own, and 6 and 7 are invalid.
_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT = 10


class Budget:
    """The number of groups, spans and log records that a request may still hold. Confined to one thread."""

    def __init__(self) -> None:
        self._items = 0

    def spend(self, items: int) -> None:
        """Account for groups, spans or log records.

        Args:
            items: their number.

        Raises:
            Refused: if they are too many.
        """
        self._items += items
        if self._items > _MAX_ITEMS:
            msg = f"it has more than {_MAX_ITEMS} groups, spans or log records"
            raise over_budget(msg, self._items)


def cpu_seconds(size: int) -> float:
    """Return the CPU time that mapping a request may take.

    Args:
        size: of the decompressed body, in bytes.
    """
    return _SECONDS + _SECONDS_PER_BYTE * size


def check_json(raw: bytes) -> None:
    """Refuse a JSON request of too many objects and arrays, before they are created.

    Args:
        raw: the request.

    Raises:
        Refused: if they are too many.
    """
    if len(raw) > _SMALLEST * _MAX_JSON and raw.count(b"{") + raw.count(b"[") > _MAX_JSON:
        msg = f"it has more than {_MAX_JSON} objects and arrays"
        raise over_budget(msg)


def check_protobuf(raw: bytes) -> None:
    """Refuse a protobuf request of too many spans, log records, or parts of them, before they are created.

    A request that cannot hold as many is not read.

    Args:
        raw: the request.

    Raises:
        Refused: if they are too many.
    """
    if len(raw) > _SMALLEST * _MAX_ITEMS:
        with suppress(IndexError):  # cut short, which the decoder reports
            _Scan(raw, counts_parts=len(raw) > _SMALLEST * _MAX_PARTS).read(LEVELS, 0, len(raw))


def check_events(request: Message, size: int) -> None:
    """Refuse a decoded request of too many span events, before they are mapped.

    Args:
        request: the message.
        size: of the decompressed body, in bytes.

    Raises:
        Refused: if they are too many.
    """
    if size > _SMALLEST * _FEW_EVENTS and isinstance(request, ExportTraceServiceRequest):
        events = count_events(request)
        most = max(_FEW_EVENTS, min(size // _BYTES_PER_EVENT, _MAX_EVENTS))
        if events > most:
            msg = f"it has {events} span events, and {most} are allowed for its size"
            raise over_budget(msg)


def count_events(request: Message) -> int:
    """Return the number of span events, or of log records.

    Args:
        request: a decoded request.
    """
    if isinstance(request, ExportTraceServiceRequest):
        return sum(
            len(span.events)
            for group in request.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        )
    if isinstance(request, ExportLogsServiceRequest):
        return sum(len(scope.log_records) for group in request.resource_logs for scope in group.scope_logs)
    return 0


class _Scan:
    """A walk through the fields of a protobuf request, down to those of its spans or log records.

    Confined to one thread.
    """

    def __init__(self, raw: bytes, *, counts_parts: bool) -> None:
        self._raw = raw
        self._counts_parts = counts_parts
        self._budget = Budget()
        self._parts = 0

    def read(self, levels: int, at: int, end: int) -> None:
        number = items_number(levels)
        while at < end:
            tag, at = self._varint(at)
            wire = tag & 7
            if wire == _DELIMITED:
                size, at = self._varint(at)
                if not levels:
                    self._spend_part()
                elif tag >> 3 == number:
                    self._budget.spend(1)
                    if levels > 1 or self._counts_parts:
                        self.read(levels - 1, at, min(at + size, end))
                at += size
            elif wire == _VARINT:
                _, at = self._varint(at)
            elif wire == _FIXED64:
                at += 8
            elif wire == _FIXED32:
                at += 4
            elif wire > _FIXED32:
                return

    def _varint(self, at: int) -> tuple[int, int]:
        """Return a number and the position after it; the end of the request if the number is invalid."""
        raw = self._raw
        byte = raw[at]
        if byte < 0x80:
            return byte, at + 1
        value = byte & 0x7F
        for length in range(1, _MAX_VARINT):
            byte = raw[at + length]
            value |= (byte & 0x7F) << 7 * length
            if byte < 0x80:
                return value, at + length + 1
        return 0, len(raw)

    def _spend_part(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            msg = f"its spans or log records have more than {_MAX_PARTS} attributes, events and links"
            raise over_budget(msg, self._parts)
