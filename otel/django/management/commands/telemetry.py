"""The command `manage.py telemetry` and its subcommands."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from otel.django.management import bridge, catalog, doctor, generate, replay, tail

__all__ = ["Command"]

_PARTS = {
    "doctor": doctor,
    "tail": tail,
    "catalog": catalog,
    "generate": generate,
    "replay": replay,
    "bridge": bridge,
}


class Command(BaseCommand):
    """The command; each subcommand is a module in the parent package."""

    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's interface; the doctor runs them itself
    help = "Check the setup, watch and replay events, generate files from the declarations, run the bridge."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the subcommands.

        Args:
            parser: the parser of the command.
        """
        parts = parser.add_subparsers(dest="part", required=True, metavar="|".join(_PARTS))
        for name, part in _PARTS.items():
            summary = (part.__doc__ or "").split(": ", 1)[-1].splitlines()[0]
            part.add_arguments(parts.add_parser(name, help=summary, description=summary))

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's interface
        """Run a subcommand; an error message from it ends the command with exit code 1.

        Args:
            args: unused.
            options: the parsed options.
        """
        problem = _PARTS[options["part"]].run(self, options)
        if problem:
            raise CommandError(problem)
