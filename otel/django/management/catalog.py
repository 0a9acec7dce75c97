"""The catalog: print the declared events, or write the reference pages to docs/."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from otel.django.management._files import add_options, handle
from otel.events import default_registry
from otel.generate import catalogue, reasons, settings_table

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand.

    Args:
        parser: the parser of this subcommand.
    """
    add_options(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> str:
    """Print, write or check the generated pages; return an error message, or an empty string.

    Args:
        command: the command, for output.
        options: the parsed options.
    """
    return handle(command, options, _generate)


def _generate(folder: Path) -> Mapping[Path, str]:
    return {
        folder / "events.md": catalogue(default_registry),
        folder / "reasons.md": reasons(),
        folder / "settings.md": settings_table(),
    }
