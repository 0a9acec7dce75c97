"""Connections to GitHub, Jira and Slack, the choices a team makes for each, and syncs."""
