"""Saving of pull requests that a sync has read, with their AI tools and issue keys."""
