"""Stripe's own list of events: what was never delivered here can be read there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from django.utils import timezone

from payments.gateway.client import asking_stripe, stripe_client
from payments.gateway.objects import Json

# A slower answer doesn't say what time it was when it was given.
PROMPT = timedelta(seconds=10)


@dataclass(frozen=True)
class EventPage:
    """
    A page of events, the newest first, and whether more follow.

    ``clock_ahead`` is how far this process's clock is ahead of Stripe's, or None if the answer doesn't tell.
    """

    events: list[Json]
    has_more: bool
    clock_ahead: timedelta | None


@asking_stripe
def fetch_events(types: Iterable[str], *, since: datetime, after: str) -> EventPage:
    """
    Return a page of the events of up to 20 ``types`` since then.

    The next page comes ``after`` the id of this one's last. Stripe keeps events for 30 days; they look as
    when they were delivered, and it doesn't matter whether they were. Raise ``StripeUnavailable`` or
    ``StripeRefused``.

    https://docs.stripe.com/api/events/list
    """
    wanted: Any = {"types": sorted(types), "created": {"gte": int(since.timestamp())}, "limit": 100}
    before = timezone.now()
    page = stripe_client().v1.events.list(params={**wanted, "starting_after": after} if after else wanted)
    answer = page.last_response
    ahead = _clock_ahead(answer.headers.get("Date") if answer else None, before, timezone.now())
    return EventPage([event.to_dict() for event in page.data], page.has_more, ahead)


def _clock_ahead(date: str | None, before: datetime, after: datetime) -> timedelta | None:
    """Return how far the clock that said ``before`` and ``after`` a question is ahead of its answer's."""
    if date is None or after - before > PROMPT:
        return None
    # Stripe cuts off the fraction of its second.
    return before + (after - before) / 2 - (parsedate_to_datetime(date) + timedelta(seconds=0.5))
