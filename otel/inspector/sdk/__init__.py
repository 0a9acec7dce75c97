"""What PostHog's SDKs ask for besides ingestion: feature flags and remote configuration."""
