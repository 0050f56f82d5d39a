"""
The ASGI application: request bodies and waiting are handled in the event loop, Django runs in a thread pool.

Django runs as WSGI there, because its own ASGI handler takes twice the time: see ``bench/README.md``.
"""

from a2wsgi import WSGIMiddleware
from django.conf import settings

from config.middleware.request_body import RequestBodyMiddleware
from config.wsgi import application as wsgi_application
from waiting.layer import WaitingLayer

_threads = WSGIMiddleware(wsgi_application, workers=settings.WEB_THREADS)  # type: ignore[arg-type]
application = RequestBodyMiddleware(WaitingLayer(_threads))  # type: ignore[arg-type]
