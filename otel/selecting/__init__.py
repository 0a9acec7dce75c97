"""The SDK's side: which spans and log records carry something for PostHog."""
