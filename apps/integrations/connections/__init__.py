"""Connections to GitHub, Jira and Slack: made, shown, renewed and ended."""
