"""A running sandbox: one inside the process for tests, and talking to any over HTTP."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import orjson

from otel.serving.listening import listen
from otel.serving.stand_in import serving
from tformance.sandbox.app import create_app
from tformance.sandbox.clock import wall_time
from tformance.sandbox.control.failures import Kind
from tformance.sandbox.oauth.credentials import CLIENT_ID, CLIENT_SECRET
from tformance.sandbox.oauth.tokens import Service
from tformance.sandbox.world import World

__all__ = ["RunningSandbox", "SandboxError", "environ_of", "running_sandbox"]

_HOST = "127.0.0.1"
# Longer than a `timeout` lasts.
_PATIENCE = 60


class SandboxError(RuntimeError):
    """Raised if the sandbox does not do what it is told."""


def environ_of(url: str) -> dict[str, str]:
    """Return the environment variables that lead Tformance to a sandbox.

    Args:
        url: where it is.
    """
    client = {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET}
    return {
        "GITHUB_URL": f"{url}/github",
        "JIRA_AUTH_URL": f"{url}/jira/auth",
        "JIRA_API_URL": f"{url}/jira/api",
        "SLACK_URL": f"{url}/slack",
        **{f"{one}_{name}": value for one in ("GITHUB", "JIRA", "SLACK") for name, value in client.items()},
    }


class RunningSandbox:
    """Talk to a running sandbox, in this process or another, as people and as whoever tells it what to do.

    Args:
        url: where it is.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._address = urlsplit(self.url).netloc

    def environ(self) -> dict[str, str]:
        """Return the environment variables that lead Tformance here."""
        return environ_of(self.url)

    def settings(self) -> dict[str, str]:
        """Return the Django settings that lead Tformance here."""
        return {**self.environ(), "GITHUB_API_URL": f"{self.url}/github/api/v3"}

    def authorize(
        self,
        url: str,
        *,
        login: str = "ada",
        email: str | None = None,
        decision: Literal["allow", "deny"] = "allow",
        organisations: Collection[str] | None = None,
    ) -> str:
        """Decide at an authorize page, and return the address that the browser is sent back to.

        Args:
            url: of the page.
            login: as whom.
            email: that person's address from now on.
            decision: what is answered.
            organisations: which are granted: at GitHub; at Jira, the sites of these names; at Slack, the
                workspace. All there are (at Slack, the first) by default.

        Raises:
            SandboxError: if the page shows an error instead; the message is the page.
        """
        form: list[tuple[str, str]] = [("login", login), ("email", email or ""), ("decision", decision)]
        if organisations is not None:
            form += [("chosen", "1"), *(("organisations", one) for one in organisations)]
        parts = urlsplit(url)
        status, headers, body = self._request(
            "POST",
            f"{parts.path}?{parts.query}",
            urlencode(form).encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        if status != http.HTTPStatus.SEE_OTHER:
            raise SandboxError(body.decode())
        return headers["location"]

    def fail(
        self, service: Service, kind: Kind, *, path: str = "", count: int = 1, seconds: float | None = None
    ) -> None:
        """Tell it what goes wrong with the next requests.

        Args:
            service: whose.
            kind: how.
            path: only of requests whose path contains this.
            count: how many.
            seconds: how late a `timeout` answers (30), and when a limit is over (60).

        Raises:
            SandboxError: for what it does not understand.
        """
        self._tell("fail", service=service, kind=kind, path=path, count=count, seconds=seconds)

    def revoke(self, service: Service) -> None:
        """Take all tokens of a service back, as people do in its settings.

        Args:
            service: whose.
        """
        self._tell("revoke", service=service)

    def limit(self, remaining: int, *, seconds: float = 3600) -> None:
        """Let only so many requests to GitHub's APIs through.

        Args:
            remaining: how many, to each of both.
            seconds: until there are enough again.
        """
        self._tell("limit", remaining=remaining, seconds=seconds)

    def rename(self, full_name: str, name: str) -> None:
        """Rename a repository.

        Args:
            full_name: owner and name.
            name: the new one, without the owner.
        """
        self._tell("repository", full_name=full_name, name=name)

    def remove(self, full_name: str) -> None:
        """Delete a repository.

        Args:
            full_name: owner and name.
        """
        self._tell("repository", full_name=full_name)

    def advance(self, days: float) -> None:
        """Let time pass at the sandbox.

        Args:
            days: how much; an hour is 1/24.
        """
        self._tell("advance", days=days)

    def release(self) -> None:
        """Answer those that wait in a `timeout`."""
        self._tell("release")

    def reset(self) -> None:
        """Begin anew: nothing granted, asked or told, and no time passed."""
        self._tell("reset")

    def state(self) -> dict[str, Any]:
        """Return what there is: now, people, repositories, tokens without values, pending failures."""
        found: dict[str, Any] = self._ask("state")
        return found

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests to the services, oldest first: service, method, path, body, failure, status."""
        found: list[dict[str, Any]] = self._ask("requests")
        return found

    def messages(self) -> list[dict[str, Any]]:
        """Return what was posted to Slack, oldest first: workspace, channel, text, blocks, at."""
        found: list[dict[str, Any]] = self._ask("messages")
        return found

    def pull_requests(self, full_name: str) -> list[dict[str, Any]]:
        """Return a repository's pull requests, oldest first, with reviews and commit messages.

        Args:
            full_name: owner and name.

        Raises:
            SandboxError: if there is no such repository.
        """
        found: list[dict[str, Any]] = self._ask(f"pull-requests?{urlencode({'full_name': full_name})}")
        return found

    def _tell(self, order: str, **told: object) -> None:
        self._ask(order, orjson.dumps(told))

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        method = "GET" if body is None else "POST"
        status, _, answered = self._request(method, f"/sandbox/{path}", body, {})
        data = orjson.loads(answered)
        if status != http.HTTPStatus.OK:
            raise SandboxError(data["error"])
        return data

    def _request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        # `http.client`, because no OpenTelemetry instrumentation patches it: a test adds no span of its own.
        connection = http.client.HTTPConnection(self._address, timeout=_PATIENCE)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()


@contextmanager
def running_sandbox(
    port: int = 0, *, seed: int = 1, now: Callable[[], datetime] | None = None
) -> Iterator[RunningSandbox]:
    """Run a sandbox on loopback, in a thread that ends with the block.

    Args:
        port: where it listens; 0 takes a free one.
        seed: of its data.
        now: what its clock goes by; by default it stands still at the present, so that nothing changes
            between two looks unless it is told to `advance`.

    Raises:
        NotStartedError: if it does not start.
        OSError: if the port is taken.
    """
    started = wall_time()
    application = create_app(World(seed, now or (lambda: started)), _HOST)
    with serving(application, listen(_HOST, port), "sandbox") as served:
        yield RunningSandbox(f"http://{_HOST}:{served}")
