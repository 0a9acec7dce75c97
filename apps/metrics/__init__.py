"""Pull requests and what they tell of a team's delivery: analytics, lists, export."""
