"""OAuth as the sandbox's three services share it."""
