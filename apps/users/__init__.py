"""Accounts: e-mail login, profile, privacy, and who an event is about."""
