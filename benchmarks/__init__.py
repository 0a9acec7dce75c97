"""What the pipeline costs, measured side by side with what it stands in for; `python -m benchmarks`."""
