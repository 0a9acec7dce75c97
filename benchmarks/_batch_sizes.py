"""The sizes of batches, in events."""

from __future__ import annotations

from typing import Final

__all__ = ["BATCH", "SDK_BATCH", "SECOND"]

BATCH: Final = 2_048  # ours
SDK_BATCH: Final = 512  # OpenTelemetry's
SECOND: Final = 100  # ours at 100 events/s, because the queue is emptied every second
