"""The tail: print the events that the inspector receives, as they arrive."""

from __future__ import annotations

import argparse
import time
from typing import Any

import orjson
import urllib3
from django.core.management.base import BaseCommand

from otel import pipeline

__all__ = ["add_arguments", "run"]

_INTERVAL = 0.5  # seconds, short enough to feel live


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand.

    Args:
        parser: the parser of this subcommand.
    """
    parser.add_argument("--url", help="URL of the inspector; POSTHOG_HOST by default")
    parser.add_argument("--once", action="store_true", help="print the events received so far, and exit")


def run(command: BaseCommand, options: dict[str, Any]) -> str:
    """Print captures until interrupted; return an error message, or an empty string.

    Args:
        command: the command, for output.
        options: the parsed options.
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
                    f"{url} is not an inspector; start one with `python -m otel.inspector` and pass its URL "
                    "with --url"
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
    text = " ".join(f"{name}={value}" for name, value in own.items())
    return f"{capture['timestamp'][11:23]}  {capture['event']:<28} {capture['distinct_id'][:13]:<14} {text}"
