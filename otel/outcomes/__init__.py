"""The outcome of every event: delivered, waiting, or lost for a reason."""
