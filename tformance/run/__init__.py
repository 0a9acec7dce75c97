"""`make run`: the product and the inspector, a sample journey through the pages, and its events."""
