"""A Django project that is not Tformance, for tests of `otel` over HTTP."""

from __future__ import annotations

import os

SECRET_KEY = "only-for-tests"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
ROOT_URLCONF = "tests.host.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django_tasks",
    "django_tasks_db",
    "otel.django",
    "tests.host",
]
TASKS = {
    "default": {"BACKEND": "django_tasks_db.DatabaseBackend"},
    "immediate": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
    "function": {"BACKEND": "tests.host.task_backends.FunctionBackend"},
}
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "otel.django.middleware.TelemetryMiddleware",
    "tests.host.middleware.FailingMiddleware",
]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("HOST_DATABASE", ":memory:")}
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TELEMETRY = {
    "IDENTIFY": "tests.host.identity.identify",
    "GROUPS": {"team": "host.team.id"},
    "ERROR_EVENT": "host_failed",
    "ERROR_PROPERTIES": {"team_slug": "host.team.slug"},
}
LOGGING = {"version": 1, "disable_existing_loggers": False}
