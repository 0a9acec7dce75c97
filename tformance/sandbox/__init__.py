"""The sandbox: a local stand-in for GitHub, Jira and Slack, for development and tests."""
