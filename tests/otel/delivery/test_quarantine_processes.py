"""The quarantine with several processes, `kill -9` and a full disk."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from otel.envelope import Capture
from otel.outcomes.quarantine import Quarantine

pytestmark = pytest.mark.slow

# Adds numbered events of growing size until it is killed, and prints the number of each once it is stored.
# It waits for a line on standard input, or the quarantine could be full before the slowest process starts.
WRITER = """
import sys
from pathlib import Path
from otel.outcomes.quarantine import Quarantine
from otel.envelope import Capture, Rejection
from otel.reasons import Reason

folder, name = sys.argv[1:]
quarantine = Quarantine(Path(folder))
print("ready", flush=True)
sys.stdin.readline()
for number in range(1_000_000):
    text = "x" * (number % 50 * 400)
    capture = Capture(f"{name} {number}", "u", str(number), "now", {"text": text})
    quarantine.add([(capture, Rejection(Reason.REFUSED))])
    print(number, flush=True)
"""

# Simulates a nearly full disk: writes are cut short, then fail. Later there is space again.
FULL_DISK = """
import resource, sys
from pathlib import Path
from otel.outcomes.quarantine import Quarantine
from otel.envelope import Capture, Rejection
from otel.reasons import Reason

quarantine = Quarantine(Path(sys.argv[1]))
def keep(number):
    capture = Capture(f"event {number}", "u", str(number), "now", {"text": "x" * 1000})
    quarantine.add([(capture, Rejection(Reason.REFUSED))])

resource.setrlimit(resource.RLIMIT_FSIZE, (4_500, resource.RLIM_INFINITY))
for number in range(8):
    keep(number)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
keep(8)
"""


def kept_in(folder: Path) -> list[Capture]:
    return [entry.item for entry in Quarantine(folder).entries() if isinstance(entry.item, Capture)]


def test_events_stored_before_kill_9_are_present_and_complete(tmp_path: Path) -> None:
    names = ["one", "two", "three"]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"

    reported: dict[str, list[int]] = {name: [] for name in names}

    def listen(name: str, writer: subprocess.Popen[str]) -> None:
        assert writer.stdout is not None
        reported[name].extend(int(line) for line in writer.stdout)

    listeners = [threading.Thread(target=listen, args=pair) for pair in zip(names, writers, strict=True)]
    for listener in listeners:
        listener.start()
    for writer in writers:
        assert writer.stdin is not None
        with writer.stdin:
            writer.stdin.write("go\n")
    deadline = time.monotonic() + 60
    while not all(reported.values()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
    for listener, writer in zip(listeners, writers, strict=True):
        listener.join()
        writer.wait()
        assert writer.stdout is not None
        writer.stdout.close()
    kept: dict[str, list[int]] = {name: [] for name in names}
    for item in kept_in(tmp_path):
        name, number = item.event.split()
        assert item.properties == {"text": "x" * (int(number) % 50 * 400)}
        kept[name].append(int(number))
    for name in names:
        assert kept[name] == list(range(len(kept[name])))
        # The process may have been killed between storing an event and printing its number.
        assert len(reported[name]) <= len(kept[name]) <= len(reported[name]) + 1


def test_a_full_disk_raises_nothing_and_corrupts_nothing(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path], capture_output=True, text=True, check=True, timeout=30
    )
    assert ended.stderr == "rejected events cannot be quarantined: File too large\n"
    assert [item.event for item in kept_in(tmp_path)] == [
        "event 0",
        "event 1",
        "event 2",
        "event 8",
    ]
