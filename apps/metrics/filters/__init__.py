"""The filters of a view, and the pull requests that they select."""
