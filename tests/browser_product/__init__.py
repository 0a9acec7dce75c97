"""Tests of the running product in Chromium: interactions, and the events that PostHog receives."""
