"""Insights: noteworthy changes in a team's metrics."""
