"""The OAuth code that the sandbox's three services share."""
