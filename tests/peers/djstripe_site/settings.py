"""dj-stripe's settings, as it documents them. ``STRIPE_API_HOST`` is its own, for another API server."""

import json
import os

database = json.loads(os.environ["PEERS_DATABASE"])  # as libpq names its parts

DEBUG = True
SECRET_KEY = "peers"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "djstripe"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database["dbname"],
        "HOST": database.get("host", ""),
        "PORT": database.get("port", ""),
        "USER": database.get("user", ""),
        "PASSWORD": database.get("password", ""),
    }
}

STRIPE_API_HOST = os.environ["PEERS_STRIPE"]
STRIPE_LIVE_MODE = False
STRIPE_TEST_SECRET_KEY = os.environ["PEERS_KEY"]
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
