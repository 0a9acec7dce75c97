"""The people and pull requests of the sandbox, generated from a seed."""
