"""A Redis that runs during a block."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from redis import Redis, RedisError

from tests.services._installed import installed
from tformance.run.programs.ports import HOST, choose_port
from tformance.run.programs.processes import Program

__all__ = ["running_redis"]


@contextmanager
def running_redis() -> Iterator[str]:
    """Run an empty Redis during the block, and yield its URL for `CELERY_BROKER_URL`.

    Raises:
        MissingServiceError: if Redis is not installed.
        ProgramError: if Redis does not start.
    """
    server = installed("redis-server", "redis-server")
    with TemporaryDirectory(prefix="redis-") as folder:
        port = choose_port(0, 0)
        own = ["--bind", HOST, "--port", str(port), "--dir", folder, "--save", "", "--appendonly", "no"]
        program = Program("Redis", [str(server), *own], os.environ, Path(folder) / "redis.log")
        try:
            with Redis(HOST, port) as client:
                program.wait_until(lambda: _answers(client))
            yield f"redis://{HOST}:{port}/0"
        finally:
            program.stop()


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False
