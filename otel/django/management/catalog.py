"""The catalogue: what is tracked, printed or written to docs/."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from otel.events import default_registry
from otel.generate import catalogue, reasons, settings_table

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the part's options.

    Args:
        parser: the part's.
    """
    parser.add_argument("--write", metavar="FOLDER", type=Path, help="write the generated pages there")
    parser.add_argument(
        "--check", metavar="FOLDER", type=Path, help="fail if the pages there are not current"
    )


def run(command: BaseCommand, options: dict[str, Any]) -> str:
    """Print, write or check the generated pages; return what is wrong.

    Args:
        command: prints.
        options: what was given.
    """
    pages = {
        "events.md": catalogue(default_registry),
        "reasons.md": reasons(),
        "settings.md": settings_table(),
    }
    write, check = options["write"], options["check"]
    if write is not None:
        for name, text in pages.items():
            (write / name).write_text(text)
            command.stdout.write(f"wrote {write / name}")
    elif check is not None:
        stale = [name for name, text in pages.items() if _read(check / name) != text]
        if stale:
            names = ", ".join(stale)
            return f"{names} in {check} differ from the declarations: run `telemetry catalog --write {check}`"
        command.stdout.write(f"{len(pages)} pages in {check} are current")
    else:
        command.stdout.write(pages["events.md"])
    return ""


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
