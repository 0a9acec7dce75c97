"""Delivery to PostHog or to a Collector, from memory or from the journal.

A new destination is a folder here: a protocol and a client on top of `http`, and an exporter that
`otel/pipeline.py` chooses.
"""
