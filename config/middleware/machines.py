"""A shorter way for requests that no browser makes."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation

from config.middleware.proxies import BY_STRANGER, is_within


class MachineMiddleware:
    """
    Answer what is asked below ``MACHINE_PATHS`` without the middleware that follows.

    That is for browsers: static files, compression, sessions, languages, forms, accounts. Errors are as
    everywhere, and so are the headers that protect an answer, which are added before this.

    So is what ``MONITORING_NETWORKS`` ask at ``MONITORING_PATHS``, by whatever name: a load balancer and
    Prometheus know the address of each process, and no host name leads to one of many.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.answer: Any = convert_exception_to_response(_answer_known_host)
        self.answer_watcher: Any = convert_exception_to_response(_answer)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(settings.MACHINE_PATHS):
            return self.answer(request)
        if request.path in settings.MONITORING_PATHS and _is_watching(request):
            return self.answer_watcher(request)
        return self.get_response(request)


def _is_watching(request: HttpRequest) -> bool:
    is_known = is_within(settings.MONITORING_NETWORKS, request.META.get("REMOTE_ADDR", ""))
    return is_known and not request.META.get(BY_STRANGER)


def _answer_known_host(request: HttpRequest) -> HttpResponse:
    request.get_host()  # Raises if it isn't one of ALLOWED_HOSTS.
    return _answer(request)


def _answer(request: HttpRequest) -> HttpResponse:
    """Call the view as Django's handler does, and complete its answer as the middleware left out would."""
    translation.activate(settings.LANGUAGE_CODE)  # Not that of whom this thread has answered before.
    request.resolver_match = match = resolve(request.path_info)
    response: Any = match.func(request, *match.args, **match.kwargs)
    if hasattr(response, "render"):  # REST framework's are rendered late.
        response = response.render()
    response.headers.setdefault("Content-Length", str(len(response.content)))
    response.headers.setdefault("X-Frame-Options", "DENY")
    return response
