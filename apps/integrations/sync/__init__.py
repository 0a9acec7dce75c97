"""Syncing of repositories from GitHub: requesting a sync, reading its pages, and ending it."""
