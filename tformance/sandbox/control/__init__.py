"""Control over the sandbox: an overview, failures on demand, and the gate before each service."""
