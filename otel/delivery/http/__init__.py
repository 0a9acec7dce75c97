"""HTTP delivery: batches, retries, deadlines and connections, for any endpoint."""
