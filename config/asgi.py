"""
The ASGI application: request bodies and waiting are handled in the event loop, Django runs in a thread pool.

Django runs as WSGI there, because its own ASGI handler takes twice the time: see ``bench/README.md``.
"""

from django.conf import settings

from config.middleware.request_body import RequestBodyMiddleware
from config.wsgi import application as wsgi_application
from waiting.bridge import Bridge
from waiting.layer import WaitingLayer

application = RequestBodyMiddleware(WaitingLayer(Bridge(wsgi_application, threads=settings.WEB_THREADS)))
