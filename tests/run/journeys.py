"""Whole journeys: their captures, and the comparison of two journeys."""

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
# Properties that depend on the clock, the machine and the order of concurrent syncs.
_OF_THE_RUN = ("duration_ms", "duration_s", "total_prs", "ai_adoption_rate", "$trace_id", "$span_id")


RELEASE = "01983c1e-7d1a-7000-8000-0000000000aa"


@cache
def journey_of_all() -> list[dict[str, Any]]:
    """Return the captures of direct delivery with all traces sampled; cached for all comparisons."""
    with tempfile.TemporaryDirectory() as folder:
        return deliver(Path(folder), OTEL_TRACES_SAMPLER="always_on", POSTHOG_RELEASE_ID=RELEASE)


def deliver(folder: Path, *options: str, **env: str) -> list[dict[str, Any]]:
    """Drive a journey on a fresh database, and return its captures."""
    folder.mkdir(exist_ok=True)
    with starting(folder, *options, **env) as run:
        run.wait_for(IS_UP)
        assert "; 0 unexpected, 0 rejected; PostHog would keep all of them." in run.printed, run.printed
        captures: list[dict[str, Any]] = run.inspector().good()
        assert run.end(signal.SIGINT) == 0
    return captures


def comparable(captures: list[dict[str, Any]]) -> Captures:
    """Return captures without values that differ between runs; the run itself has compared their persons."""

    def nameless(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: "of the run" if key in _OF_THE_RUN else nameless(one) for key, one in value.items()}
        if isinstance(value, list):
            # Celery's own frames differ between kinds of workers.
            ours = [one for one in value if not isinstance(one, dict) or one.get("in_app", True)]
            return [nameless(one) for one in ours]
        return _ID.sub("of the run", value) if isinstance(value, str) else value

    return sorted((one["event"], json.dumps(nameless(one["properties"]), sort_keys=True)) for one in captures)
