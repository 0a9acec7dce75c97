"""Parts of the pipeline that fail on purpose; the variable HOST_FAULT selects the part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

from otel import pipeline
from otel.delivery.posthog.exporter import CaptureSink
from otel.envelope import Capture
from otel.events import Registry
from otel.events.declaration import Declaration


class FaultError(RuntimeError):
    pass


def fail() -> NoReturn:
    msg = "failed on purpose"
    raise FaultError(msg)


class UnlistableRegistry(Registry):
    """A registry that fails in the request, when a span's events are selected."""

    def __contains__(self, name: object) -> bool:
        fail()


class UnreadableRegistry(Registry):
    """A registry that fails in the exporter's thread, when events and errors are mapped."""

    def __contains__(self, name: object) -> bool:
        return True

    def get(self, name: str) -> Declaration | None:
        fail()


class FailingSink:
    """A sink that fails when captures are delivered."""

    def deliver(self, captures: Sequence[Capture], deadline: float | None = None) -> None:
        fail()

    def interrupt(self, deadline: float) -> None:
        fail()

    def close(self) -> None:
        fail()


def _install(registry: Registry | None = None, sink: CaptureSink | None = None) -> None:
    good = pipeline.running()
    assert good is not None
    pipeline.install(
        good.settings,
        registry=good.registry if registry is None else registry,
        sink=sink,
        on_commit=good.recorder.on_commit,
    )


FAULTS: dict[str, Callable[[], None]] = {
    "selecting": lambda: _install(UnlistableRegistry()),
    "mapping": lambda: _install(UnreadableRegistry()),
    "delivering": lambda: _install(sink=FailingSink()),
}
