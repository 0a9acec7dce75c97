"""Control of the sandbox: an overview, failures on demand, and the gate in front of the services."""
