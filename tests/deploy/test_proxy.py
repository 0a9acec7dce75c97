"""The reverse proxy with its real configuration, between a browser, the product and PostHog's stand-in."""

from __future__ import annotations

import gzip
import http.client
import os
import shutil
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import orjson
import pytest

from otel.inspector.running import running_inspector
from tests.apps.browser.posthog import PostHog, running_posthog
from tests.deploy.needing import needs_caddy
from tests.deploy.product import product
from tests.lifecycle.servers import ROOT, running, wait_for
from tformance.run.programs.ports import HOST, choose_port

pytestmark = [pytest.mark.slow, needs_caddy, pytest.mark.xdist_group("proxy")]

_SITE = "tformance.example"
_EVENT = {
    "api_key": "phc_test",
    "event": "theme_switched",
    "properties": {"distinct_id": "d1", "theme": "dark", "$lib": "web", "token": "phc_test"},
}


class Proxy:
    """A client that sends requests to the proxy as a browser of the site does.

    Args:
        port: the proxy's port.
        authority: the certificate of the proxy's authority; None sends requests without TLS.
    """

    def __init__(self, port: int, authority: Path | None = None) -> None:
        self._port = port
        self._authority = authority

    def ask(
        self, path: str, method: str = "GET", content: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request; return the status, the headers with lowercase names, and the body."""
        connection = self._connection()
        try:
            sent = {"Host": _SITE} | {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, content, sent)
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, names, answer.read()
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._authority is None:
            return http.client.HTTPConnection(HOST, self._port, timeout=30)
        trusting = ssl.create_default_context(cafile=self._authority)
        return http.client.HTTPSConnection("localhost", self._port, timeout=30, context=trusting)


@contextmanager
def _running(folder: Path, posthog: str, product_port: int, **more: str) -> Iterator[Proxy]:
    ports: list[int] = []
    for _ in range(3):
        ports.append(choose_port(0, 0, beside=ports))
    # Replace the ports, which Compose maps; the rest of the file is as deployed.
    text = (ROOT / "deploy/proxy/Caddyfile").read_text()
    config = folder / "Caddyfile"
    text = text.replace("8080", str(ports[0])).replace("8443", str(ports[1]))
    # Do not make this machine trust a certificate of the test.
    config.write_text(text.replace("admin off", "admin off\n\tskip_install_trust"))
    env = os.environ | {
        "SITE_ADDRESS": f"http://{_SITE}",
        "POSTHOG_HOST": posthog,
        "PRODUCT_ADDRESS": f"{HOST}:{product_port}",
        "PROXY_HEALTH_PORT": str(ports[2]),
        "PROXY_TRUSTS": "",
        "XDG_CONFIG_HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        **more,
    }
    # For this name, Caddy creates its own authority.
    is_secure = env["SITE_ADDRESS"] == "localhost"
    authority = folder / "caddy/pki/authorities/local/root.crt"
    proxy = Proxy(ports[1], authority) if is_secure else Proxy(ports[0])
    program = shutil.which("caddy")
    assert program
    with running([program, "run", "--adapter", "caddyfile", "--config", config], env, folder) as process:

        def is_healthy() -> bool:
            assert process.is_running(), process.log()
            try:
                return Proxy(ports[2]).ask("/")[0] == 200 and proxy.ask("/readyz/")[0] > 0
            except OSError:  # for example, there is no certificate yet
                return False

        wait_for(is_healthy)
        yield proxy


@pytest.fixture(scope="module")
def posthog() -> Iterator[PostHog]:
    with running_posthog() as posthog:
        yield posthog


@pytest.fixture(scope="module")
def running_proxy(tmp_path_factory: pytest.TempPathFactory, posthog: PostHog) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    with ExitStack() as stack:
        server = stack.enter_context(product(folder, FORWARDED_ALLOW_IPS="*"))
        yield stack.enter_context(_running(folder, posthog.url, server.port))


@pytest.fixture
def proxy(running_proxy: Proxy, posthog: PostHog) -> Proxy:
    posthog.seen.clear()
    posthog.answer = PostHog().answer
    return running_proxy


def test_pages_and_static_files_come_from_the_product(proxy: Proxy) -> None:
    assert proxy.ask("/health/")[2] == b'{"status": "ok"}'
    status, headers, drawing = proxy.ask("/static/web/icon.svg")
    assert (status, headers["content-type"]) == (200, "image/svg+xml")
    assert drawing.startswith(b"<svg")
    assert "max-age" in headers["strict-transport-security"]
    assert proxy.ask("/no/such/page/")[0] == 404


def test_the_readiness_probe_is_not_public(proxy: Proxy) -> None:
    assert [proxy.ask(path)[0::2] for path in ("/readyz/", "/readyz", "//readyz/")] == [(404, b"")] * 3


def test_a_site_of_another_name_is_not_the_product(proxy: Proxy) -> None:
    status, _, body = proxy.ask("/health/", Host="127.0.0.1")
    assert (status, body) == (200, b"")  # Caddy's response for an unknown site


def test_an_event_of_posthog_js_arrives(tmp_path: Path) -> None:
    body = gzip.compress(orjson.dumps(_EVENT))
    with running_inspector() as inspector, _running(tmp_path, inspector.url, 9) as proxy:
        status, _, _ = proxy.ask("/ph/e/?compression=gzip-js", "POST", body, Content_Type="text/plain")
        assert status == 200
        assert [one["distinct_id"] for one in inspector.good("theme_switched")] == ["d1"]


def test_only_what_posthog_needs_is_forwarded(proxy: Proxy, posthog: PostHog) -> None:
    proxy.ask(
        "/ph/e/?compression=base64",
        "POST",
        b"data=1",
        Content_Type="application/x-www-form-urlencoded",
        User_Agent="Firefox",
        Cookie="sessionid=secret",
        Authorization="Bearer secret",
        Referer="https://tformance.example/invitations/secret/",
        Baggage="person=secret",
        X_Forwarded_For="198.51.100.1",
    )

    (seen,) = posthog.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/e/?compression=base64", b"data=1")
    assert seen.headers["user-agent"] == "Firefox"
    assert seen.headers["host"] == posthog.url.removeprefix("http://")
    # The proxy does not trust the header of an unknown client.
    assert seen.headers["x-forwarded-for"] == HOST
    assert "secret" not in repr(seen)


def test_a_load_balancer_is_trusted_if_it_is_configured(tmp_path: Path, posthog: PostHog) -> None:
    posthog.seen.clear()
    trusts = f"trusted_proxies {HOST}/32"
    with _running(tmp_path, posthog.url, 9, PROXY_TRUSTS=trusts) as proxy:
        proxy.ask("/ph/e/", "POST", b"{}", X_Forwarded_For="198.51.100.1")
    assert posthog.seen[0].headers["x-forwarded-for"] == f"198.51.100.1, {HOST}"


def test_a_response_is_relayed_but_cannot_act_as_a_page_of_ours(proxy: Proxy, posthog: PostHog) -> None:
    posthog.answer = (429, {"Content-Type": "text/html", "Retry-After": "7", "Set-Cookie": "a=b"}, b"<b>")

    status, headers, body = proxy.ask("/ph/e/", "POST", b"{}")

    assert (status, headers["retry-after"], body) == (429, "7", b"<b>")
    assert "set-cookie" not in headers
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/ph/static/array.js"),
        ("GET", "/ph/array/phc_test/config"),
        ("GET", "/ph/e/"),
        ("POST", "/ph/api/projects/"),
        ("POST", "/ph/e/../api/"),
        ("POST", "/ph/e/%2e%2e/api/"),
        ("POST", "/ph//e/"),
        ("DELETE", "/ph/e/"),
    ],
)
def test_other_requests_are_not_forwarded(proxy: Proxy, posthog: PostHog, method: str, path: str) -> None:
    assert proxy.ask(path, method, b"{}" if method == "POST" else None)[0] == 404
    assert posthog.seen == []


@pytest.mark.parametrize("path", ["/e/", "/i/v0/e/", "/s/?v=2", "/flags/"])
def test_requests_of_posthog_js_are_forwarded(proxy: Proxy, posthog: PostHog, path: str) -> None:
    assert proxy.ask(f"/ph{path}", "POST", b"{}")[0] == 200
    assert posthog.seen[0].path == path


@pytest.mark.parametrize("signal", [{"Sec_GPC": "1"}, {"DNT": "1"}, {"Cookie": "a=1; analytics_opt_out=1"}])
def test_requests_of_people_who_refuse_tracking_are_not_forwarded(
    proxy: Proxy, posthog: PostHog, signal: Mapping[str, str]
) -> None:
    status, _, body = proxy.ask("/ph/e/", "POST", b"{}", **signal)

    assert (status, body) == (204, b"")
    assert posthog.seen == []


@pytest.mark.parametrize(("size", "passes"), [(7 << 20, True), (9 << 20, False)])
def test_a_body_is_forwarded_up_to_a_size(tmp_path: Path, size: int, *, passes: bool) -> None:
    # A valid event, padded with spaces: only its size can be wrong.
    body = orjson.dumps(_EVENT).ljust(size)
    with running_inspector() as inspector, _running(tmp_path, inspector.url, 9) as proxy:
        status, _, _ = proxy.ask("/ph/e/", "POST", body, Content_Type="application/json")
        assert (status == 200, len(inspector.good())) == (passes, int(passes))


def test_http3_is_not_announced_over_https(tmp_path: Path) -> None:
    with _running(tmp_path, f"http://{HOST}:9", 9, SITE_ADDRESS="localhost") as proxy:
        status, headers, _ = proxy.ask("/readyz/", Host="localhost")
        assert (status, headers.get("alt-svc")) == (404, None)
        assert "max-age" in headers["strict-transport-security"]


def test_without_posthog_the_response_comes_quickly(tmp_path: Path) -> None:
    with _running(tmp_path, f"http://{HOST}:9", 9) as proxy:
        began = time.monotonic()
        assert proxy.ask("/ph/e/", "POST", b"{}")[0] == 502
        assert time.monotonic() - began < 2
