"""The list of pull requests, its export, and the timeline of each."""
