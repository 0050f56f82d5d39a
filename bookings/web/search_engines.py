"""
What search engines and link previews are told: of each listed event, and where they needn't look.

Every answer of the shop says ``noindex`` (``config.middleware.security_headers``), because most addresses are
secrets. The few pages that anybody may find say so themselves, with ``allow_finding``.
"""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language, to_locale
from django.views.decorators.http import require_safe

from bookings.documents.posters import HEIGHT, WIDTH, Poster, poster_of, poster_of_production
from bookings.models import Event, EventStatus, Production, SaleStatus
from bookings.money import to_major
from bookings.when.words import spell_span
from bookings.when.zones import zone_of

# Where addresses are secrets, or pages are for one person. The rest is what is on.
PRIVATE = (
    "account",
    "admin",
    "api",
    "bookings",
    "box-office",
    "door",
    "language",
    "membership",
    "payments",
    "styleguide",
    "tickets",
    "waiting",
)
DESCRIPTION_LENGTH = 300

SCHEMA = "https://schema.org/"
# One that was moved has its new date: schema.org's EventPostponed would say that nobody knows it yet.
STATUS = {
    EventStatus.SCHEDULED: "EventScheduled",
    EventStatus.POSTPONED: "EventRescheduled",
    EventStatus.CANCELLED: "EventCancelled",
}
AVAILABILITY = {
    SaleStatus.OPEN: "InStock",
    SaleStatus.UPCOMING: "PreOrder",
    SaleStatus.SOLD_OUT: "SoldOut",
}
# So that no text ends the element that the data are in.
ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}


def allow_finding(response: HttpResponse) -> HttpResponse:
    """Let search engines list the page of ``response``."""
    response.headers["X-Robots-Tag"] = "all"
    return response


def describe(event: Event) -> dict[str, Any]:
    """
    Return what the head of an event's page says; ``event`` is from ``with_availability``.

    A draft has no picture: whoever made the preview would be refused it.
    """
    url = settings.SITE_URL + event.get_absolute_url()
    what = event.summary or " ".join(event.description.split())
    about = f"{spell_span(event, 'WEEKDAY_DATE_TIME')}, {event.venue}. {what}"
    picture = None if event.is_draft else _uploaded_for(event.pictured) or _picture_of(event)
    return {
        **_head(event.title, about, url, picture),
        "data": _script(_linked_data(event, url, picture)),
    }


def describe_production(production: Production, events: Sequence[Event]) -> dict[str, Any]:
    """Return what the head of a production's page says; ``events`` are its dates ahead."""
    poster = poster_of_production(production, events)
    address = reverse("bookings:production-picture", args=[production.slug])
    picture = _uploaded_for(production) or _picture(poster, address)
    where = ", ".join(filter(None, (poster.time, poster.venue)))
    about = " ".join([f"{where}." if where else "", *production.description.split()])
    return _head(production.title, about, settings.SITE_URL + production.get_absolute_url(), picture)


def _head(title: str, about: str, url: str, picture: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "title": title,
        "url": url,
        "locale": to_locale(get_language() or "en-gb"),
        "description": Truncator(about.strip()).chars(DESCRIPTION_LENGTH),
        "picture": picture,
    }


def _picture_of(event: Event) -> dict[str, Any]:
    """Return what is told of the picture with the words of ``event``."""
    return _picture(poster_of(event), reverse("bookings:event-picture", args=[event.slug]))


def _uploaded_for(shown: Event | Production) -> dict[str, Any] | None:
    """Return what is told of the picture that was uploaded for ``shown``, if one was."""
    if shown.picture is None:
        return None
    size = {"width": shown.picture.width, "height": shown.picture.height}
    url, alt = settings.SITE_URL + shown.picture.url(), shown.picture_alt or shown.title
    return {"url": url, "type": "image/jpeg", **size, "alt": alt}


def _picture(poster: Poster, address: str) -> dict[str, Any]:
    """Return what is told of a picture. Its address changes with what it says, so nobody shows an old one."""
    query = urlencode({"language": get_language() or settings.LANGUAGE_CODE, "v": poster.tag})
    url = f"{settings.SITE_URL}{address}?{query}"
    return {"url": url, "type": "image/png", "width": WIDTH, "height": HEIGHT, "alt": poster.words}


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = [f"Disallow: /{part}/" for part in PRIVATE]
    sitemap_url = settings.SITE_URL + reverse("bookings:sitemap")
    words = "\n".join(["User-agent: *", *lines, "", f"Sitemap: {sitemap_url}", ""])
    return HttpResponse(words, "text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """List the programme, and the pages of the events and productions in it."""
    events = Event.objects.listed().upcoming(timezone.now())
    productions = Production.objects.filter(pk__in=events.values("production"))
    context = {"site": settings.SITE_URL, "events": events, "productions": productions}
    return render(request, "bookings/sitemap.xml", context, "application/xml; charset=utf-8")


def _linked_data(event: Event, url: str, picture: dict[str, Any] | None) -> dict[str, Any]:
    """Return ``event`` as schema.org says: https://developers.google.com/search/docs/appearance/structured-data/event"""
    zone = zone_of(event.time_zone)
    data = {
        "@context": SCHEMA.rstrip("/"),
        "@type": "Event",
        "name": event.title,
        "startDate": event.starts_at.astimezone(zone).isoformat(timespec="minutes"),
        "endDate": event.ends_at.astimezone(zone).isoformat(timespec="minutes"),
        "eventStatus": SCHEMA + STATUS[EventStatus(event.status)],
        "eventAttendanceMode": f"{SCHEMA}OfflineEventAttendanceMode",
        "location": {"@type": "Place", "name": event.venue, "address": event.venue},
        "organizer": {"@type": "Organization", "name": event.organiser_name, "url": settings.SITE_URL},
        "description": event.description,
        "url": url,
    }
    if picture:
        data["image"] = [picture["url"]]
    offer = _offer(event, url)
    return {**data, "offers": offer} if offer else data


def _offer(event: Event, url: str) -> dict[str, Any] | None:
    """Return what the cheapest seat costs and whether there are seats; None if none is for sale."""
    price, availability = getattr(event, "price_from", None), AVAILABILITY.get(event.sale)
    if price is None or availability is None or event.status == EventStatus.CANCELLED:
        return None
    return {
        "@type": "Offer",
        "price": str(to_major(price, event.currency)),
        "priceCurrency": event.currency.upper(),
        "availability": SCHEMA + availability,
        "validFrom": event.sales_from.astimezone(zone_of(event.time_zone)).isoformat(timespec="minutes"),
        "url": url,
    }


def _script(data: dict[str, Any]) -> SafeString:
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(ESCAPES))  # noqa: S308
