"""Django settings of the request benchmark: sessions and users without a database, and two views."""

from __future__ import annotations

import os

# Each of the compared processes sets the variable before Django loads this module.
_WAY = os.environ.get("BENCHMARK_WAY")
_MIDDLEWARE = {
    "ours": ["otel.django.middleware.TelemetryMiddleware"],
    "same": ["benchmarks._site.SameAttributesMiddleware"],
    "posthog": ["posthog.integrations.django.PosthogContextMiddleware"],
    "posthog alone": ["posthog.integrations.django.PosthogContextMiddleware"],
}

SECRET_KEY = "only-for-benchmarks"
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "benchmarks._site"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    *(["otel.django"] if _WAY == "ours" else []),
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    *_MIDDLEWARE.get(_WAY or "", []),
]
# Not used: a query would take longer than the compared code and hide it.
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
AUTHENTICATION_BACKENDS = ["benchmarks._site.OneUserBackend"]
USE_TZ = True
TELEMETRY = {"IDENTIFY": "benchmarks._site.identify", "GROUPS": {"team": "benchmark.team.id"}}
