"""The by-name analytics API that the plan specifies; nothing else belongs here."""
