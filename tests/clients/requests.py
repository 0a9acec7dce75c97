"""OTLP requests as a program sends them: received on loopback, kept in a file, and sent on."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from otel.serving.listening import listen, running_server, url_of
from tests.otel.bridge.sending import post

__all__ = ["Receiver", "Request", "read", "receiving", "variables", "write"]

# Variables of the machine that must not reach the programs.
_TELEMETRY = re.compile(r"OTEL_|POSTHOG_|PYTEST_|COV_")


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Args:
        path: `/v1/traces` or `/v1/logs`.
        headers: its media type and encoding.
        body: as it was sent.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes

    def send(self, url: str) -> None:
        """Send the request to a bridge or Collector, which must accept it."""
        answer = post(url, self.body, self.headers, self.path)
        assert answer.status == 200, (self.path, answer.status, answer.body)
        assert b"rejected" not in answer.body, answer.body


@dataclass
class Receiver:
    """An OTLP endpoint that accepts everything. Its server's thread appends, and the test reads.

    Args:
        url: its address.
        requests: what it has received, in order.
    """

    url: str = ""
    requests: list[Request] = field(default_factory=list)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body, is_complete = b"", False
        while not is_complete:
            part = await receive()
            body += part.get("body", b"")
            is_complete = not part.get("more_body")
        headers = {name.decode().title(): value.decode() for name, value in scope["headers"]}
        kept = {name: headers[name] for name in ("Content-Type", "Content-Encoding") if name in headers}
        self.requests.append(Request(scope["path"], kept, body))
        media_type = headers.get("Content-Type", "").encode()
        answer = {"status": 200, "headers": [(b"content-type", media_type)]}
        await send({"type": "http.response.start", **answer})
        await send({"type": "http.response.body", "body": b"{}" if b"json" in media_type else b""})


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver until the block ends."""
    receiver = Receiver()
    server = uvicorn.Server(
        uvicorn.Config(receiver, lifespan="off", ws="none", log_config=None, access_log=False)
    )
    listening = listen("127.0.0.1", 0)
    receiver.url = url_of(listening)
    with running_server(server, listening, "receiver"):
        yield receiver


def variables(receiver: Receiver, **more: str) -> dict[str, str]:
    """Return the environment of a program that exports its spans and log records to a receiver."""
    kept = {name: value for name, value in os.environ.items() if not _TELEMETRY.match(name)}
    return kept | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_SERVICE_NAME": "shop",
        # The spans of a request before its log records, which do not know the person.
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "OTEL_BLRP_SCHEDULE_DELAY": "1500",
        **more,
    }


def write(path: Path, sdk: str, requests: Sequence[Request]) -> None:
    """Write requests to a file that names the SDK that sent them."""
    written = [
        {"path": one.path, "headers": dict(one.headers), "body": base64.b64encode(one.body).decode()}
        for one in requests
    ]
    path.write_text(json.dumps({"sdk": sdk, "requests": written}, indent=1) + "\n")


def read(path: Path) -> list[Request]:
    """Return the requests in a file."""
    return [
        Request(one["path"], one["headers"], base64.b64decode(one["body"]))
        for one in json.loads(path.read_text())["requests"]
    ]
