"""The state of a PostHog project: persons, groups, issues and funnels."""
