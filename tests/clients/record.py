"""Recorder of what the SDKs of Java, Go and Rust send: `python -m tests.clients.record java go rust`.

It builds each program in a temporary folder by the ordinary tools of its language, runs it, and writes its
requests to `recorded/`, in a file that is named after the SDK's version. Tests replay the files.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.clients.requests import receiving, variables, write

__all__ = ["RECORDED"]

_HERE = Path(__file__).parent
RECORDED = _HERE / "recorded"

# The machine's name, user and command line say nothing about the SDK.
_ANONYMOUS = {
    "OTEL_JAVA_DISABLED_RESOURCE_PROVIDERS": ",".join(
        f"io.opentelemetry.instrumentation.resources.{name}ResourceProvider"
        for name in ("Container", "Host", "HostId", "Os", "Process", "ProcessRuntime")
    )
}


def _java(folder: Path) -> tuple[list[str], str]:
    _run(folder, "mvn", "-q", "dependency:copy-dependencies", "-DoutputDirectory=lib")
    _run(folder, "javac", "-cp", "lib/*", "Shop.java")
    (agent,) = folder.glob("lib/opentelemetry-javaagent-*.jar")
    return ["java", f"-javaagent:{agent}", "-cp", f"{folder}:{folder}/lib/*", "Shop"], agent.stem


def _go(folder: Path) -> tuple[list[str], str]:
    _run(folder, "go", "build", "-trimpath", "-o", "shop", ".")
    return [str(folder / "shop")], "opentelemetry-go-" + _version(folder / "go.mod", r"otel/sdk v(\S+)")


def _rust(folder: Path) -> tuple[list[str], str]:
    _run(folder, "cargo", "build", "--quiet")
    version = _version(folder / "Cargo.lock", r'name = "opentelemetry_sdk"\nversion = "([^"]+)"')
    return [str(folder / "target/debug/shop")], f"opentelemetry-rust-{version}"


_LANGUAGES: dict[str, Callable[[Path], tuple[list[str], str]]] = {"java": _java, "go": _go, "rust": _rust}


def _record(language: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / language
        shutil.copytree(_HERE / "programs" / language, folder)
        command, sdk = _LANGUAGES[language](folder)
        with receiving() as receiver:
            _run(folder, *command, env=variables(receiver, **_ANONYMOUS))
    for former in RECORDED.glob(f"{language}-*.json"):
        former.unlink()
    path = RECORDED / f"{language}-{sdk}.json"
    write(path, sdk, receiver.requests)
    print(f"{path}: {len(receiver.requests)} requests, {path.stat().st_size} bytes")


def _version(path: Path, pattern: str) -> str:
    found = re.search(pattern, path.read_text())
    assert found is not None, path
    return found[1]


def _run(folder: Path, *command: str, env: dict[str, str] | None = None) -> None:
    subprocess.run(command, cwd=folder, env=env, check=True, timeout=900)


if __name__ == "__main__":
    for _language in sys.argv[1:]:
        _record(_language)
