"""Accounts: GitHub, leaving for good, and what pages of accounts and teams ask of the database."""
