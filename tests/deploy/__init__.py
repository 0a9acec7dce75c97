"""The deployment, as far as it can be checked without an engine: read by its tools, started by hand."""
