"""Where the Collector is, from OpenTelemetry's standard environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from opentelemetry.util.re import parse_env_headers

from otel.delivery.http.transport import NoResponse, Transport

__all__ = ["OtlpEndpoint", "Signal", "reach"]

Signal = Literal["traces", "logs"]

# The specification's default: an agent on the same machine.
_DEFAULT = "http://localhost:4318"


@dataclass(frozen=True, slots=True)
class OtlpEndpoint:
    """Say where one signal goes, by HTTP and protobuf.

    `OTEL_EXPORTER_OTLP_TIMEOUT` is not read: its unit differs between OpenTelemetry's SDKs, and here a batch
    has the time that the queue gives it. Compression is always gzip, which every Collector takes.

    Args:
        url: with the signal's path.
        headers: sent with each request.
        tls: the files of a certificate authority, of a client certificate and its key, as urllib3 names them.
        is_configured: whether the address was given, or is the standard's default.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    tls: Mapping[str, str] = field(default_factory=dict)
    is_configured: bool = True

    @classmethod
    def from_environ(
        cls, signal: Signal = "traces", environ: Mapping[str, str] | None = None
    ) -> OtlpEndpoint:
        """Read the standard variables, each signal's own before the common ones.

        Args:
            signal: which.
            environ: the variables; the process's own by default.
        """
        env = os.environ if environ is None else environ

        def read(name: str) -> str:
            own = f"OTEL_EXPORTER_OTLP_{signal.upper()}_{name}"
            return (env.get(own) or env.get(f"OTEL_EXPORTER_OTLP_{name}") or "").strip()

        url = env.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT", "").strip()
        common = env.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
        is_configured = bool(url or common)
        # Only the common address gets the signal's path (specification, "OTLP exporter configuration").
        url = url or f"{(common or _DEFAULT).rstrip('/')}/v1/{signal}"
        files = {"ca_certs": "CERTIFICATE", "cert_file": "CLIENT_CERTIFICATE", "key_file": "CLIENT_KEY"}
        tls = {option: path for option, name in files.items() if (path := read(name))}
        return cls(url, parse_env_headers(read("HEADERS"), liberal=True), tls, is_configured)

    @property
    def origin(self) -> str:
        """The address without a path."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}" if rest else self.url.partition("/")[0]

    @property
    def path(self) -> str:
        """What is asked for there."""
        return self.url[len(self.origin) :] or "/"

    @property
    def is_http(self) -> bool:
        """Whether the address can be posted to."""
        try:
            parts = urlsplit(self.url)
            return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port that is no number
            return False


def reach(endpoint: OtlpEndpoint, timeout: float) -> str:
    """Return what is wrong with a Collector; an empty text if it takes requests.

    An empty request is one that every OTLP receiver takes (specification, "OTLP/HTTP").

    Args:
        endpoint: where it should be.
        timeout: seconds.
    """
    transport = Transport(endpoint.origin, endpoint.tls)
    headers = {"Content-Type": "application/x-protobuf", **endpoint.headers}
    try:
        answer = transport.post(endpoint.path, b"", headers, timeout)
    except NoResponse as error:
        return f"{endpoint.url} cannot be reached: {error}"
    finally:
        transport.close()
    if 200 <= answer.status < 300:
        return ""
    return f"{endpoint.url} does not answer as a Collector does: status {answer.status}"
