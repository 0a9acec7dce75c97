"""Landing page, dashboard, health checks, and pages that fail on purpose."""
