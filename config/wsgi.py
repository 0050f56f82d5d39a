"""The WSGI application. It has no waiting layer, so pages poll for changes."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.checks import require_passed
from config.database.timeouts import limit_web
from config.middleware.content_types import with_readable_types

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# What is made here lives as long as the process. To look for garbage among it would take a fifth of the time
# here, and stop all threads for 60 ms whenever it happens later.
gc.disable()
application = with_readable_types(get_wsgi_application())
limit_web()
require_passed()
import_module(settings.ROOT_URLCONF)  # With all views, or the first customer would wait for them.
gc.freeze()
gc.enable()
