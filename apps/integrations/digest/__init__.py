"""The weekly message in Slack."""
