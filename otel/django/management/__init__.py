"""The subcommands of `manage.py telemetry`."""
