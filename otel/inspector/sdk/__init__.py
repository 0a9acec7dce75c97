"""The APIs that PostHog's SDKs use besides ingestion: feature flags and remote configuration."""
