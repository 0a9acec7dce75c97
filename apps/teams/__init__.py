"""Teams, memberships, invitations, and the team that a request is about."""
