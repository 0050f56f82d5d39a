"""
Thin events: they name an object of Stripe's and say nothing about it.

https://docs.stripe.com/event-destinations
"""

from datetime import datetime

from payments.gateway.errors import NotAllowed, UnknownToStripe
from payments.gateway.objects import Json
from payments.gateway.related import fetch_related
from payments.models import Subscription
from payments.webhook import memberships, payments

PREFIX = "v1."


def is_thin(event: Json) -> bool:
    return event.get("object") == "v2.core.event"


def fill_in(event: Json) -> Json:
    """
    Return a thin event as the snapshot event of the same news, with its object as it is at Stripe now.

    Others are returned as they are, and so are those of types that change nothing here, or about an object
    that Stripe doesn't know, or of which our key may read nothing, if the shop can do without it. Raise
    ``StripeUnavailable`` or ``StripeRefused`` if Stripe can't be asked.
    """
    kind, related = event["type"].removeprefix(PREFIX), event.get("related_object")
    if not is_thin(event) or not _is_news(kind) or not isinstance(related, dict):
        return event
    try:
        subject = fetch_related(str(related.get("type")), str(related.get("id")))
    except UnknownToStripe:
        return event
    except NotAllowed:
        if kind in payments.APPLIED | memberships.APPLIED:
            raise
        return event
    created = _seconds(event.get("created"))
    return {**event, "object": "event", "type": kind, "created": created, "data": {"object": subject}}


def _is_news(kind: str) -> bool:
    """Whether events of this ``kind`` may be about something here: without memberships, some never are."""
    return kind in payments.HANDLERS or (kind in memberships.HANDLERS and Subscription.objects.exists())


def _seconds(moment: object) -> int | None:
    """Return a moment such as 2026-11-30T11:00:00.000Z in seconds, as snapshot events have it."""
    try:
        return int(datetime.fromisoformat(str(moment)).timestamp())
    except ValueError:
        return None
