"""Generators of files that must match the registry: catalog, reference, TypeScript, Collector filter."""

from otel.generate.catalogue import catalogue
from otel.generate.collector import NoBlockError, collector_config
from otel.generate.reference import reasons, settings_table
from otel.generate.typescript import typescript

__all__ = ["NoBlockError", "catalogue", "collector_config", "reasons", "settings_table", "typescript"]
