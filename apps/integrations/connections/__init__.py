"""Making, showing, renewing and ending of connections to GitHub, Jira and Slack."""
