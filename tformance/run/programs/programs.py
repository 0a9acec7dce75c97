"""The programs of `make run`: their commands, their environment, and the database migration."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from otel.version import __version__
from tformance.run._journey import DAYS, FUNNEL
from tformance.run.programs.ports import HOST
from tformance.run.programs.processes import Program, run_to_end
from tformance.sandbox.running import environ_of

__all__ = ["API_KEY", "Site"]

API_KEY = "phc_local"

_ROOT = Path(__file__).parents[3]

# Seconds that a program may take to answer; a program that is starting is polled again soon.
_PATIENCE = 2.0

# Seconds that gunicorn waits for its workers; less than the run waits for gunicorn.
_GRACE = 12

# The resource attributes of each capture, unless OTEL_RESOURCE_ATTRIBUTES is set.
_RESOURCE = f"service.version={__version__},deployment.environment.name=development"

# Two concurrent tasks show that tasks do not interfere, and are a small load for a laptop.
_TASKS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Site:
    """The folder, ports and programs of a run.

    Args:
        folder: the folder for the database, emails, logs and rejected events.
        port: the product's port.
        inspector_port: the inspector's port.
        sandbox_port: the sandbox's port.
        workers: the number of gunicorn processes that serve the product; 0 for uvicorn alone.
    """

    folder: Path
    port: int
    inspector_port: int
    sandbox_port: int
    workers: int = 0

    @property
    def product_url(self) -> str:
        """The product's base URL."""
        return f"http://{HOST}:{self.port}"

    @property
    def inspector_url(self) -> str:
        """The inspector's base URL."""
        return f"http://{HOST}:{self.inspector_port}"

    @property
    def sandbox_url(self) -> str:
        """The sandbox's base URL."""
        return f"http://{HOST}:{self.sandbox_port}"

    @property
    def has_worker(self) -> bool:
        """Whether a separate process runs the tasks, as it does if a broker is configured."""
        return bool(os.environ.get("CELERY_BROKER_URL"))

    @property
    def mail(self) -> Path:
        """The folder of sent emails."""
        return self.folder / "mail"

    @property
    def quarantine(self) -> Path:
        """The folder of rejected events."""
        return self.folder / "quarantine"

    def migrate(self) -> None:
        """Bring the database up to date.

        Raises:
            ProgramError: if the migration fails.
        """
        command = [sys.executable, str(_ROOT / "manage.py"), "migrate", "--no-input"]
        run_to_end("The migration", command, self._environment(), self.folder / "migrate.log")

    def records(self, emails: Iterable[str]) -> dict[str, Any]:
        """Return the product's records about people, by email address.

        Args:
            emails: the people's email addresses.

        Raises:
            ProgramError: if the database cannot be read.
        """
        command = [sys.executable, "-m", "tformance.run.records", *emails]
        # Without an API key: this process must not send events.
        env = {**self._environment(), "POSTHOG_API_KEY": ""}
        log = self.folder / "records.log"
        run_to_end("Reading the database", command, env, log)
        found: dict[str, Any] = json.loads(log.read_text().splitlines()[-1])
        return found

    def start_inspector(self) -> Program:
        """Start the inspector."""
        options = ["--host", HOST, "--port", str(self.inspector_port), "--funnel", FUNNEL]
        return self._start("inspector", "-m", "otel.inspector", *options)

    def start_sandbox(self) -> Program:
        """Start the stand-in for GitHub, Jira and Slack."""
        options = ["--host", HOST, "--port", str(self.sandbox_port), "--behind", str(DAYS)]
        return self._start("sandbox", "-m", "tformance.sandbox", *options)

    def start_product(self) -> Program:
        """Start the product, under uvicorn alone or under gunicorn."""
        if self.workers:
            options = ["--bind", f"{HOST}:{self.port}", "--workers", str(self.workers)]
            options += ["--worker-class", "uvicorn_worker.UvicornWorker", "--graceful-timeout", str(_GRACE)]
            server = ["gunicorn", "--no-control-socket", *options]
        else:
            options = ["--host", HOST, "--port", str(self.port), "--timeout-graceful-shutdown", "3"]
            server = ["uvicorn", *options]
        return self._start("product", "-m", *server, "tformance.asgi:application")

    def start_worker(self) -> Program:
        """Start the Celery worker."""
        options = ["--concurrency", str(_TASKS_AT_ONCE), "--loglevel", "INFO"]
        return self._start("worker", "-m", "celery", "--app", "tformance", "worker", *options)

    def inspector_answers(self) -> bool:
        """Whether the inspector answers."""
        return _answers(f"{self.inspector_url}/inspector/health")

    def sandbox_answers(self) -> bool:
        """Whether the sandbox answers."""
        return _answers(f"{self.sandbox_url}/")

    def product_answers(self) -> bool:
        """Whether the product answers."""
        return _answers(f"{self.product_url}/health/")

    def worker_answers(self) -> bool:
        """Whether the worker has logged that it is ready; it does not listen on a port."""
        return " ready." in self._log("worker").read_text(errors="replace")

    def _start(self, name: str, *command: str) -> Program:
        return Program(f"The {name}", [sys.executable, *command], self._environment(), self._log(name))

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _environment(self) -> Mapping[str, str]:
        """Return this process's environment, plus the variables that keep the run local."""
        return {
            **os.environ,
            **environ_of(self.sandbox_url),
            "DJANGO_SETTINGS_MODULE": "tformance.settings",
            "PYTHONPATH": str(_ROOT),
            "PYTHONUNBUFFERED": "1",
            "DEBUG": "true",
            "SITE_URL": self.product_url,
            "SQLITE_PATH": str(self.folder / "tformance.sqlite3"),
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(self.mail),
            "POSTHOG_API_KEY": API_KEY,
            "POSTHOG_HOST": self.inspector_url,
            "POSTHOG_QUARANTINE": str(self.quarantine),
            "OTEL_SERVICE_NAME": os.environ.get("OTEL_SERVICE_NAME") or "tformance",
            "OTEL_RESOURCE_ATTRIBUTES": os.environ.get("OTEL_RESOURCE_ATTRIBUTES") or _RESOURCE,
            # Milliseconds: short, so that clicks show up in the inspector immediately.
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }


def _answers(url: str) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy cannot reach this machine's ports
            return session.get(url, timeout=_PATIENCE).ok
    except requests.RequestException:
        return False
