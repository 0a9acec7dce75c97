"""The product as it is deployed, by its own gunicorn configuration, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lifecycle.servers import BIN, Server, environment, serving

__all__ = ["product"]


@contextmanager
def product(folder: Path, posthog: str | None = None, **more: str) -> Iterator[Server]:
    """Run it as long as the block, on a port of its own choice.

    Args:
        folder: keeps its database, which is empty, and its log.
        posthog: where events go; without, nowhere.
        more: variables besides.
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
