"""The generator: write the browser's types, and the event names that the Collector forwards."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from otel.django.management._files import add_options, handle
from otel.events import default_registry
from otel.generate import NoBlockError, collector_config, typescript

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this subcommand.

    Args:
        parser: the parser of this subcommand.
    """
    add_options(parser, target="TARGET")
    parser.epilog = (
        "A TARGET is the folder of the browser's module, or a Collector configuration (a .yaml file)."
    )


def run(command: BaseCommand, options: dict[str, Any]) -> str:
    """Print, write or check the generated files; return an error message, or an empty string.

    Args:
        command: the command, for output.
        options: the parsed options.
    """
    return handle(command, options, _generate)


def _generate(target: Path) -> Mapping[Path, str]:
    if target.suffix != ".yaml":
        return {target / "events.generated.ts": typescript(default_registry)}
    try:
        return {target: collector_config(target.read_text(), default_registry)}
    except FileNotFoundError:
        msg = f"{target} does not exist: start from a copy of collector-config.yaml"
        raise CommandError(msg) from None
    except NoBlockError as error:
        msg = f"{target} has {error}: copy these two lines from collector-config.yaml, between two processors"
        raise CommandError(msg) from None
