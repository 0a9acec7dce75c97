"""Django's settings; each that an operator may change is an environment variable.

OpenTelemetry's and PostHog's own (`OTEL_*`, `POSTHOG_*`) are read by `otel`.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from tformance.env import env_bool, env_choice, env_list, env_str

BASE_DIR = Path(__file__).resolve().parent.parent

# True, so that a fresh checkout runs; a deployment says DEBUG=false and is then asked for its secrets.
DEBUG = env_bool("DEBUG", default=True)

SECRET_KEY = env_str("SECRET_KEY", "insecure-and-for-development-only" if DEBUG else "")
if not SECRET_KEY:
    msg = "SECRET_KEY is not set; without DEBUG there is no default"
    raise ImproperlyConfigured(msg)

ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "apps.users.github",  # allauth's provider, at our address
    "otel.django",
    "apps.users",
    "apps.teams",
    "apps.metrics",
    "apps.insights",
    "apps.feedback",
    "apps.integrations",
    "apps.onboarding",
    "apps.auth",
    "apps.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # After authentication, whose user it asks for; around everything of ours that may record.
    "otel.django.middleware.TelemetryMiddleware",
    "apps.teams.middleware.team_middleware",
]

ROOT_URLCONF = "tformance.urls"
WSGI_APPLICATION = "tformance.wsgi.application"
ASGI_APPLICATION = "tformance.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.teams.context.teams",
            ],
        },
    },
]

# DATABASE_URL=postgresql://… is the one place that knows the database; by default a file beside the code.
_SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": env_str("SQLITE_PATH", str(BASE_DIR / "db.sqlite3")),
    "OPTIONS": {
        # Seconds a writer waits for another one; the default of 5 is short for a busy laptop.
        "timeout": 20,
        # Two transactions that both read before they write would otherwise fail with "database is locked"
        # at once, without waiting: https://www.sqlite.org/lang_transaction.html
        "transaction_mode": "IMMEDIATE",
        # Readers do not wait for the writer.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}
_DATABASE_URL = env_str("DATABASE_URL")
DATABASES = {"default": dj_database_url.parse(_DATABASE_URL) if _DATABASE_URL else _SQLITE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "web:dashboard"

ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# The password once: it can be shown, and reset by e-mail.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"signup": "apps.teams.signup.InvitedSignupForm"}
# Signing up is one step. What hangs on an address, an invitation, proves it by its own e-mailed link.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "web:landing"

EMAIL_BACKEND = env_str("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
# The folder of the file-based backend, which `make run` reads the invitations from.
EMAIL_FILE_PATH = env_str("EMAIL_FILE_PATH") or None
# Where people reach the product; an e-mail that a worker writes has no request to know it from.
SITE_URL = env_str("SITE_URL", "http://localhost:8000")
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "Tformance <hello@tformance.example>")

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
# Files are served as they lie in the apps; there are few, and none is built.
WHITENOISE_USE_FINDERS = True

# Without a broker, tasks run in a thread of the process that sends them (`tformance.celery`).
CELERY_BROKER_URL = env_str("CELERY_BROKER_URL") or "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    # Seconds between two looks for a task; usually a whole one, for which people would wait.
    {"polling_interval": 0.1}
    if CELERY_BROKER_URL == "memory://"
    # Redis gives a task to another worker if the first has not done it by then; one that waits for GitHub's
    # limit to end does so for an hour, which is the default.
    else {"visibility_timeout": 2 * 60 * 60}
)
CELERY_TASK_IGNORE_RESULT = True
# A task whose worker died is done again by another; each of ours may be done twice.
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
# A sync takes minutes: one that waits behind it in the same worker could be another worker's.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "sync": {"task": "apps.integrations.tasks.sync_all", "schedule": timedelta(hours=1)},
    # When least is going on.
    "reconcile": {"task": "apps.integrations.tasks.reconcile", "schedule": crontab(hour="3", minute="17")},
    # Before the team's week begins.
    "slack": {
        "task": "apps.integrations.tasks.post_to_slack",
        "schedule": crontab(day_of_week="mon", hour="7", minute="0"),
    },
}

# What a team connects. A provider without a client id cannot be connected, and its page says so.
GITHUB_URL = env_str("GITHUB_URL", "https://github.com")
# GitHub Enterprise has its API below its own address.
GITHUB_API_URL = (
    "https://api.github.com" if GITHUB_URL == "https://github.com" else f"{GITHUB_URL.rstrip('/')}/api/v3"
)
GITHUB_CLIENT_ID = env_str("GITHUB_CLIENT_ID")
GITHUB_CLIENT_SECRET = env_str("GITHUB_CLIENT_SECRET")
JIRA_AUTH_URL = env_str("JIRA_AUTH_URL", "https://auth.atlassian.com")
JIRA_API_URL = env_str("JIRA_API_URL", "https://api.atlassian.com")
JIRA_CLIENT_ID = env_str("JIRA_CLIENT_ID")
JIRA_CLIENT_SECRET = env_str("JIRA_CLIENT_SECRET")
SLACK_URL = env_str("SLACK_URL", "https://slack.com")
SLACK_CLIENT_ID = env_str("SLACK_CLIENT_ID")
SLACK_CLIENT_SECRET = env_str("SLACK_CLIENT_SECRET")

# Fernet keys by which tokens lie encrypted: the first encrypts, all decrypt, so that a key can be replaced.
TOKEN_KEYS = env_list("TOKEN_KEYS") or [
    base64.urlsafe_b64encode(hashlib.sha256(f"tokens:{SECRET_KEY}".encode()).digest()).decode()
]

# Login with GitHub, by the same OAuth app (`apps.users.github`); what it needs to know of a person.
SOCIALACCOUNT_PROVIDERS = {"github": {"SCOPE": ["read:user", "user:email"]}}
SOCIALACCOUNT_ADAPTER = "apps.teams.signup.InvitedSocialAdapter"
# Who is let into an account by its address is so by GitHub from then on, also under another address.
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True

# The span attributes and hooks by which `otel` knows whom an event is about.
TELEMETRY = {
    "IDENTIFY": "apps.users.identity.identify",
    "GROUPS": {"team": "tformance.team.id"},
    "ERROR_EVENT": "error_occurred",
    # Set by `apps.teams.middleware`.
    "ERROR_PROPERTIES": {"team_slug": "tformance.team.slug"},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # It tells of each request to GitHub at INFO.
    "loggers": {"httpx": {"level": "WARNING"}},
    "root": {
        "handlers": ["console"],
        "level": env_choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
    },
}
