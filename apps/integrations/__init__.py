"""GitHub, Jira and Slack: connections, what is chosen of them, and syncs."""
