"""The inspector's page for people, and its JSON API for programs."""
