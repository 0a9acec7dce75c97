"""Landing, dashboard, health, and the page that fails on purpose."""
