"""The bridge: receive OTLP from a Collector, and deliver the product's events and errors to PostHog."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand

from otel.django._config import pipeline_settings
from otel.events import default_registry

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand.

    Args:
        parser: the parser of this subcommand.
    """
    parser.add_argument("--host", default="127.0.0.1", help="address to bind; 0.0.0.0 for all")
    parser.add_argument("--port", type=int, default=4319, help="0 for any free port (default: %(default)s)")


def run(command: BaseCommand, options: dict[str, Any]) -> str:  # noqa: ARG001 - interface of the subcommands
    """Serve until the process is stopped; return an error message, or an empty string.

    Args:
        command: unused.
        options: the parsed options.
    """
    try:
        from otel.bridge import server
    except ModuleNotFoundError as error:
        return f"the bridge needs {error.name}: install tformance-otel[bridge]"
    return server.run(pipeline_settings(), default_registry, options["host"], options["port"])
