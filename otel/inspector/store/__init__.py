"""The captures, refusals, warnings and requests that the inspector keeps, and queries over them."""
