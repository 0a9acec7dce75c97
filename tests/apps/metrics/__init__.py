"""Tests of metrics: ingestion of pull requests, figures, pages and export."""
