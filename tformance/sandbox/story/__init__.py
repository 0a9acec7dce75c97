"""The people and the pull requests of the sandbox, made from a seed."""
