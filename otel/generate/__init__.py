"""What is generated from the registry, so that it cannot differ from it."""

from otel.generate.catalogue import catalogue
from otel.generate.collector import NoBlockError, collector_config
from otel.generate.reference import reasons, settings_table
from otel.generate.typescript import typescript

__all__ = ["NoBlockError", "catalogue", "collector_config", "reasons", "settings_table", "typescript"]
