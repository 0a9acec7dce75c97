"""The team that a request is about, and who may do what in it."""
