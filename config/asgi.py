"""
The ASGI application: request bodies and waiting are handled in the event loop, Django runs in a thread pool.

Django runs as WSGI there, because its own ASGI handler takes twice the time: see ``bench/README.md``.
"""

import re
from collections.abc import MutableMapping
from typing import Any

from django.conf import settings

from config.middleware.security_headers import SecurityHeadersLayer
from config.server.monitoring import MonitoringLayer
from config.server.request_body import RequestBodyMiddleware
from config.server.request_head import RequestHeadMiddleware
from config.wsgi import application as wsgi_application
from waiting.bridge import Bridge
from waiting.layer import WaitingLayer

# What a crowd sends on the first morning of a sale.
CHECKOUT = re.compile(r"/(api|events/[^/]+)/checkout/?")


def is_checkout(scope: MutableMapping[str, Any]) -> bool:
    return scope["method"] == "POST" and bool(CHECKOUT.fullmatch(scope["path"]))


_threads = Bridge(
    wsgi_application,
    threads=settings.WEB_THREADS,
    is_of_crowd=is_checkout,
    crowd_threads=settings.CHECKOUT_THREADS,
)
_watching = Bridge(wsgi_application, threads=settings.MONITORING_THREADS)
application = SecurityHeadersLayer(
    RequestHeadMiddleware(
        MonitoringLayer(
            RequestBodyMiddleware(WaitingLayer(_threads)), watched=RequestBodyMiddleware(_watching)
        )
    )
)
