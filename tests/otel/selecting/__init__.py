"""The SDK's hooks."""
