"""Views of connections, choices and syncs."""
