"""Teams, memberships, invitations, and the current team of a request."""
