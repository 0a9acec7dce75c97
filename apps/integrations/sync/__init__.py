"""Syncing repositories from GitHub: requested, read page by page, and ended."""
