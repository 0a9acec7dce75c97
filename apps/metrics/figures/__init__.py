"""The figures of a team's delivery, and the charts that show the figures."""
