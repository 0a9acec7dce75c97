"""The catalogue: what is tracked, printed or written to docs/."""

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
    """Add the part's options.

    Args:
        parser: the part's.
    """
    add_options(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> str:
    """Print, write or check the generated pages; return what is wrong.

    Args:
        command: prints.
        options: what was given.
    """
    return handle(command, options, _generate)


def _generate(folder: Path) -> Mapping[Path, str]:
    return {
        folder / "events.md": catalogue(default_registry),
        folder / "reasons.md": reasons(),
        folder / "settings.md": settings_table(),
    }
