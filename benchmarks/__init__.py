"""Benchmarks of the pipeline, compared with the code that it replaces: `python -m benchmarks`."""
