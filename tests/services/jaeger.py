"""A Jaeger that runs during a block, and a client for its API."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

from tests.lifecycle.servers import Process, running, wait_for
from tests.services._installed import built
from tformance.run.programs.ports import HOST, choose_port

__all__ = ["RunningJaeger", "running_jaeger"]

_CONFIG = Path(__file__).with_name("jaeger.yaml")


class RunningJaeger:
    """A running Jaeger.

    Args:
        otlp_grpc_endpoint: the endpoint that receives traces.
        url: the base URL of the API.
    """

    def __init__(self, otlp_grpc_endpoint: str, url: str) -> None:
        self.otlp_grpc_endpoint = otlp_grpc_endpoint
        self._url = url

    def trace(self, trace_id: str) -> dict[str, Any] | None:
        """Return a trace as OTLP's JSON, with its `resourceSpans`; None if Jaeger does not have it.

        Args:
            trace_id: 32 hexadecimal digits.
        """
        try:
            trace: dict[str, Any] = self._get(f"/api/v3/traces/{trace_id}")["result"]
        except HTTPError as error:
            if error.code != 404:
                raise
            return None
        return trace

    def traces(self, service: str) -> dict[str, Any]:
        """Return the traces of a service in the last hour, as OTLP's JSON with their `resourceSpans`.

        Args:
            service: the service's name.
        """
        now = datetime.now(UTC)
        asked = {
            "query.service_name": service,
            "query.start_time_min": (now - timedelta(hours=1)).isoformat(),
            "query.start_time_max": (now + timedelta(hours=1)).isoformat(),
            "query.num_traces": "10000",
        }
        found: dict[str, Any] = self._get(f"/api/v3/traces?{urlencode(asked)}")["result"]
        return found

    def services(self) -> list[str]:
        """Return the names of the services that have traces."""
        found: list[str] = self._get("/api/v3/services").get("services", [])
        return found

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self._url + path, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def running_jaeger() -> Iterator[RunningJaeger]:
    """Run an empty Jaeger on free ports during the block.

    At the end, Jaeger is killed: it stores nothing, and a graceful end takes ten seconds.

    Raises:
        MissingServiceError: if Jaeger is not built.
        AssertionError: if Jaeger does not start.
    """
    program = built("jaeger")
    with TemporaryDirectory(prefix="jaeger-") as name:
        ports: dict[str, int] = {}
        for kind in ("HTTP", "GRPC", "OTLP"):
            ports[kind] = choose_port(0, 0, beside=ports.values())
        env = {f"JAEGER_{kind}_PORT": str(port) for kind, port in ports.items()}
        jaeger = RunningJaeger(f"{HOST}:{ports['OTLP']}", f"http://{HOST}:{ports['HTTP']}")
        with running([program, "--config", _CONFIG], dict(os.environ) | env, Path(name)) as process:
            wait_for(lambda: _answers(jaeger, process))
            yield jaeger


def _answers(jaeger: RunningJaeger, process: Process) -> bool:
    if not process.is_running():
        raise AssertionError(process.log())
    try:
        jaeger.services()
    except OSError:
        return False
    return True
