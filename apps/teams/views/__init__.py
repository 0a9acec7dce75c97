"""Views of teams, members, invitations, and joining a team."""
