"""The WSGI application. It has no waiting layer, so pages poll for changes."""

import os

from django.core.wsgi import get_wsgi_application

from config.checks import require_passed

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
require_passed()
