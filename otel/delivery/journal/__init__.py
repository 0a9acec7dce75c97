"""The journal: a write-ahead log of what is for PostHog."""
