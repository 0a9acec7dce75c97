"""A client for a running sandbox, and a sandbox that runs in the process of a test."""

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
# Seconds; longer than a `timeout` failure lasts by default.
_PATIENCE = 60


class SandboxError(RuntimeError):
    """Raised if the sandbox refuses a command or shows an error page."""


def environ_of(url: str) -> dict[str, str]:
    """Return the environment variables that make Tformance use a sandbox.

    Args:
        url: the sandbox's base URL.
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
    """A client for a running sandbox, in this process or another one.

    The client acts as people on the authorize pages, and sends commands to the control API.

    Args:
        url: the sandbox's base URL.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._address = urlsplit(self.url).netloc

    def environ(self) -> dict[str, str]:
        """Return the environment variables that make Tformance use this sandbox."""
        return environ_of(self.url)

    def settings(self) -> dict[str, str]:
        """Return the Django settings that make Tformance use this sandbox."""
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
        """Decide on an authorize page, and return the URL to which the browser is redirected.

        Args:
            url: the page's URL.
            login: the person who decides.
            email: a new address for the person.
            decision: the person's decision.
            organisations: the organizations to grant access to; at Jira, sites with these names; at Slack,
                the workspace. By default, all of the person's; at Slack, the first.

        Raises:
            SandboxError: if the page shows an error; the message is the page.
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
        """Make the next requests to a service fail.

        Args:
            service: the service whose requests fail.
            kind: the kind of failure.
            path: limits the failure to requests whose path contains this text.
            count: the number of requests that fail.
            seconds: the delay of a `timeout` (default: 30), or the time until a limit ends (default: 60).

        Raises:
            SandboxError: if an argument is invalid.
        """
        self._tell("fail", service=service, kind=kind, path=path, count=count, seconds=seconds)

    def revoke(self, service: Service) -> None:
        """Revoke all tokens of a service, as people can in its settings.

        Args:
            service: the service.
        """
        self._tell("revoke", service=service)

    def limit(self, remaining: int, *, seconds: float = 3600) -> None:
        """Limit the requests to GitHub's APIs until the next reset.

        Args:
            remaining: the number of requests left for each of the two APIs.
            seconds: the time until the reset.
        """
        self._tell("limit", remaining=remaining, seconds=seconds)

    def rename(self, full_name: str, name: str) -> None:
        """Rename a repository.

        Args:
            full_name: `owner/name` of the repository.
            name: the new name, without the owner.
        """
        self._tell("repository", full_name=full_name, name=name)

    def remove(self, full_name: str) -> None:
        """Delete a repository.

        Args:
            full_name: `owner/name` of the repository.
        """
        self._tell("repository", full_name=full_name)

    def advance(self, days: float) -> None:
        """Advance the sandbox's clock.

        Args:
            days: the time to advance by; an hour is 1/24.
        """
        self._tell("advance", days=days)

    def release(self) -> None:
        """Answer the requests that are waiting in a `timeout`."""
        self._tell("release")

    def reset(self) -> None:
        """Restore the initial state, and set the clock back."""
        self._tell("reset")

    def state(self) -> dict[str, Any]:
        """Return the state: now, people, repositories, tokens without their values, pending failures."""
        found: dict[str, Any] = self._ask("state")
        return found

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests to the services, oldest first: service, method, path, body, failure, status."""
        found: list[dict[str, Any]] = self._ask("requests")
        return found

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages posted to Slack, oldest first: workspace, channel, text, blocks, at."""
        found: list[dict[str, Any]] = self._ask("messages")
        return found

    def pull_requests(self, full_name: str) -> list[dict[str, Any]]:
        """Return a repository's pull requests, oldest first, with reviews and commit messages.

        Args:
            full_name: `owner/name` of the repository.

        Raises:
            SandboxError: if the repository does not exist.
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
        # `http.client`, because OpenTelemetry does not instrument it: the client must not create spans.
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
    """Run a sandbox on loopback during the block, in a thread.

    Args:
        port: the port to listen on; 0 uses a free port.
        seed: the seed of the data.
        now: returns the clock's base time. By default the clock stands still at the present, so that nothing
            changes between two requests unless the test calls `advance`.

    Raises:
        NotStartedError: if the sandbox does not start.
        OSError: if the port is in use.
    """
    started = wall_time()
    application = create_app(World(seed, now or (lambda: started)), _HOST)
    with serving(application, listen(_HOST, port), "sandbox") as served:
        yield RunningSandbox(f"http://{_HOST}:{served}")
