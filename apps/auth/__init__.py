"""OAuth flows that connect a team to GitHub, Jira or Slack."""
