"""`make mutants`: changes the code in small ways, and reports the changes that the fast tests don't notice.

Everything happens in a copy of the checkout, so an interrupted run leaves nothing behind.
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from tests.mutants._operators import OPERATORS, is_cosmetic

__all__ = ["ROOMS", "main"]

_ROOT = Path(__file__).parent.parent.parent
_EQUIVALENT = Path(__file__).with_name("equivalent.toml")

# The fast tests of each folder of `otel/`: a fault must be found where it is.
ROOMS: Mapping[str, Sequence[str]] = {
    "mapping": ("mapping", "recording", "log_events", "events"),
    "recording": ("recording", "log_events"),
    "selecting": ("selecting", "recording", "log_events", "test_ledger.py"),
    "delivery": ("delivery", "through_collector", "journal", "test_ledger.py"),
    "outcomes": ("outcomes", "test_counters.py", "delivery", "test_ledger.py"),
}
_PYTEST = (
    *("-m", "pytest", "-x", "-q", "--timeout=20", "--hypothesis-seed=0", "--assert=plain", "-m", "not slow"),
    *("-p", "tests.mutants._fastest_first", "-p", "no:randomly", "-p", "no:cacheprovider"),
)
# The share of mutants that must be killed; equivalent ones are not run.
_WANTED = 0.9


class Change(NamedTuple):
    """What a mutant changes: the lines that it removes and adds, without indentation."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file.

    Args:
        path: the file, relative to the checkout.
        line: the number of the changed line.
        operator: what changes it, a key of `OPERATORS`.
        occurrence: which of the places that the operator finds in the file.
    """

    path: str
    line: int
    operator: str
    occurrence: int

    def apply(self, source: str) -> str:
        """Return the changed file.

        Args:
            source: the file.
        """
        changed: str | None = mutate_code(source, OPERATORS[self.operator], self.occurrence)
        assert changed is not None, self
        return changed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants of rooms; return 1 if too few of them are killed.

    Args:
        arguments: the command line's arguments; this process's own by default.
    """
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the copy is removed, and the tests are stopped
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder)
        _copy_to(copy)
        rates = {room: _run(room, copy, options.sample, options.seed) for room in options.room or ROOMS}
    return 0 if min(rates.values()) >= _WANTED else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    rooms = ", ".join(ROOMS)
    parser.add_argument("room", nargs="*", help=f"of {rooms}; all by default", type=_room)
    parser.add_argument("--sample", type=int, default=40, help="mutants per room; 0 for all")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000), help="selects the sample")
    return parser


def _room(name: str) -> str:
    if name not in ROOMS:
        msg = f"{name} is not one of {', '.join(ROOMS)}"
        raise argparse.ArgumentTypeError(msg)
    return name


def _copy_to(folder: Path) -> None:
    """Copy what Git would commit, with the changes that are not committed yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # deleted, but not committed yet
            shutil.copy2(_ROOT / name, target)


def _run(room: str, copy: Path, sample: int, seed: int) -> float:
    """Run a room's mutants, print what they show, and return the share that was killed."""
    tests = [f"tests/otel/{name}" for name in ROOMS[room] if (copy / "tests/otel" / name).exists()]
    (copy / "mutants.json").unlink(missing_ok=True)
    began = time.monotonic()
    if not _do_pass(tests, copy):
        sys.exit(f"the tests of {room} fail without a mutant: {' '.join(tests)}")
    duration = time.monotonic() - began
    mutants = _chosen(_mutants(copy, room), copy, sample, seed)
    print(f"{room}: {len(mutants)} mutants; its tests take {duration:.0f} s", flush=True)
    killed = 0
    for number, mutant in enumerate(mutants, 1):
        with _applied(mutant, copy) as difference:
            has_survived = _do_pass(tests, copy, timeout=2 * duration + 20, is_mutated=True)
        killed += not has_survived
        verdict = "SURVIVED" if has_survived else "killed"
        place = f"{mutant.path}:{mutant.line} {mutant.operator}"
        print(f"[{number}/{len(mutants)}] {verdict} {place}", flush=True)
        if has_survived:
            print(difference, flush=True)
    rate = killed / len(mutants) if mutants else 1.0
    print(f"{room}: {killed} of {len(mutants)} killed, {rate:.0%}", flush=True)
    return rate


def _mutants(copy: Path, room: str) -> list[list[Mutant]]:
    """Return the mutants of a room, those of the same place together."""
    places: dict[tuple[str, object], list[Mutant]] = defaultdict(list)
    for file in sorted((copy / "otel" / room).rglob("*.py")):
        path = str(file.relative_to(copy))
        nodes = list(ast_nodes(get_ast(file.read_text())))
        for name, operator in OPERATORS.items():
            found = ((node, place) for node in nodes for place in operator.mutation_positions(node))
            for occurrence, (node, place) in enumerate(found):
                if not is_cosmetic(node):
                    places[path, place].append(Mutant(path, place[0][0], name, occurrence))
    return list(places.values())


def _chosen(places: list[list[Mutant]], copy: Path, sample: int, seed: int) -> list[Mutant]:
    """Return a sample without equivalent mutants: one mutant of each chosen place, or all of all places."""
    chooser = random.Random(seed)
    if sample:
        candidates = [chooser.choice(mutants) for mutants in chooser.sample(places, len(places))]
    else:
        candidates = [mutant for mutants in places for mutant in mutants]
    equivalent = _equivalent()
    chosen: list[Mutant] = []
    for mutant in candidates:
        if sample and len(chosen) == sample:
            break
        source = (copy / mutant.path).read_text()
        if _change(mutant.path, source, mutant.apply(source)) not in equivalent:
            chosen.append(mutant)
    return chosen


def _equivalent() -> set[Change]:
    """Return the changes that make no difference; each has its reason in the file."""
    entries = tomllib.loads(_EQUIVALENT.read_text())["equivalent"]
    return {Change(entry["path"], entry["before"], entry["after"]) for entry in entries}


def _change(path: str, source: str, changed: str) -> Change:
    lines = list(difflib.ndiff(source.splitlines(), changed.splitlines()))
    before, after = (
        "\n".join(line[2:].strip() for line in lines if line.startswith(sign)) for sign in ("- ", "+ ")
    )
    return Change(path, before, after)


@contextmanager
def _applied(mutant: Mutant, copy: Path) -> Iterator[str]:
    """Change the copy, yield the difference, and change it back."""
    file = copy / mutant.path
    source, stat = file.read_text(), file.stat()
    changed = mutant.apply(source)
    file.write_text(changed)
    try:
        yield "\n".join(difflib.unified_diff(source.splitlines(), changed.splitlines(), lineterm="", n=2))
    finally:
        file.write_text(source)
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # so that its bytecode is used again


def _do_pass(
    tests: Sequence[str], copy: Path, *, timeout: float | None = None, is_mutated: bool = False
) -> bool:
    """Whether tests pass in the copy, within a number of seconds.

    `python -m pytest` puts the current folder first on the path, so that the copy is imported.
    """
    process = subprocess.Popen(
        [sys.executable, *_PYTEST, *tests],
        cwd=copy,
        # The first run leaves its bytecode for the others. A mutant's could be taken for the original's.
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1" if is_mutated else ""},
        stdout=subprocess.DEVNULL if is_mutated else None,
        stderr=subprocess.DEVNULL if is_mutated else None,
        start_new_session=True,
    )
    try:
        return process.wait(timeout) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        with suppress(ProcessLookupError):  # the tests' own processes as well
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
