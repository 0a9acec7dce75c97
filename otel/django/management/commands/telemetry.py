"""`manage.py telemetry`: look at the telemetry by hand."""

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
    """Run one of the parts; each is a module beside this package."""

    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's interface; the doctor runs them itself
    help = "Look after the telemetry: is it set up, what arrives, is tracked, was rejected; run the bridge."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add a sub-command for each part.

        Args:
            parser: the command's.
        """
        parts = parser.add_subparsers(dest="part", required=True, metavar="|".join(_PARTS))
        for name, part in _PARTS.items():
            summary = (part.__doc__ or "").split(": ", 1)[-1].splitlines()[0]
            part.add_arguments(parts.add_parser(name, help=summary, description=summary))

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's interface
        """Run a part; its problems end the command with exit code 1.

        Args:
            args: unused.
            options: what was given.
        """
        problem = _PARTS[options["part"]].run(self, options)
        if problem:
            raise CommandError(problem)
