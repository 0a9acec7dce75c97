"""Generated files: how a part of the command prints, writes or checks them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

__all__ = ["add_options", "handle"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what such a part has in common.

    Args:
        parser: the part's.
    """
    parser.add_argument("--write", metavar="FOLDER", type=Path, help="write the generated files there")
    parser.add_argument(
        "--check", metavar="FOLDER", type=Path, help="fail if the files there are not current"
    )


def handle(command: BaseCommand, options: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """Print the first file, or write or check all of them; return what is wrong.

    Args:
        command: prints.
        options: what was given.
        files: the content of each by its name.
    """
    write, check = options["write"], options["check"]
    if write is not None:
        for name, text in files.items():
            (write / name).write_text(text)
            command.stdout.write(f"wrote {write / name}")
    elif check is not None:
        stale = [name for name, text in files.items() if _read(check / name) != text]
        if stale:
            run = f"telemetry {options['part']} --write {check}"
            return f"{', '.join(stale)} in {check} differ from the declarations: run `{run}`"
        command.stdout.write(f"{len(files)} files in {check} are current")
    else:
        command.stdout.write(next(iter(files.values())))
    return ""


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
