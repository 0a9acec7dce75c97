"""The tail: what arrives at the inspector, as it arrives."""

from __future__ import annotations

import argparse
import time
from typing import Any

import orjson
import urllib3
from django.core.management.base import BaseCommand

from otel import pipeline

__all__ = ["add_arguments", "run"]

_INTERVAL = 0.5  # seconds; quick enough to feel live


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the part's options.

    Args:
        parser: the part's.
    """
    parser.add_argument("--url", help="the inspector's address; POSTHOG_HOST by default")
    parser.add_argument("--once", action="store_true", help="print what is there, and end")


def run(command: BaseCommand, options: dict[str, Any]) -> str:
    """Print captures until interrupted; return what is wrong.

    Args:
        command: prints.
        options: what was given.
    """
    running = pipeline.running()
    url = options["url"] or (running.settings.host if running is not None else "")
    http = urllib3.PoolManager(retries=False, timeout=5)
    seen: set[str] = set()
    try:
        while True:
            captures = _good(http, url)
            if captures is None:
                return (
                    f"{url} is no inspector; start one with `python -m otel.inspector` and name it with --url"
                )
            for capture in captures:
                if capture["uuid"] not in seen:
                    seen.add(capture["uuid"])
                    command.stdout.write(_line(capture))
            if options["once"]:
                return ""
            time.sleep(_INTERVAL)
    except KeyboardInterrupt:
        return ""


def _good(http: urllib3.PoolManager, url: str) -> list[dict[str, Any]] | None:
    try:
        answer = http.request("GET", f"{url}/inspector/good")
        captures = orjson.loads(answer.data) if answer.status == 200 else None
    except (urllib3.exceptions.HTTPError, orjson.JSONDecodeError):
        return None
    return captures if isinstance(captures, list) else None


def _line(capture: dict[str, Any]) -> str:
    own = {name: value for name, value in capture["properties"].items() if not name.startswith("$")}
    told = " ".join(f"{name}={value}" for name, value in own.items())
    return f"{capture['timestamp'][11:23]}  {capture['event']:<28} {capture['distinct_id'][:13]:<14} {told}"
