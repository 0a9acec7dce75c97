"""The plan's by-name analytics API; nothing else belongs here."""
