"""The running product and its services, after the sample journey: a team with months of pull requests."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otel.inspector import RunningInspector, running_inspector
from tests.browser.building import built
from tests.browser.site import ORIGIN
from tests.browser_product.wire import Wire, running_wire
from tests.lifecycle.servers import BIN, environment, run, serving
from tformance.run._journey import STEPS, Person, Stage
from tformance.run.programs.ports import choose_port
from tformance.sandbox.running import running_sandbox

# The same key as in `tests.lifecycle.servers`.
KEY = "phc_test"

# The product sends events every 0.2 s, and posthog-js sends the remaining events when its page is left.
_QUIET_S, _PATIENCE_S = 0.6, 20.0


@dataclass(frozen=True)
class Product:
    """The running product and the services around it.

    Args:
        url: the product's base URL.
        wire: the proxy between the product and PostHog.
        inspector: the stand-in for PostHog.
        stage: the people of the journey, all signed in.
        journey: the events of the journey.
        env: the environment variables of the product's process.
        folder: the folder of the product's data.
    """

    url: str
    wire: Wire
    inspector: RunningInspector
    stage: Stage
    journey: Sequence[dict[str, Any]]
    env: Mapping[str, str]
    folder: Path

    def cookies(self, person: Person) -> list[Any]:
        """Return the cookies of a person's session, without those of posthog-js."""
        kept = person.browser._session.cookies
        return [
            {"name": name, "value": str(kept[name]), "url": self.url} for name in ("sessionid", "csrftoken")
        ]

    def records(self, *emails: str) -> dict[str, Any]:
        """Return the database's records of people, by email: `public_id`, and `teams`.

        Each team has `public_id`, `name` and `slug`.
        """
        done = run([sys.executable, "-m", "tformance.run.records", *emails], self.env)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition is true."""
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"not within {_PATIENCE_S} s"
            time.sleep(0.05)

    def settle(self) -> None:
        """Wait until no more events arrive; check that PostHog would accept all of them unchanged."""
        began = since = time.monotonic()
        known = self.inspector.all()["total"]
        while time.monotonic() - since < _QUIET_S:
            assert time.monotonic() - began < _PATIENCE_S, "it does not come to rest"
            time.sleep(0.05)
            total = self.inspector.all()["total"]
            if total != known:
                known, since = total, time.monotonic()
        refused = self.inspector.bad()
        assert refused == [], refused
        unkept = [one for one in self.inspector.good() if one["outcome"]["verdict"] != "kept"]
        assert unkept == [], unkept

    def reset(self) -> None:
        """Discard the events and requests received so far."""
        self.inspector.reset()
        self.wire.passed.clear()
        self.wire.is_cut = False

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the received events with a name, in chronological order."""
        found: list[dict[str, Any]] = self.inspector.good(name)
        return sorted(found, key=lambda one: str(one["timestamp"]))


@contextmanager
def running_product(folder: Path) -> Iterator[Product]:
    """Start the product and its services, and run the journey."""
    built()
    with running_inspector() as inspector, running_wire(inspector.url) as wire, running_sandbox() as sandbox:
        port = choose_port(0, 8000)
        url = f"http://127.0.0.1:{port}"
        env = environment(
            wire.url,
            **sandbox.environ(),
            DJANGO_SETTINGS_MODULE="tformance.settings",
            DEBUG="true",
            SITE_URL=url,
            SQLITE_PATH=str(folder / "product.sqlite3"),
            EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend",
            EMAIL_FILE_PATH=str(folder / "mail"),
            POSTHOG_PERSONAL_API_KEY="phx_test",
            OTEL_BSP_SCHEDULE_DELAY="200",
            OTEL_SERVICE_NAME=ORIGIN["service_name"],
            OTEL_RESOURCE_ATTRIBUTES=(
                f"service.version={ORIGIN['service_version']},deployment.environment.name={ORIGIN['environment']}"
            ),
            POSTHOG_RELEASE_ID=ORIGIN["$release_id"],
        )
        done = run([sys.executable, "manage.py", "migrate", "--no-input"], env)
        assert done.returncode == 0, done.stderr
        with serving(_uvicorn(port), env, folder):
            stage = Stage(url, KEY, folder / "mail", sandbox)
            for step in STEPS:
                step.act(stage)
            product = Product(url, wire, inspector, stage, [], env, folder)
            product.settle()
            yield Product(url, wire, inspector, stage, inspector.good(), env, folder)
            for person in stage.people:
                person.browser.close()


@contextmanager
def running_besides(product: Product, **env: str) -> Iterator[str]:
    """Start another process of the product, with other settings and the same database."""
    port = choose_port(0, 8000)
    with serving(_uvicorn(port), {**product.env, **env}, product.folder):
        yield f"http://127.0.0.1:{port}"


def _uvicorn(port: int) -> list[str | Path]:
    return [BIN / "uvicorn", "--host", "127.0.0.1", "--port", str(port), "tformance.asgi:application"]
