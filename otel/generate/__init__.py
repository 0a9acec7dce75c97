"""What is generated from the registry, so that it cannot differ from it."""

from otel.generate.catalogue import catalogue
from otel.generate.reference import reasons, settings_table
from otel.generate.typescript import typescript

__all__ = ["catalogue", "reasons", "settings_table", "typescript"]
