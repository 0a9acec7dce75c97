"""The Dockerfiles: pinned, small, without root and without secrets."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lifecycle.servers import ROOT

# The Dockerfiles, each with the folder that COPY is relative to.
FILES = {
    "Dockerfile": ROOT,
    "deploy/collector/Dockerfile": ROOT,
    "deploy/proxy/Dockerfile": ROOT / "deploy/proxy",
}

Instruction = tuple[str, str]


def _instructions(name: str) -> list[Instruction]:
    text = re.sub(r"^\s*#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def _stages(name: str) -> list[list[Instruction]]:
    stages: list[list[Instruction]] = []
    for word, rest in _instructions(name):
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, rest))
    return stages


def _copied(name: str) -> Iterator[str]:
    """Yield the paths that are copied from the checkout."""
    for word, rest in _instructions(name):
        assert word != "ADD", "use COPY, which fetches nothing"
        if word == "COPY" and "--from=" not in rest:
            yield from (part for part in shlex.split(rest)[:-1] if not part.startswith("--"))


def _is_sent(path: str) -> bool:
    """Return whether .dockerignore includes a path; the last matching line decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.lstrip("!")
        if not line or line.startswith("#"):
            continue
        whole = pattern.removeprefix("**/")
        parts = [path, *map(str, Path(path).parents)]
        if any(fnmatch.fnmatch(part, pattern) or fnmatch.fnmatch(Path(part).name, whole) for part in parts):
            sent = line.startswith("!")
    return sent


@pytest.mark.parametrize("name", FILES)
def test_every_base_image_is_pinned(name: str) -> None:
    for stage in _stages(name):
        image = stage[0][1].split(" AS ")[0]
        assert re.search(r":\d+\.\d+\.\d+", image), image


@pytest.mark.parametrize("name", FILES)
def test_the_image_does_not_run_as_root(name: str) -> None:
    last = _stages(name)[-1]
    users = [rest for word, rest in last if word == "USER"]
    assert users == ["10001:10001"]
    # Root must not create files after this instruction.
    after = last[last.index(("USER", users[0])) :]
    assert not [word for word, _ in after if word in ("RUN", "COPY")]


@pytest.mark.parametrize("name", FILES)
def test_no_secret_is_built_in(name: str) -> None:
    for word, rest in _instructions(name):
        assert word != "ARG"
        if word == "ENV":
            assert not re.search(r"KEY|TOKEN|SECRET|PASSWORD", rest)


@pytest.mark.parametrize("name", FILES)
def test_copied_paths_exist_and_are_sent(name: str) -> None:
    folder = FILES[name]
    for path in _copied(name):
        assert (folder / path).exists(), path
        if folder == ROOT:
            assert _is_sent(path), path


@pytest.mark.parametrize(
    "path", [".env", ".env.example", ".git/config", "db.sqlite3", "tests/conftest.py", "apps/x/.env", "a.key"]
)
def test_private_files_are_not_sent(path: str) -> None:
    assert not _is_sent(path)


def test_the_final_stage_runs_no_installer() -> None:
    *building, final = _stages("Dockerfile")
    assert [stage[0][1].split(" AS ")[1] for stage in building] == ["assets", "packages"]
    run = " ".join(rest for word, rest in final if word == "RUN")
    assert not re.search(r"\b(apt-get|pip|npm)\b", run)


@pytest.mark.parametrize("name", ["Dockerfile", "deploy/collector/Dockerfile"])
def test_commands_run_without_a_shell(name: str) -> None:
    for word, rest in _stages(name)[-1]:
        if word in ("CMD", "ENTRYPOINT"):  # a shell would receive the SIGTERM
            assert json.loads(rest)


def test_the_image_has_the_versions_of_the_tests_and_no_test_tools() -> None:
    def pinned(name: str) -> set[str]:
        return set(re.findall(r"^[\w.\[\],-]+==[\w.]+", (ROOT / name).read_text(), re.MULTILINE))

    image = pinned("requirements.image.lock")
    assert image <= pinned("requirements.lock")
    assert not [one for one in image if one.startswith(("playwright", "pytest", "mypy", "ruff"))]
