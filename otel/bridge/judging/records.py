"""The errors among the log records of one request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from otel.mapping.errors import ErrorRecord

__all__ = ["LoggedErrors"]

# The sightings of one exception that are compared; more loggers than this do not log the same one.
_MAX_COMPARED = 16


class _Sighting(NamedTuple):
    position: int
    error: ErrorRecord

    @property
    def frames(self) -> list[tuple[str, int, str]]:
        return [frame[:3] for frame in self.error.exceptions[0].frames]


class LoggedErrors:
    """The errors of one request's log records, each one once. Confined to one thread."""

    def __init__(self) -> None:
        self._alone: list[_Sighting] = []
        self._in_traces: dict[tuple[int, str, str], list[_Sighting]] = {}

    def add(self, position: int, error: ErrorRecord) -> None:
        """Add the error of a log record.

        Args:
            position: the record's position in the request.
            error: from `Record.error`.
        """
        sighting = _Sighting(position, error)
        if not error.raise_site:
            self._alone.append(sighting)
            return
        key = error.envelope.trace_id, error.raise_site, error.exceptions[0].message
        known = self._in_traces.setdefault(key, [])
        for index, other in enumerate(known[-_MAX_COMPARED:], max(len(known) - _MAX_COMPARED, 0)):
            if _is_same(other, sighting):
                if len(sighting.frames) > len(other.frames):
                    known[index] = sighting  # logged further out, where the span of the request is
                return
        known.append(sighting)

    def __iter__(self) -> Iterator[tuple[int, ErrorRecord]]:
        yield from self._alone
        ordinals: dict[tuple[int, int, str], int] = {}
        for found in self._in_traces.values():
            for position, error in found:
                key = error.envelope.trace_id, error.envelope.span_id, error.raise_site
                error.envelope.ordinal = ordinals.get(key, 0)
                ordinals[key] = error.envelope.ordinal + 1
                yield position, error


def _is_same(one: _Sighting, other: _Sighting) -> bool:
    """Whether two sightings with the same raise site and message are the same exception.

    A Python traceback reaches from the place that logs the exception to the raise site. Traces of different
    lengths are therefore of one exception on its way, and equal ones of a loop in which it is raised again.
    Exceptions of other languages keep the trace of the place where they were created.
    """
    if one.error.envelope.time_unix_nano == other.error.envelope.time_unix_nano:
        return True  # two handlers of one logger
    shorter, longer = sorted((one.frames, other.frames), key=len)
    language = one.error.envelope.resource.get("telemetry.sdk.language")
    if language != "python":
        return shorter == longer
    return len(shorter) < len(longer) and longer[len(longer) - len(shorter) :] == shorter
