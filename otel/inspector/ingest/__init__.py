"""PostHog's capture service, which refuses, drops or changes events before it answers (`wire.md` 6.1)."""
