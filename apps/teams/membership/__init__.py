"""Who is in a team: invited, joined, changed, and gone."""
