"""Views of a person's own settings and of deleting the account."""
