"""The pages of connections, choices and syncs."""
