"""The inspector's web page for people and its JSON API for programs."""
