"""Parsing of ids, JSON and times as in PostHog's capture service."""
