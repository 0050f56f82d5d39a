"""Production's settings with the tests' secrets, on a PostgreSQL of their own unless DATABASE_URL is set."""

import os

from config.dev import embedded
from tests.support.postgres.databases import server

os.environ.update(
    DEBUG="0",
    SECRET_KEY="only-for-tests-" + "x" * 50,
    SITE_URL="http://testserver",
    ALLOWED_HOSTS="testserver,127.0.0.1",
    STRIPE_SECRET_KEY="sk_test_admit",
    STRIPE_WEBHOOK_SECRET="whsec_new, whsec_old",
    STRIPE_API_BASE="http://127.0.0.1:1",  # Nothing listens there; tests that need Stripe ask for `stripe`.
    TICKET_SIGNING_KEY="b25seS1mb3ItZGV2ZWxvcG1lbnQtYW5kLXRoZS1kZW0=",
    EMAIL_URL="memorymail://",
    STAFF_SECOND_FACTOR="optional",  # as in development; tests/customers/staff has it required
    CORS_ALLOWED_ORIGINS="https://friend.example",
)
os.environ["DATABASE_URL"] = server()

from config.settings import *  # noqa: F403

MEDIA_ROOT = embedded.HOME / "tests-media"
STRIPE_TIMEOUT = (20, 20)  # s; a busy machine's Stripe isn't away
STRIPE_THREADS = 50  # as many as a test has customers
STRIPE_WRITES_PER_SECOND = 1000  # so that no test waits, except those that want to
# In most tests one Ada at one address is the whole crowd. test_hoarding.py has the shop's own limits.
HOLDS_PER_CUSTOMER = HOLDS_PER_NETWORK = HOLD_PLACES_PER_CUSTOMER = HOLD_PLACES_PER_NETWORK = 100_000
LOGGING["loggers"]["httpx"] = {"level": "WARNING"}  # type: ignore[index]  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # The real one is slow on purpose.
