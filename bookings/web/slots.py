"""
Places on the pages and in the mails of bookings that other apps fill. Bookings doesn't know which there are.

A template names a place: ``{% slot "booking.notice" %}``. Another app registers a template for it in its
``AppConfig.ready``, and can add to the page's context. A place that no app fills stays empty.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest

Provider = Callable[[HttpRequest, Any], dict[str, Any]]

_templates: dict[str, str] = {}
_providers: dict[str, Provider] = {}


def fill(templates: Mapping[str, str]) -> None:
    """Register templates by slot. Each is rendered with the context of the page it is on."""
    _templates.update(templates)


def template_for(slot: str) -> str | None:
    return _templates.get(slot)


def provide(page: str, provider: Provider) -> None:
    """
    Register what adds to the context of ``page``: ``provider(request, event)`` for ``"event"``,
    ``provider(request, booking)`` for ``"booking"``.

    The event's page itself uses ``checkout_url``, where its forms are sent; ``own``, the ids of the
    bookings that the customer has made; ``member``, an ``Advantage`` or None; ``paused``, whether nothing is
    sold at the moment; ``buyer``, the ``name`` and ``email`` that its form begins with; ``idle_minutes``, how
    long seats wait for somebody to begin to pay, or None; and ``may_try_code``, a function that counts one
    more code and returns whether that was not too often.
    Who asks to wait for places needs ``may_join`` of ``"waiting_list"``, and the page of an offer the
    ``offer_url`` of ``"waiting"``, whose subject is a ``WaitingEntry``. Who pairs a device at the door needs
    ``wait`` of ``"pairing"``, in seconds: asking counts a try, and ``right`` is called to uncount it.
    """
    _providers[page] = provider


def context_for(page: str, request: HttpRequest, subject: Any) -> dict[str, Any]:
    """Return what other apps add to the context of ``page``."""
    provider = _providers.get(page)
    return provider(request, subject) if provider else {}
