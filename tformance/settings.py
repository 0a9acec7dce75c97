"""Django's settings. Operators change them with environment variables.

The package `otel` reads the variables of OpenTelemetry and PostHog (`OTEL_*`, `POSTHOG_*`).
"""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from otel import Settings
from tformance.env import env_bool, env_choice, env_list, env_str

BASE_DIR = Path(__file__).resolve().parent.parent

# True, so that a fresh checkout runs. A deployment sets DEBUG=false, and its secrets are then required.
DEBUG = env_bool("DEBUG", default=True)

SECRET_KEY = env_str("SECRET_KEY", "insecure-and-for-development-only" if DEBUG else "")
if not SECRET_KEY:
    msg = "SECRET_KEY is not set; it is required unless DEBUG is true"
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
    "csp",
    "django_vite",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "apps.users.github",  # allauth's provider, at our own URL
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
    # Outside the other middleware, so that their responses and errors carry the policy too.
    "csp.middleware.CSPMiddleware",
    "apps.web.browser.private_pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # After authentication, because it reads the user; outside all of our code that records events.
    "otel.django.middleware.TelemetryMiddleware",
    "apps.teams.current_team.middleware.team_middleware",
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
                "apps.teams.current_team.context.teams",
                "apps.web.browser.analytics",
            ],
        },
    },
]

# DATABASE_URL=postgresql://… selects the database. The default is an SQLite file next to the code.
_SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": env_str("SQLITE_PATH", str(BASE_DIR / "db.sqlite3")),
    "OPTIONS": {
        # Seconds that a writer waits for another writer; the default of 5 is too short for a busy laptop.
        "timeout": 20,
        # Otherwise two transactions that read before they write would fail with "database is locked"
        # without waiting: https://www.sqlite.org/lang_transaction.html
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
# Ask for the password only once: people can show it, and reset it by email.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"signup": "apps.teams.membership.signup.InvitedSignupForm"}
# Sign-up is one step. Invitations, which depend on an address, verify the address with an emailed link.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "web:landing"

# The SMTP server; STARTTLS is used if it requires a login. Without a server, emails go to the console.
EMAIL_HOST = env_str("EMAIL_HOST")
EMAIL_HOST_USER = env_str("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env_str("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = bool(EMAIL_HOST_USER)
# The port for submission (RFC 6409), or the port for relaying within a network.
EMAIL_PORT = 587 if EMAIL_USE_TLS else 25
EMAIL_BACKEND = env_str(
    "EMAIL_BACKEND", f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
)
# Seconds: a person waits while the server accepts an invitation, which usually takes one or two seconds.
EMAIL_TIMEOUT = 10
# The folder of the file-based backend. `make run` reads invitations from this folder.
EMAIL_FILE_PATH = env_str("EMAIL_FILE_PATH") or None
# The product's public URL. A worker that writes an email has no request to derive it from.
SITE_URL = env_str("SITE_URL", "http://localhost:8000")
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "Tformance <hello@tformance.example>")

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
# The output of Vite for `assets/`. Pages look up file names in its manifest.
_ASSETS = BASE_DIR / "assets" / "dist"
STATICFILES_DIRS = [("assets", _ASSETS)]
DJANGO_VITE = {"default": {"manifest_path": _ASSETS / "manifest.json", "static_url_prefix": "assets"}}
# Serve the files from the apps and from Vite's output, without collecting them: they are few.
WHITENOISE_USE_FINDERS = True
# Vite puts a hash of the content into the file name, so browsers may cache such a file forever.
WHITENOISE_IMMUTABLE_FILE_TEST = r"/assets/.+-[\w-]{8}\.\w+$"

# Without a broker, tasks run in a thread of the process that sends them (`tformance.celery`).
CELERY_BROKER_URL = env_str("CELERY_BROKER_URL") or "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    # Seconds between two polls for a task. The default is 1, a delay that people would notice.
    {"polling_interval": 0.1}
    if CELERY_BROKER_URL == "memory://"
    # `visibility_timeout`: Redis gives a task to another worker after this time. The default is 1 hour, which
    # a task may spend waiting for GitHub's rate limit. `socket_connect_timeout`: if the broker does not
    # answer, a request that sends a task gives up after two attempts instead of waiting for minutes.
    else {"visibility_timeout": 2 * 60 * 60, "socket_connect_timeout": 2}
)
CELERY_TASK_IGNORE_RESULT = True
# If a worker dies, another worker runs the task again, which is safe for all of our tasks. The only visible
# effect is that the email about an urgent insight may arrive twice, which is better than never.
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
# A sync takes minutes: tasks must not wait behind it while another worker is idle.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "sync": {"task": "apps.integrations.tasks.sync_all", "schedule": timedelta(hours=1)},
    # At the quietest time of the day.
    "reconcile": {"task": "apps.integrations.tasks.reconcile", "schedule": crontab(hour="3", minute="17")},
    # Not urgent, but each expired authorization still grants access to a person's account.
    "authorizations": {"task": "apps.auth.tasks.give_up_expired", "schedule": timedelta(hours=1)},
    # Before the team's week begins.
    "slack": {
        "task": "apps.integrations.tasks.post_to_slack",
        "schedule": crontab(day_of_week="mon", hour="7", minute="0"),
    },
}

# With Redis, all processes share the counters of the login rate limits.
if CELERY_BROKER_URL.startswith(("redis://", "rediss://")):
    CACHES = {"default": {"BACKEND": "tformance.cache.SharedCache", "LOCATION": CELERY_BROKER_URL}}

# The providers that a team can connect. Without a client id, a provider's page says that it is not set up.
GITHUB_URL = env_str("GITHUB_URL", "https://github.com")
# GitHub Enterprise serves its API below its own URL.
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

# Fernet keys for stored tokens. The first key encrypts and all keys decrypt, so that keys can be rotated.
TOKEN_KEYS = env_list("TOKEN_KEYS") or [
    base64.urlsafe_b64encode(hashlib.sha256(f"tokens:{SECRET_KEY}".encode()).digest()).decode()
]

# Login with GitHub uses the same OAuth app (`apps.users.github`); the scopes are those that login needs.
SOCIALACCOUNT_PROVIDERS = {"github": {"SCOPE": ["read:user", "user:email"]}}
SOCIALACCOUNT_ADAPTER = "apps.teams.membership.signup.InvitedSocialAdapter"
# After the first login by a matching address, the GitHub account stays linked even if the address changes.
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True

# The hooks and span attributes that tell `otel` which person and team an event is about.
TELEMETRY = {
    "IDENTIFY": "apps.users.identity.identify",
    "GROUPS": {"team": "tformance.team.id"},
    "ERROR_EVENT": "error_occurred",
    # Set by `apps.teams.current_team.middleware`.
    "ERROR_PROPERTIES": {"team_slug": "tformance.team.slug"},
    # Set by `apps.users.consent`; `assets/javascript/consent.ts` reads it too.
    "OPT_OUT_COOKIE": "analytics_opt_out",
    # URL templates of our requests to GitHub, Atlassian and Slack. Traces omit any other path.
    "OUTGOING_PATHS": (
        "/graphql",
        "/user",
        "/user/emails",
        "/user/orgs",
        "/orgs/{organisation}/members",
        "/orgs/{organisation}/repos",
        "/applications/{client_id}/token",
        "/login/oauth/access_token",
        "/oauth/token",
        "/oauth/token/accessible-resources",
        "/ex/jira/{site}/rest/api/3/project/search",
        "/api/auth.revoke",
        "/api/auth.test",
        "/api/chat.postMessage",
        "/api/conversations.list",
        "/api/oauth.v2.access",
    ),
}

# The browser's settings; `apps.web.browser` puts them into each page. The project's API key is public. The
# setting that keeps data from leaving the server applies to the browser too.
_PIPELINE = Settings.from_environ()
POSTHOG_API_KEY = _PIPELINE.api_key
POSTHOG_HOST = _PIPELINE.host
POSTHOG_SEND_ORGANISATION = _PIPELINE.send_organisation
# The URL of PostHog's user interface; posthog-js links to it.
POSTHOG_UI_HOST = env_str("POSTHOG_UI_HOST", POSTHOG_HOST.replace(".i.posthog.com", ".posthog.com"))
# The browser sends events to our own origin, which the policy allows and tracker lists do not block. In
# production a reverse proxy serves the path; without one, this process does (`tformance.ingest`).
POSTHOG_BROWSER_PATH = env_str("POSTHOG_BROWSER_PATH", "/ph").rstrip("/")
POSTHOG_BROWSER_PROXY = env_bool("POSTHOG_BROWSER_PROXY", default=DEBUG)
# Off by default: a recording shows far more than events do, so an operator must decide to enable it.
SESSION_RECORDING = env_bool("SESSION_RECORDING", default=False)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


# Allow only our own resources and no inline scripts, except a page's data, which has a nonce. Violations are
# not reported.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        # The style sheet contains small images as data URLs.
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # posthog-js compresses session recordings in a worker that it creates from a blob.
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # Chromium also checks where a form is redirected: to a provider, and from there to its login page.
        # Atlassian's login page is at id.atlassian.com, Slack's at the workspace's own host.
        "form-action": [
            SELF,
            *dict.fromkeys(map(_origin, (GITHUB_URL, JIRA_AUTH_URL, SLACK_URL))),
            "https://*.atlassian.com",
            "https://*.slack.com",
        ],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # At INFO, httpx logs each request to GitHub and each request that is forwarded to PostHog.
    "loggers": {"httpx": {"level": "WARNING"}},
    "root": {
        "handlers": ["console"],
        "level": env_choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
    },
}
