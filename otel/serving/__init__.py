"""Serving HTTP from a thread: shared by the bridge, the inspector and the sandbox."""
