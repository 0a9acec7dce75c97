"""The rules of the house that a reader relies on: layers, sizes, no network, no vendor SDK."""

from __future__ import annotations

import ast
import importlib
import socket
from pathlib import Path

import pytest

from tests.conftest import NetworkError
from tests.layers import LAYERS

ROOT = Path(__file__).parent.parent

APPS = tuple(
    f"apps.{name}"
    for name in (
        "users",
        "teams",
        "utils",
        "metrics",
        "insights",
        "feedback",
        "integrations",
        "onboarding",
        "auth",
        "web",
    )
)
HOSTS = ("otel.django", "otel.celery", "otel.testing", "otel.inspector", "otel.generate")


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def layer_of(name: str) -> int | None:
    for index, packages in enumerate(LAYERS):
        if any(within(name, package) for package in packages):
            return index
    return None


@pytest.mark.parametrize("path", modules("otel"), ids=lambda path: str(path.relative_to(ROOT)))
def test_otel_knows_nothing_of_the_product(path: Path) -> None:
    assert not [name for name in imports(path) if within(name, "apps") or within(name, "tformance")]


@pytest.mark.parametrize("path", modules("otel"), ids=lambda path: str(path.relative_to(ROOT)))
def test_layers_are_imported_in_one_direction(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    own = layer_of(name)
    if own is None:
        return
    for imported in imports(path):
        theirs = layer_of(imported)
        assert theirs is None or theirs <= own, f"{name} imports {imported}, which is above it"
        assert not any(within(imported, host) for host in HOSTS), f"{name} imports {imported}"


@pytest.mark.parametrize("path", modules("apps"), ids=lambda path: str(path.relative_to(ROOT)))
def test_apps_are_imported_in_one_direction_and_know_no_project(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    own = next((rank for rank, app in enumerate(APPS) if within(name, app)), len(APPS))
    above = [one for one in imports(path) if any(within(one, app) for app in APPS[own + 1 :])]
    assert above == [], f"{name} imports an app that stands below it in apps/README.md"
    assert not [one for one in imports(path) if within(one, "tformance")]


@pytest.mark.parametrize(
    "path",
    [path for folder in ("otel", "apps", "tformance", "tests", "benchmarks") for path in modules(folder)],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_file_says_what_it_does_and_stays_small(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) <= 400
    in_product = path.relative_to(ROOT).parts[0] in ("otel", "apps", "tformance")
    if in_product and source.strip() and "migrations" not in path.parts:
        assert ast.get_docstring(ast.parse(source)), "its first line says what it does"


def test_only_what_runs_locally_knows_the_sandbox() -> None:
    local = (ROOT / "tformance" / "sandbox", ROOT / "tformance" / "run")
    others = [path for folder in ("otel", "apps", "tformance") for path in modules(folder)]
    knowing = [path for path in others if any(within(one, "tformance.sandbox") for one in imports(path))]
    assert [path for path in knowing if not any(path.is_relative_to(folder) for folder in local)] == []


@pytest.mark.parametrize("folder", ["otel", "apps", "tformance"])
def test_nobody_calls_the_vendors_sdk_to_track_something(folder: str) -> None:
    offending = [
        str(path)
        for path in modules(folder)
        for line in path.read_text().splitlines()
        if "posthog.capture(" in line or "capture_exception(" in line
    ]
    assert offending == []


PUBLIC = ["otel", "otel.events", "otel.mapping", "otel.recording", "otel.testing"]


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_sorted_and_there(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__all__ == sorted(module.__all__)
    assert [one for one in module.__all__ if not hasattr(module, one)] == []


def test_a_test_cannot_reach_another_machine() -> None:
    with socket.socket() as connection, pytest.raises(NetworkError):
        connection.connect(("192.0.2.1", 80))
