"""Text: what may be shown, and what JSON and protobuf can represent."""
