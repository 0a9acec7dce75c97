"""The pages of teams: the team itself, its members, its invitations, and joining by one."""
