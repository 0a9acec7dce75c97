"""A command that ships a parcel, then returns, exits or raises."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from otel import record
from tests.host.events import ParcelShipped


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("end", choices=("return", "exit", "raise"))

    def handle(self, *_: Any, end: str, **__: Any) -> None:
        record(ParcelShipped(number=7))
        if end == "exit":
            sys.exit(3)
        if end == "raise":
            msg = "nobody catches this"
            raise LookupError(msg)
