"""Accounts: login, profile, privacy, and the identity of a person in events."""
