"""Login at the sandbox's GitHub, and a fake GitHub with any email addresses that a test needs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client

from tformance.sandbox.running import RunningSandbox

__all__ = ["OddGitHub", "come_back", "odd_github"]


def come_back(client: Client, sent: Any, sandbox: RunningSandbox, **decided: Any) -> Any:
    """Decide on the sandbox's authorize page, and follow the redirects back to the last page.

    Args:
        client: the person's browser.
        sent: the response that redirects to GitHub.
        sandbox: the sandbox that plays GitHub.
        decided: keyword arguments of `RunningSandbox.authorize`.
    """
    assert sent.status_code == 302, sent.content.decode()
    back = urlsplit(sandbox.authorize(sent.headers["Location"], **decided))
    return client.get(f"{back.path}?{back.query}", follow=True)


@dataclass
class OddGitHub:
    """A fake GitHub with one person, who has already granted access.

    The server's threads read the attributes, so change them only between requests.

    Args:
        url: the base URL of the server.
        emails: the person's addresses, as `/user/emails` returns them.
        profile: the person's profile, as `/user` returns it.
    """

    url: str = ""
    emails: list[dict[str, Any]] = field(default_factory=list)
    profile: dict[str, Any] = field(
        default_factory=lambda: {"id": 7, "login": "dana", "name": "Dana", "email": None}
    )

    def has(self, email: str, *, verified: bool, primary: bool = False) -> None:
        """Add an address to the person's account."""
        self.emails.append({"email": email, "verified": verified, "primary": primary})

    def come_back(self, client: Client, sent: Any) -> Any:
        """Follow the redirects from the authorize page back to the last page."""
        assert sent.status_code == 302, sent.content.decode()
        (state,) = parse_qs(urlsplit(sent.headers["Location"]).query)["state"]
        return client.get(f"/accounts/github/login/callback/?code=x&state={state}", follow=True)


@contextmanager
def odd_github() -> Iterator[OddGitHub]:
    """Run an `OddGitHub` on loopback."""
    github = OddGitHub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(github.emails if self.path.endswith("/emails") else github.profile)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer({"access_token": "token", "token_type": "bearer", "scope": "user:email"})

        def _answer(self, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    github.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
