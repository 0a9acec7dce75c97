"""The product with its gunicorn configuration as in production, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lifecycle.servers import BIN, Server, environment, serving

__all__ = ["product"]


@contextmanager
def product(folder: Path, posthog: str | None = None, **more: str) -> Iterator[Server]:
    """Run the product during the block, on a free port.

    Args:
        folder: the folder for the product's database, which is empty, and its log.
        posthog: the URL that events are sent to; None sends no events.
        more: additional variables.
    """
    env = environment(
        posthog,
        DJANGO_SETTINGS_MODULE="tformance.settings",
        DEBUG="false",
        SECRET_KEY="for this test alone",
        ALLOWED_HOSTS="tformance.example,localhost,127.0.0.1",
        SQLITE_PATH=str(folder / "product.sqlite3"),
        BIND="127.0.0.1:0",
        **more,
    )
    with serving([BIN / "gunicorn", "--config", "python:tformance.gunicorn"], env, folder) as server:
        yield server
