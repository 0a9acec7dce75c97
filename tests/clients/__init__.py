"""Real programs with other SDKs than ours, and what the bridge makes of the bytes that they send."""
