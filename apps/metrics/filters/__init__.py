"""The filters of the metrics pages, and the pull requests that the filters select."""
