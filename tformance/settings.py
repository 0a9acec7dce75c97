"""Django's settings; each that an operator may change is an environment variable.

OpenTelemetry's and PostHog's own (`OTEL_*`, `POSTHOG_*`) are read by `otel`.
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
    "csp",
    "django_vite",
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
    # Around all that makes a page: also what another middleware answers, or fails with, is under the policy.
    "csp.middleware.CSPMiddleware",
    "apps.web.browser.private_pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # After authentication, whose user it asks for; around everything of ours that may record.
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
ACCOUNT_FORMS = {"signup": "apps.teams.membership.signup.InvitedSignupForm"}
# Signing up is one step. What hangs on an address, an invitation, proves it by its own e-mailed link.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "web:landing"

# The server that takes e-mails, by STARTTLS where it wants a login; without one they go to the console.
EMAIL_HOST = env_str("EMAIL_HOST")
EMAIL_HOST_USER = env_str("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env_str("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = bool(EMAIL_HOST_USER)
# Of submission (RFC 6409), and of relaying within one network.
EMAIL_PORT = 587 if EMAIL_USE_TLS else 25
EMAIL_BACKEND = env_str(
    "EMAIL_BACKEND", f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
)
# Seconds: a person waits for an invitation's mail to be taken, which a server does within one or two.
EMAIL_TIMEOUT = 10
# The folder of the file-based backend, which `make run` reads the invitations from.
EMAIL_FILE_PATH = env_str("EMAIL_FILE_PATH") or None
# Where people reach the product; an e-mail that a worker writes has no request to know it from.
SITE_URL = env_str("SITE_URL", "http://localhost:8000")
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "Tformance <hello@tformance.example>")

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
# What Vite has made of `assets/`: a page names its files by the manifest.
_ASSETS = BASE_DIR / "assets" / "dist"
STATICFILES_DIRS = [("assets", _ASSETS)]
DJANGO_VITE = {"default": {"manifest_path": _ASSETS / "manifest.json", "static_url_prefix": "assets"}}
# Files are served as they lie in the apps and where Vite puts them; there are few.
WHITENOISE_USE_FINDERS = True
# Vite writes a hash of the content into the name: such a file is asked for once.
WHITENOISE_IMMUTABLE_FILE_TEST = r"/assets/.+-[\w-]{8}\.\w+$"

# Without a broker, tasks run in a thread of the process that sends them (`tformance.celery`).
CELERY_BROKER_URL = env_str("CELERY_BROKER_URL") or "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    # Seconds between two looks for a task; usually a whole one, for which people would wait.
    {"polling_interval": 0.1}
    if CELERY_BROKER_URL == "memory://"
    # Redis gives a task to another worker if the first has not done it by then; one that waits for GitHub's
    # limit to end does so for an hour, which is the default. Where nothing answers, a request that sends a
    # task would wait for minutes to connect; so it gives up after two such tries.
    else {"visibility_timeout": 2 * 60 * 60, "socket_connect_timeout": 2}
)
CELERY_TASK_IGNORE_RESULT = True
# A task whose worker died is done again by another, and each of ours may be: of what people see, only the
# mail of an urgent insight may come twice, which is better than never.
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
# A sync takes minutes: one that waits behind it in the same worker could be another worker's.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "sync": {"task": "apps.integrations.tasks.sync_all", "schedule": timedelta(hours=1)},
    # When least is going on.
    "reconcile": {"task": "apps.integrations.tasks.reconcile", "schedule": crontab(hour="3", minute="17")},
    # Nobody waits for it; but what it gives back is access to somebody's account.
    "authorizations": {"task": "apps.auth.tasks.give_up_expired", "schedule": timedelta(hours=1)},
    # Before the team's week begins.
    "slack": {
        "task": "apps.integrations.tasks.post_to_slack",
        "schedule": crontab(day_of_week="mon", hour="7", minute="0"),
    },
}

# The limits of how often one may try to log in count in all processes together where there is a Redis.
if CELERY_BROKER_URL.startswith(("redis://", "rediss://")):
    CACHES = {"default": {"BACKEND": "tformance.cache.SharedCache", "LOCATION": CELERY_BROKER_URL}}

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
SOCIALACCOUNT_ADAPTER = "apps.teams.membership.signup.InvitedSocialAdapter"
# Who is let into an account by its address is so by GitHub from then on, also under another address.
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True

# The span attributes and hooks by which `otel` knows whom an event is about.
TELEMETRY = {
    "IDENTIFY": "apps.users.identity.identify",
    "GROUPS": {"team": "tformance.team.id"},
    "ERROR_EVENT": "error_occurred",
    # Set by `apps.teams.current_team.middleware`.
    "ERROR_PROPERTIES": {"team_slug": "tformance.team.slug"},
    # Set by `apps.users.consent`, read by `assets/javascript/consent.ts` as well.
    "OPT_OUT_COOKIE": "analytics_opt_out",
    # By what GitHub, Atlassian and Slack are called; a path that is not here does not show in traces.
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

# The browser's half, told to each page by `apps.web.browser`. The key is the project's, which is public; and
# what may not leave the server may not leave the browser.
_PIPELINE = Settings.from_environ()
POSTHOG_API_KEY = _PIPELINE.api_key
POSTHOG_HOST = _PIPELINE.host
POSTHOG_SEND_ORGANISATION = _PIPELINE.send_organisation
# Where people look at PostHog; posthog-js links to it.
POSTHOG_UI_HOST = env_str("POSTHOG_UI_HOST", POSTHOG_HOST.replace(".i.posthog.com", ".posthog.com"))
# The browser sends to our own origin, where the policy lets it and no list of trackers knows it. In
# production a reverse proxy serves the path; where there is none, this process does (`tformance.ingest`).
POSTHOG_BROWSER_PATH = env_str("POSTHOG_BROWSER_PATH", "/ph").rstrip("/")
POSTHOG_BROWSER_PROXY = env_bool("POSTHOG_BROWSER_PROXY", default=DEBUG)
# Off: a recording shows far more than any event, so somebody decides to have it.
SESSION_RECORDING = env_bool("SESSION_RECORDING", default=False)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


# Nothing but ours, and nothing inline; a page's own data is told by its nonce. Nobody is reported to.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        # Small drawings stand in the style sheet.
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # posthog-js compresses a session's recording in a worker that it makes itself.
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # Chromium holds a form to where it is redirected as well, to a provider, and to where that leads:
        # Atlassian's login is at id.atlassian.com, Slack's at the workspace's own host.
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
    # It tells at INFO of each request to GitHub, and of each that a browser sends to PostHog.
    "loggers": {"httpx": {"level": "WARNING"}},
    "root": {
        "handlers": ["console"],
        "level": env_choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
    },
}
