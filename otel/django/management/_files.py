"""Generated files: shared code of the subcommands that print, write or check them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

__all__ = ["add_options", "handle"]


def add_options(parser: argparse.ArgumentParser, *, target: str = "FOLDER") -> None:
    """Add the options `--write` and `--check`.

    Args:
        parser: the parser of the subcommand.
        target: the placeholder of the option's value in the help text.
    """
    for option, help_ in (
        ("--write", "write the generated files there"),
        ("--check", "fail if the files there are not current"),
    ):
        parser.add_argument(option, metavar=target, type=Path, nargs="+", default=[], help=help_)


def handle(
    command: BaseCommand, options: Mapping[str, Any], generate: Callable[[Path], Mapping[Path, str]]
) -> str:
    """Print the first file, or write or check all files; return an error message, or an empty string.

    Args:
        command: the command, for output.
        options: the parsed options.
        generate: a function that returns the content of each file of a target, by path.
    """
    write, check = options["write"], options["check"]
    if not write and not check:
        command.stdout.write(next(iter(generate(Path()).values())))
    for target in write:
        for path, text in generate(target).items():
            path.write_text(text)
            command.stdout.write(f"wrote {path}")
    problems = []
    for target in check:
        files = generate(target)
        stale = [path for path, text in files.items() if _read(path) != text]
        if stale:
            names = ", ".join(path.name for path in stale)
            run = f"telemetry {options['part']} --write {target}"
            problems.append(f"{names} in {stale[0].parent} differ from the declarations: run `{run}`")
        else:
            command.stdout.write(f"{target} is current")
    return "\n".join(problems)


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
