"""Django's settings; each that an operator may change is an environment variable.

OpenTelemetry's and PostHog's own (`OTEL_*`, `POSTHOG_*`) are read by `otel`.
"""

from __future__ import annotations

from pathlib import Path

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
    "otel.django",
    "apps.users",
    "apps.teams",
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

# The one place that knows the database.
DATABASES = {
    "default": {
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
}
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
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "Tformance <hello@tformance.example>")

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
# Files are served as they lie in the apps; there are few, and none is built.
WHITENOISE_USE_FINDERS = True

# Without a broker, a task runs in the process that calls it, and its failure stays its own.
CELERY_BROKER_URL = env_str("CELERY_BROKER_URL") or None
CELERY_TASK_ALWAYS_EAGER = CELERY_BROKER_URL is None

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
    "root": {
        "handlers": ["console"],
        "level": env_choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
    },
}
