"""Tformance's Django apps, which README.md describes."""
