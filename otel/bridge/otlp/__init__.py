"""OTLP/HTTP requests: decompressed, parsed, and decoded."""
