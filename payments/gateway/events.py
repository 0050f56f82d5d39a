"""Stripe's own list of events: what was never delivered here can be read there."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from payments.gateway.client import asking_stripe, stripe_client
from payments.gateway.objects import Json


@asking_stripe
def fetch_events(types: Iterable[str], *, since: datetime, after: str) -> tuple[list[Json], bool]:
    """
    Return a page of the events of up to 20 ``types`` since then, the newest first, and whether more follow.

    The next page comes ``after`` the id of this one's last. Stripe keeps events for 30 days; they look as
    when they were delivered, and it doesn't matter whether they were. Raise ``StripeUnavailable`` or
    ``StripeRefused``.

    https://docs.stripe.com/api/events/list
    """
    wanted: Any = {"types": sorted(types), "created": {"gte": int(since.timestamp())}, "limit": 100}
    page = stripe_client().v1.events.list(params={**wanted, "starting_after": after} if after else wanted)
    return [event.to_dict() for event in page.data], page.has_more
