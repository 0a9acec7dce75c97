"""What arrived of the journey: compared, counted and shown."""
