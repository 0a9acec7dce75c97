"""PostHogClient to PostHog: the exporter, its client, and both generations of the capture API."""
