"""The Collector's address, from OpenTelemetry's standard environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from opentelemetry.util.re import parse_env_headers

from otel.delivery.http import NoResponse, Transport

__all__ = ["OtlpEndpoint", "Signal", "reach"]

Signal = Literal["traces", "logs"]

# The specification's default: an agent on the same machine.
_DEFAULT = "http://localhost:4318"


@dataclass(frozen=True, slots=True)
class OtlpEndpoint:
    """The address of one signal, for HTTP with protobuf.

    `OTEL_EXPORTER_OTLP_TIMEOUT` is not read: its unit differs between OpenTelemetry's SDKs, and a batch has
    the time that the queue gives it. Compression is always gzip, which every Collector accepts.

    Args:
        url: with the signal's path.
        headers: sent with each request.
        tls: files of a certificate authority, a client certificate and its key, with urllib3's names.
        is_configured: whether the address was configured, or is the specification's default.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    tls: Mapping[str, str] = field(default_factory=dict)
    is_configured: bool = True

    @classmethod
    def from_environ(
        cls, signal: Signal = "traces", environ: Mapping[str, str] | None = None
    ) -> OtlpEndpoint:
        """Read the standard variables; those of a signal override the common ones.

        Args:
            signal: `traces` or `logs`.
            environ: the variables; `os.environ` by default.
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
        """The URL without its path."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}" if rest else self.url.partition("/")[0]

    @property
    def path(self) -> str:
        """The path of the URL."""
        return self.url[len(self.origin) :] or "/"

    @property
    def is_http(self) -> bool:
        """Whether the URL is an http(s) URL with a host and a valid port."""
        try:
            parts = urlsplit(self.url)
            return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # the port is not a number
            return False


def reach(endpoint: OtlpEndpoint, timeout: float) -> str:
    """Return what is wrong with a Collector; an empty string if it accepts requests.

    Every OTLP receiver accepts an empty request (specification, "OTLP/HTTP").

    Args:
        endpoint: the Collector's address.
        timeout: seconds.
    """
    transport = Transport(endpoint.origin, endpoint.tls)
    headers = {"Content-Type": "application/x-protobuf", **endpoint.headers}
    try:
        answer = transport.post(endpoint.path, b"", headers, timeout)
    except NoResponse as error:
        return str(error)
    finally:
        transport.close()
    if 200 <= answer.status < 300:
        return ""
    return f"{endpoint.url} does not answer as a Collector does: status {answer.status}"
