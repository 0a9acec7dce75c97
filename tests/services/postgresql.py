"""A PostgreSQL that runs during a block or a command: `python -m tests.services.postgresql -- …`."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from tests.services._installed import MissingServiceError, installed
from tformance.run.programs.ports import HOST, choose_port
from tformance.run.programs.processes import Program, run_to_end

__all__ = ["main", "running_postgresql"]

_PACKAGE = "postgresql"

# PostgreSQL refuses to run as root; root runs it as the user that Debian's package creates.
_USER = "postgres" if os.geteuid() == 0 else None

# The data need not survive a crash of the machine.
_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")

# The user and the database of a new cluster.
_NAME = "postgres"

# A shell adds this to the number of the signal that ended a command.
_SIGNALLED = 128


@contextmanager
def running_postgresql() -> Iterator[str]:
    """Run a fresh cluster during the block, and yield its URL for `DATABASE_URL`.

    Raises:
        MissingServiceError: if PostgreSQL is not installed.
        ProgramError: if PostgreSQL does not start.
    """
    initdb, postgres = installed("initdb", _PACKAGE), installed("postgres", _PACKAGE)
    # Not pytest's folder, which other users cannot access.
    with TemporaryDirectory(prefix="postgresql-") as name:
        folder = Path(name)
        if _USER is not None:
            try:
                shutil.chown(folder, _USER)
            except LookupError:
                msg = f"User {_USER} is missing, as which root runs PostgreSQL: apt-get install {_PACKAGE}"
                raise MissingServiceError(msg) from None
        data, log = folder / "data", folder / "postgresql.log"
        own = ["--auth=trust", f"--username={_NAME}", "--encoding=UTF8", "--locale=C", "--no-sync"]
        run_to_end("initdb", [str(initdb), *own, f"--pgdata={data}"], os.environ, log, user=_USER)
        port = choose_port(0, 0)
        options = ("unix_socket_directories=", f"listen_addresses={HOST}", f"port={port}", *_FORGETFUL)
        server = Program(
            "PostgreSQL",
            [str(postgres), "-D", str(data), *(part for one in options for part in ("-c", one))],
            os.environ,
            log,
            user=_USER,
            ends_by=signal.SIGINT,  # SIGTERM waits for the clients
        )
        url = f"postgresql://{_NAME}@{HOST}:{port}/{_NAME}"
        try:
            server.wait_until(lambda: _answers(url))
            yield url
        finally:
            server.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command with `DATABASE_URL` set to a fresh cluster, and return its status.

    Args:
        arguments: the command line's arguments; this process's own by default.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tests.services.postgresql",
        description="Run a command with DATABASE_URL set to a fresh PostgreSQL, and end with its status. "
        "If PostgreSQL is not installed, nothing is run; with NOTHING_SKIPPED=1 that is a failure.",
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="after --, with its arguments")
    command = parser.parse_args(arguments).command
    try:
        with running_postgresql() as url:
            return _run(command, os.environ | {"DATABASE_URL": url})
    except MissingServiceError as error:
        print(f"Not run on PostgreSQL: {error}", file=sys.stderr)
        return 1 if os.environ.get("NOTHING_SKIPPED") else 0


def _run(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run a command, and return its status; signals end the command before its database."""
    process = subprocess.Popen(command, env=env)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches the command as well
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    status = process.wait()
    return status if status >= 0 else _SIGNALLED - status


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
