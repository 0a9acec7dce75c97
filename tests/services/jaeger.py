"""A Jaeger that lives as long as a block, and is asked through its API."""

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
    """Ask a Jaeger.

    Args:
        otlp_grpc_endpoint: takes traces.
        url: of its API.
    """

    def __init__(self, otlp_grpc_endpoint: str, url: str) -> None:
        self.otlp_grpc_endpoint = otlp_grpc_endpoint
        self._url = url

    def trace(self, trace_id: str) -> dict[str, Any] | None:
        """Return a trace as OTLP's JSON, with its `resourceSpans`; None if there is none.

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
            service: its name.
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
        """Return the names of the services whose traces it holds."""
        found: list[str] = self._get("/api/v3/services").get("services", [])
        return found

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self._url + path, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def running_jaeger() -> Iterator[RunningJaeger]:
    """Run an empty Jaeger on free ports as long as the block.

    It keeps nothing, so it is killed at the end: to end in order takes it ten seconds.

    Raises:
        MissingServiceError: if it is not built.
        AssertionError: if it does not start.
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
