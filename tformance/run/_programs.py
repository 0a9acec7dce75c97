"""The programs of `make run`: how the database is prepared, the product and the inspector started."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from tformance.run._journey import FUNNEL
from tformance.run._ports import HOST
from tformance.run._processes import Program, run_to_end

__all__ = ["API_KEY", "Site"]

API_KEY = "phc_local"

_ROOT = Path(__file__).parents[2]

# Seconds; a program that starts is asked again at once.
_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Site:
    """Be one run's folder and addresses.

    Args:
        folder: keeps the database, e-mails, logs and rejected events.
        port: the product's.
        inspector_port: the inspector's.
    """

    folder: Path
    port: int
    inspector_port: int

    @property
    def product_url(self) -> str:
        """Where the product is."""
        return f"http://{HOST}:{self.port}"

    @property
    def inspector_url(self) -> str:
        """Where the inspector is."""
        return f"http://{HOST}:{self.inspector_port}"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "tformance.sqlite3"

    @property
    def mail(self) -> Path:
        """The folder of the e-mails sent."""
        return self.folder / "mail"

    @property
    def quarantine(self) -> Path:
        """The folder of the events rejected."""
        return self.folder / "quarantine"

    def migrate(self) -> None:
        """Bring the database up to date.

        Raises:
            ProgramError: if that fails.
        """
        command = [sys.executable, str(_ROOT / "manage.py"), "migrate", "--no-input"]
        run_to_end("The migration", command, self._environment(), self.folder / "migrate.log")

    def start_inspector(self) -> Program:
        """Start the inspector."""
        options = ["--host", HOST, "--port", str(self.inspector_port), "--funnel", FUNNEL]
        command = [sys.executable, "-m", "otel.inspector", *options]
        return Program("The inspector", command, self._environment(), self.folder / "inspector.log")

    def start_product(self) -> Program:
        """Start the product under uvicorn."""
        options = ["--host", HOST, "--port", str(self.port), "--timeout-graceful-shutdown", "3"]
        command = [sys.executable, "-m", "uvicorn", *options, "tformance.asgi:application"]
        return Program("The product", command, self._environment(), self.folder / "product.log")

    def inspector_answers(self) -> bool:
        """Whether the inspector answers."""
        return _answers(f"{self.inspector_url}/inspector/health")

    def product_answers(self) -> bool:
        """Whether the product answers."""
        return _answers(f"{self.product_url}/health/")

    def _environment(self) -> Mapping[str, str]:
        """Return this process's environment, so that OTEL_* and POSTHOG_* count, with what makes it local."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "tformance.settings",
            "PYTHONPATH": str(_ROOT),
            "PYTHONUNBUFFERED": "1",
            "DEBUG": "true",
            "SQLITE_PATH": str(self.database),
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(self.mail),
            "POSTHOG_API_KEY": API_KEY,
            "POSTHOG_HOST": self.inspector_url,
            "POSTHOG_QUARANTINE": str(self.quarantine),
            # Milliseconds: what is clicked shows in the inspector at once.
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }


def _answers(url: str) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy knows nothing of this machine
            return session.get(url, timeout=_PATIENCE).ok
    except requests.RequestException:
        return False
