"""The steps from a new team to its first data."""
