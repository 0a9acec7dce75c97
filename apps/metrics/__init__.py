"""Pull requests and a team's delivery metrics: analytics, lists, export."""
