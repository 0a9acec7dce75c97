"""The door: what PostHog's capture service refuses, drops or changes before it answers (`wire.md` 6.1)."""
