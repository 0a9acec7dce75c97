"""The servers that tests start: fresh, responsive, and gone when the test ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
from redis import Redis

from tests.lifecycle.servers import ROOT, environment
from tests.services import _installed
from tests.services.needing import needs_services
from tests.services.postgresql import main, running_postgresql
from tests.services.redis import running_redis


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder for the services that the user `postgres` can access."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def _listening(port: int | None) -> list[psutil.Process]:
    return [one for one in psutil.process_iter() if _listens(one, port)]


def _listens(process: psutil.Process, port: int | None) -> bool:
    try:
        return any(
            one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in process.net_connections()
        )
    except psutil.Error:
        return False


@pytest.mark.slow
@needs_services
def test_a_redis_stores_values_and_is_gone_after_the_block(folder: Path) -> None:
    with running_redis() as url:
        with Redis.from_url(url) as client:
            client.set("key", "value")
            assert client.get("key") == b"value"
        assert _listening(urlsplit(url).port) != []
    assert _listening(urlsplit(url).port) == []
    assert list(folder.iterdir()) == []


@pytest.mark.slow
@needs_services
def test_a_postgresql_ends_immediately_despite_open_connections(folder: Path) -> None:
    with running_postgresql() as url:
        connection = psycopg.connect(url)
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert _listening(urlsplit(url).port) == []
    assert list(folder.iterdir()) == []
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()


@pytest.mark.slow
@needs_services
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent was killed")
@pytest.mark.parametrize("kind", ["postgresql", "redis"])
def test_a_server_dies_with_a_test_that_is_killed(kind: str, folder: Path) -> None:
    waits = f"""
import time
from tests.services.{kind} import running_{kind}
with running_{kind}() as url:
    print(url, flush=True)
    time.sleep(60)
"""
    command = [sys.executable, "-c", waits]
    env = environment(None, TMPDIR=str(folder))
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as test:
        assert test.stdout is not None
        servers = _listening(urlsplit(test.stdout.readline().strip()).port)
        assert len(servers) == 1
        test.kill()
        assert psutil.wait_procs(servers, 30)[1] == []


@pytest.mark.slow
@needs_services
def test_a_command_gets_its_own_database_and_its_status_is_returned() -> None:
    script = "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL']).close(); raise SystemExit(3)"
    command = [sys.executable, "-m", "tests.services.postgresql", "--", sys.executable, "-W", "ignore", "-c"]
    done = subprocess.run([*command, script], cwd=ROOT, env=environment(None), check=False)
    assert done.returncode == 3


@pytest.mark.slow
@needs_services
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT], ids=lambda sign: sign.name)
def test_a_stopped_command_ends_before_its_database(sign: signal.Signals) -> None:
    script = "import time; print('ready', flush=True); time.sleep(60)"
    command = [sys.executable, "-m", "tests.services.postgresql", "--", sys.executable, "-c", script]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(None),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        children = psutil.Process(process.pid).children(recursive=True)
        if sign is signal.SIGINT:  # as a terminal sends it
            os.killpg(process.pid, sign)
        else:
            process.send_signal(sign)
        assert process.wait(30) == 128 + sign
    assert psutil.wait_procs(children, 30)[1] == []


@pytest.mark.parametrize(("nothing_skipped", "status"), [("", 0), ("1", 1)])
def test_without_postgresql_the_message_says_what_to_install(
    nothing_skipped: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_installed, "_FOLDERS", "no/such/folder")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("NOTHING_SKIPPED", nothing_skipped)

    assert main(["--", "true"]) == status
    assert capsys.readouterr().err == (
        "Not run on PostgreSQL: initdb is missing: apt-get install postgresql\n"
    )
