"""
The project as an ASGI application: the waiting layer in front of Django in a pool of threads.

Django runs as WSGI, because its own ASGI handler costs twice as much; ``bench/README.md`` has figures.
"""

from a2wsgi import WSGIMiddleware
from django.conf import settings

from config.middleware.request_body import WholeRequests
from config.wsgi import application as wsgi_application
from waiting.layer import WaitingLayer

_threads = WSGIMiddleware(wsgi_application, workers=settings.WEB_THREADS)  # type: ignore[arg-type]
application = WholeRequests(WaitingLayer(_threads))  # type: ignore[arg-type]
