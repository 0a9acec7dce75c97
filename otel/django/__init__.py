"""Django integration: the app, its middleware, system checks and management command."""
