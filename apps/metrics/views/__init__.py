"""The pages of metrics: the analytics tabs, the list of pull requests, each of them, and the export."""
