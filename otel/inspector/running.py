"""A running inspector inside the process, for tests and benchmarks."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from otel.inspector.app import create_app
from otel.inspector.rules import Project
from otel.inspector.state import State
from otel.inspector.store.store import CAPTURES_KEPT, Store
from otel.serving.listening import listen
from otel.serving.stand_in import serving

__all__ = ["InspectorError", "RunningInspector", "running_inspector"]

_HOST = "127.0.0.1"


class InspectorError(RuntimeError):
    """Raised if the inspector does not understand a request of ours."""


class RunningInspector:
    """A running inspector, asked over its own JSON what arrived.

    `http.client` is used because no OpenTelemetry instrumentation patches it: a test that looks at what its
    program sent adds no span of its own.

    Args:
        host: where it listens.
        port: where it listens.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self.url = f"http://{host}:{port}"

    def good(
        self,
        event: str | None = None,
        *,
        distinct_id: str | None = None,
        group: str | None = None,
        verdict: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return the captures that PostHog stores, oldest first, each with its `outcome`.

        Args:
            event: only those of this name.
            distinct_id: only those of this id.
            group: only those that name the group with this key, or the team with this slug.
            verdict: only those with this verdict, such as `kept`; `!kept` stands for all others.
        """
        filters = {"event": event, "distinct_id": distinct_id, "group": group, "verdict": verdict}
        asked = {name: value for name, value in filters.items() if value is not None}
        return self._list(f"good?{urlencode(asked, quote_via=quote)}")

    def all(self) -> dict[str, int]:
        """Return the counts `total`, `good`, `bad` and `duplicates`, and those of each verdict.

        `good` events are stored: `kept`, `not_applied`, `detached` or with `no_issue`. `bad` events are
        refused, or `dropped` after they were accepted.
        """
        counts: dict[str, int] = self._ask("GET", "all")
        return counts

    def bad(self) -> list[dict[str, Any]]:
        """Return what was refused at the door, or dropped after it was accepted, and why."""
        return self._list("bad")

    def warnings(self) -> list[dict[str, Any]]:
        """Return the ingestion warnings."""
        return self._list("warnings")

    def requests(self) -> list[dict[str, Any]]:
        """Return a record of each ingestion request."""
        return self._list("requests")

    def persons(self) -> list[dict[str, Any]]:
        """Return the persons."""
        return self._list("persons")

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups."""
        return self._list("groups")

    def errors(self) -> list[dict[str, Any]]:
        """Return the issues."""
        return self._list("errors")

    def definitions(self) -> dict[str, dict[str, str]]:
        """Return the types of properties, by `event`, `person` and `group`."""
        definitions: dict[str, dict[str, str]] = self._ask("GET", "definitions")
        return definitions

    def rules(self) -> list[dict[str, Any]]:
        """Return PostHog's rules, and how often each applied."""
        return self._list("rules")

    def funnel(self, steps: str = "") -> dict[str, Any]:
        """Return how far persons came.

        Args:
            steps: as in `a > b | c`; the configured ones by default.
        """
        funnel: dict[str, Any] = self._ask("GET", f"funnel?{urlencode({'steps': steps})}")
        return funnel

    def fail(self, **failure: Any) -> None:
        """Set what goes wrong with the next requests.

        Args:
            failure: fields of `otel.inspector.Failure`: status, count, delay, drop, lose_answer, retry_after,
                body, events, result.

        Raises:
            InspectorError: for what it does not understand.
        """
        self._ask("POST", "fail", failure)

    def flags(self, flags: Mapping[str, bool | str]) -> None:
        """Set the feature flags that it answers with.

        Args:
            flags: name and `True`, `False` or a variant.
        """
        self._ask("POST", "flags", dict(flags))

    def reset(self) -> None:
        """Forget what was received and set."""
        self._ask("POST", "reset")

    def _list(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("GET", path)
        return found

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=30)
        try:
            connection.request(method, f"/inspector/{path}", None if body is None else orjson.dumps(body))
            response = connection.getresponse()
            answer = orjson.loads(response.read())
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise InspectorError(answer["error"])
        return answer


@contextmanager
def running_inspector(
    port: int = 0,
    *,
    discard: bool = False,
    captures_kept: int = CAPTURES_KEPT,
    project: Project | None = None,
) -> Iterator[RunningInspector]:
    """Run an inspector on loopback, in a thread that ends with the block.

    Args:
        port: where it listens; 0 takes a free one.
        discard: whether events are only decoded and counted.
        captures_kept: how many captures are kept before the oldest goes.
        project: the project that receives, with its settings.

    Raises:
        NotStartedError: if it does not start.
        OSError: if the port is taken.
    """
    application = create_app(State(store=Store(captures_kept, project), discard=discard), _HOST)
    with serving(application, listen(_HOST, port), "inspector") as served:
        yield RunningInspector(_HOST, served)
