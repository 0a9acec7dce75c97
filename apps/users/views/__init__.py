"""The pages of a person's own: settings, and deleting the account."""
