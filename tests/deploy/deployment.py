"""The programs of docker-compose.yml, started without containers with their commands and environments."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from otel.inspector.running import RunningInspector, running_inspector
from tests.deploy.compose import SECRETS, services
from tests.deploy.image_packages import with_the_images_packages
from tests.lifecycle.servers import BIN, ROOT, Process, Server, run, running, serving, wait_for
from tests.services.collector import CONFIG, RunningCollector, running_collector
from tests.services.postgresql import running_postgresql
from tests.services.redis import running_redis
from tformance.run.programs.ports import HOST, choose_port

__all__ = ["Deployment", "running_deployment"]

_STATE = "/var/lib/tformance"
# Export often, so that tests do not wait for counters and spans.
_EAGER = {"OTEL_METRIC_EXPORT_INTERVAL": "500", "OTEL_BSP_SCHEDULE_DELAY": "200"}


@dataclass
class Deployment:
    """The running programs.

    Args:
        folder: the folder for the programs' files.
        product: the product under gunicorn.
        worker: the Celery worker.
        beat: Celery beat.
        collector: the Collector with the repository's configuration.
        bridge_url: the bridge's URL.
        inspector: the inspector, which replaces PostHog.
        env: the environment of each of our programs, by service.
    """

    folder: Path
    product: Server
    worker: Process
    beat: Process
    collector: RunningCollector
    bridge_url: str
    inspector: RunningInspector
    env: Mapping[str, Mapping[str, str]]

    def check(self, name: str) -> int:
        """Run a service's health check as Compose does, and return the exit status."""
        kind, *command = services()[name]["healthcheck"]["test"]
        command = [part.replace(_STATE, str(self.folder)).replace("$$", "$") for part in command]
        if kind == "CMD-SHELL":
            command = ["sh", "-c", *command]
        return run(command, self.env[name]).returncode

    def ask(self, path: str, *, form: Mapping[str, str] | None = None, cookie: str = "") -> requests.Response:
        """Send a request to the product as the proxy does for a browser."""
        site = SECRETS["SITE_HOST"]
        headers = {
            "Host": site,
            "X-Forwarded-Proto": "https",
            "Referer": f"https://{site}/",
            "Cookie": cookie,
        }
        url = f"http://{HOST}:{self.product.port}{path}"
        return requests.request(
            "GET" if form is None else "POST",
            url,
            data=form,
            headers=headers | {"Cookie": cookie},
            allow_redirects=False,
            timeout=30,
        )

    def sign_up(self, email: str) -> None:
        """Create an account, as a visitor does."""
        page = self.ask("/accounts/signup/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token, page.text
        form = {"csrfmiddlewaretoken": token.group(1), "email": email, "password1": "correct horse battery"}
        cookie = f"csrftoken={page.cookies['csrftoken']}"
        assert self.ask("/accounts/signup/", form=form, cookie=cookie).status_code == 302


@contextmanager
def running_deployment(folder: Path) -> Iterator[Deployment]:
    """Run everything except the user interfaces: databases, Collector, bridge, product, worker and beat.

    Args:
        folder: the folder for the programs' files.
    """
    with ExitStack() as stack:
        inspector = stack.enter_context(running_inspector())
        bridge_port = choose_port(0, 0)
        bridge_url = f"http://{HOST}:{bridge_port}"
        database, broker = (stack.enter_context(one()) for one in (running_postgresql, running_redis))
        collector = stack.enter_context(
            running_collector(
                CONFIG,
                # Without the addresses, which the test chooses.
                {
                    name: value
                    for name, value in services()["collector"]["environment"].items()
                    if name.startswith(("POSTHOG_", "TRACES_")) and value is not None
                }
                | {
                    "POSTHOG_BRIDGE_ENDPOINT": bridge_url,
                    "TRACES_OTLP_ENDPOINT": f"{HOST}:9",
                    "COLLECTOR_LOG_LEVEL": "error",
                },
            )
        )
        here = {
            "DATABASE_URL": database,
            "CELERY_BROKER_URL": broker,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.otlp_url,
            "POSTHOG_HOST": inspector.url,
        }
        names = ("migrate", "bridge", "product", "worker", "beat")
        packages = with_the_images_packages(folder)
        env = {name: _environment(name, here, folder) | packages for name in names}
        (folder / "beat").mkdir()
        migrated = run(_command("migrate", folder), env["migrate"])
        assert migrated.returncode == 0, migrated.stderr
        bridge = [part.replace("0.0.0.0", HOST) for part in _command("bridge", folder)]
        bridge[bridge.index("4318")] = str(bridge_port)
        stack.enter_context(running(bridge, env["bridge"], folder))
        wait_for(lambda: _answers(f"{bridge_url}/readyz"))
        # The test polls the product by its IP address.
        own = {"BIND": f"{HOST}:0", "ALLOWED_HOSTS": f"{env['product']['ALLOWED_HOSTS']},{HOST}"}
        product = stack.enter_context(serving(_of_image(), env["product"] | own, folder))
        worker, beat = (
            stack.enter_context(running(_command(one, folder), env[one], folder))
            for one in ("worker", "beat")
        )
        yield Deployment(folder, product, worker, beat, collector, bridge_url, inspector, env)


def _environment(name: str, here: Mapping[str, str], folder: Path) -> dict[str, str]:
    given = services()[name]["environment"]
    own = {key: value for key, value in given.items() if value is not None}
    own = {key: value.replace(_STATE, str(folder)) for key, value in own.items()}
    image = dict(re.findall(r"(\w+)=(\S+)", _instruction("ENV PATH")))
    base = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(folder), "HOSTNAME": os.uname().nodename}
    return image | base | own | {key: value for key, value in here.items() if key in own} | _EAGER


def _command(name: str, folder: Path) -> list[str]:
    return [part.replace(_STATE, str(folder)) for part in services()[name]["command"]]


def _of_image() -> list[str | Path]:
    command: list[str | Path] = json.loads(_instruction("CMD [").removeprefix("CMD "))
    return command


def _instruction(begin: str) -> str:
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())
    return next(line for line in reversed(text.splitlines()) if line.startswith(begin))


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
