"""The events that arrived from the journey: compared, counted and shown."""
