"""What stands out in a team's metrics."""
