"""An inspector that runs in a thread of the process, for tests and benchmarks."""

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
    """Raised if the inspector rejects a request of `RunningInspector`."""


class RunningInspector:
    """A client of a running inspector's JSON API. Thread-safe: each call opens its own connection.

    The client uses `http.client` because no OpenTelemetry instrumentation patches it: a test that reads what
    its program sent adds no span of its own.

    Args:
        host: address that the inspector listens on.
        port: port that the inspector listens on.
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
            event: only captures with this name.
            distinct_id: only captures with this distinct id.
            group: only captures that name the group with this key, or the team with this slug.
            verdict: only captures with this verdict, such as `kept`; `!kept` means all others.
        """
        filters = {"event": event, "distinct_id": distinct_id, "group": group, "verdict": verdict}
        asked = {name: value for name, value in filters.items() if value is not None}
        return self._list(f"good?{urlencode(asked, quote_via=quote)}")

    def all(self) -> dict[str, int]:
        """Return the counts `total`, `good`, `bad` and `duplicates`, and a count for each verdict.

        `good` events are stored: `kept`, `not_applied`, `detached` or `no_issue`. `bad` events are `refused`,
        or `dropped` after they were accepted.
        """
        counts: dict[str, int] = self._ask("GET", "all")
        return counts

    def bad(self) -> list[dict[str, Any]]:
        """Return the requests and events that were refused, or dropped after they were accepted, and why."""
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
        """Return how many persons reached each step of a funnel.

        Args:
            steps: steps such as `a > b | c`; those of the inspector's configuration by default.
        """
        funnel: dict[str, Any] = self._ask("GET", f"funnel?{urlencode({'steps': steps})}")
        return funnel

    def fail(self, **failure: Any) -> None:
        """Make the next requests fail.

        Args:
            failure: fields of `otel.inspector.failures.Failure`: status, count, delay, drop, lose_answer,
                retry_after, body, events, result.

        Raises:
            InspectorError: for an unknown field or an invalid value.
        """
        self._ask("POST", "fail", failure)

    def flags(self, flags: Mapping[str, bool | str]) -> None:
        """Set the feature flags that the inspector serves.

        Args:
            flags: `True`, `False` or a variant by the flag's name.
        """
        self._ask("POST", "flags", dict(flags))

    def reset(self) -> None:
        """Remove all received events, pending failures and flags."""
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
        port: port to listen on; 0 picks a free one.
        discard: whether events are only decoded and counted.
        captures_kept: number of captures to keep; the oldest are discarded first.
        project: the PostHog project that receives the events, with its settings.

    Raises:
        NotStartedError: if the server does not start.
        OSError: if the port is taken.
    """
    application = create_app(State(store=Store(captures_kept, project), discard=discard), _HOST)
    with serving(application, listen(_HOST, port), "inspector") as served:
        yield RunningInspector(_HOST, served)
