"""The browser's types: what it may record, printed or written beside its scripts."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand

from otel.django.management.generated import add_options, handle
from otel.events import default_registry
from otel.generate import typescript

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the part's options.

    Args:
        parser: the part's.
    """
    add_options(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> str:
    """Print, write or check the generated module; return what is wrong.

    Args:
        command: prints.
        options: what was given.
    """
    return handle(command, options, {"events.generated.ts": typescript(default_registry)})
