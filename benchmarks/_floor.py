"""The floor: the least that an exporter can do."""

from __future__ import annotations

import gzip
import http.client
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, cast
from urllib.parse import urlsplit

import orjson

from benchmarks._batch_sizes import BATCH
from benchmarks._batches import QueuedEvents
from benchmarks._content import settings
from otel.envelope import Capture, Envelope
from otel.events import default_registry
from otel.mapping import Mapper

__all__ = ["Floor"]


class Floor:
    """The minimal work of an exporter: encode, compress and send ready-made events.

    Args:
        url: the inspector's URL.
        queued: the source of the events.
    """

    def __init__(self, url: str, queued: QueuedEvents) -> None:
        mapper = Mapper(default_registry, settings())
        events = cast("list[Envelope]", queued.batch())  # the processor's interface calls them spans
        captures = [one for event in events for one in mapper(event) if isinstance(one, Capture)]
        if len(captures) != BATCH:
            raise RuntimeError(len(captures))
        self._address = urlsplit(url).netloc
        self._ready = orjson.dumps([asdict(one) for one in captures])
        self._connection = http.client.HTTPConnection(self._address)

    def batch(self) -> list[Any]:
        """Return a batch of newly created events, because the events of the others are newly created too."""
        batch: list[Any] = orjson.loads(self._ready)
        return batch

    def send(self, level: int, batch: list[Any]) -> None:
        """Post a batch.

        Args:
            level: gzip's compression level.
            batch: the events.
        """
        packed = gzip.compress(orjson.dumps({"api_key": "phc_benchmark", "batch": batch}), level)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        try:
            self._connection.request("POST", "/batch/", packed, headers)
            answer = self._connection.getresponse()
        except ConnectionError:  # the server closed the connection while the other ways were measured
            self._connection = http.client.HTTPConnection(self._address)
            self._connection.request("POST", "/batch/", packed, headers)
            answer = self._connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(answer.status)

    def timed(self, batches: int, level: int = 1) -> Callable[[], float]:
        """Return a function that measures the CPU time of the thread in µs per event.

        Args:
            batches: the number of batches in a measurement.
            level: gzip's compression level; 1, the fastest, by default.
        """

        def once() -> float:
            spent = 0.0
            for _ in range(batches):
                batch = self.batch()
                began = time.thread_time()
                self.send(level, batch)
                spent += time.thread_time() - began
            return spent / (batches * BATCH) * 1e6

        return once
