"""The current team of a request, and access to it."""
