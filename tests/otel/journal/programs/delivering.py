"""Deliver the events that other processes left in the journal, until its folder is empty.

End after `PATIENCE` seconds at the latest, and print the number of files that are left.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from otel import install
from otel.settings import Settings
from tests.otel.shop import REGISTRY

if __name__ == "__main__":
    install(Settings.from_environ(), registry=REGISTRY)
    folder = Path(os.environ["POSTHOG_JOURNAL"])
    deadline = time.monotonic() + float(os.environ.get("PATIENCE", "25"))
    while any(folder.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    print("left", len(list(folder.iterdir())))
