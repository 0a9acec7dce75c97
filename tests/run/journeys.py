"""Whole journeys: what arrives of one, and how two of them are compared."""

from __future__ import annotations

import json
import re
import signal
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.run.starting import IS_UP, starting

Captures = list[tuple[str, str]]

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.+]+|http://[\d.:]+")
# What the clock, the machine and the order of syncs that run at once decide.
_OF_THE_RUN = ("duration_ms", "duration_s", "total_prs", "ai_adoption_rate", "$trace_id", "$span_id")


RELEASE = "01983c1e-7d1a-7000-8000-0000000000aa"


@cache
def journey_of_all() -> list[dict[str, Any]]:
    """Return what arrives straight, of traces that are all sampled; driven once for all comparisons."""
    with tempfile.TemporaryDirectory() as folder:
        return deliver(Path(folder), OTEL_TRACES_SAMPLER="always_on", POSTHOG_RELEASE_ID=RELEASE)


def deliver(folder: Path, *options: str, **env: str) -> list[dict[str, Any]]:
    """Return what arrived of a journey on a fresh database."""
    folder.mkdir(exist_ok=True)
    with starting(folder, *options, **env) as run:
        run.wait_for(IS_UP)
        assert "; 0 unexpected, 0 rejected; PostHog would keep all of them." in run.printed, run.printed
        captures: list[dict[str, Any]] = run.inspector().good()
        assert run.end(signal.SIGINT) == 0
    return captures


def comparable(captures: list[dict[str, Any]]) -> Captures:
    """Return captures without what differs from run to run; the run has compared their persons itself."""

    def nameless(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: "of the run" if key in _OF_THE_RUN else nameless(one) for key, one in value.items()}
        if isinstance(value, list):
            # Celery's own frames are others in each kind of worker.
            ours = [one for one in value if not isinstance(one, dict) or one.get("in_app", True)]
            return [nameless(one) for one in ours]
        return _ID.sub("of the run", value) if isinstance(value, str) else value

    return sorted((one["event"], json.dumps(nameless(one["properties"]), sort_keys=True)) for one in captures)
