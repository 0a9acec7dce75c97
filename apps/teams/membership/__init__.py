"""Membership in teams: inviting, joining, changing roles, and leaving."""
