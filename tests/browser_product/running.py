"""The running product and all it talks to, after the sample journey: a team with months of pull requests."""

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

# As `tests.lifecycle.servers` has it.
KEY = "phc_test"

# The product sends its own events every 0.2 s, and posthog-js what is left when its page goes.
_QUIET_S, _PATIENCE_S = 0.6, 20.0


@dataclass(frozen=True)
class Product:
    """What the tests talk to.

    Args:
        url: the product's.
        wire: what it sends PostHog passes here.
        inspector: where it arrives.
        stage: the people of the journey, each signed in.
        journey: what arrived of the journey.
        env: of the product's process.
        folder: of all it keeps.
    """

    url: str
    wire: Wire
    inspector: RunningInspector
    stage: Stage
    journey: Sequence[dict[str, Any]]
    env: Mapping[str, str]
    folder: Path

    def cookies(self, person: Person) -> list[Any]:
        """The cookies by which somebody is signed in, and none of posthog-js's."""
        kept = person.browser._session.cookies
        return [
            {"name": name, "value": str(kept[name]), "url": self.url} for name in ("sessionid", "csrftoken")
        ]

    def records(self, *emails: str) -> dict[str, Any]:
        """What the database knows of people: `public_id`, and of each team `public_id`, `name` and `slug`."""
        done = run([sys.executable, "-m", "tformance.run.records", *emails], self.env)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"not within {_PATIENCE_S} s"
            time.sleep(0.05)

    def settle(self) -> None:
        """Wait until nothing more arrives; PostHog would keep all of it as it was sent."""
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
        """Forget what has arrived."""
        self.inspector.reset()
        self.wire.passed.clear()
        self.wire.is_cut = False

    def events(self, name: str) -> list[dict[str, Any]]:
        """What has arrived under a name, in the order in which it happened."""
        found: list[dict[str, Any]] = self.inspector.good(name)
        return sorted(found, key=lambda one: str(one["timestamp"]))


@contextmanager
def running_product(folder: Path) -> Iterator[Product]:
    """Start everything, and play the journey."""
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
    """Start one more process of the product, with other settings and the same database."""
    port = choose_port(0, 8000)
    with serving(_uvicorn(port), {**product.env, **env}, product.folder):
        yield f"http://127.0.0.1:{port}"


def _uvicorn(port: int) -> list[str | Path]:
    return [BIN / "uvicorn", "--host", "127.0.0.1", "--port", str(port), "tformance.asgi:application"]
