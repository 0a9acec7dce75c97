"""PostHogClient: to PostHog or to a Collector, from memory or from the journal."""
