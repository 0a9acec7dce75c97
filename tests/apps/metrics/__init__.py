"""Metrics: what is read of pull requests, the figures, the pages, the export."""
