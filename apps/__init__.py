"""Tformance's Django apps; README.md says what each holds."""
