"""The list of pull requests, its export, and the timeline of a pull request."""
