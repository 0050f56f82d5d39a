"""Events that belong to somebody else, though Stripe delivers them here."""

from django.db import models
from prometheus_client import Counter

from payments.gateway.objects import Json
from payments.mode import is_live


class Stranger(models.TextChoices):
    """Whose an event is that isn't ours."""

    MODE = "mode"  # Test events while the key is live, or the other way round.
    ACCOUNT = "account"  # A connected account's.
    SHOP = "shop"  # Another shop's on this account, or another product's.


FOREIGN = Counter("admit_webhook_foreign_events", "Signed events that belong to somebody else.", ["whose"])


def stranger_of(event: Json) -> Stranger | None:
    """
    Return whose ``event`` is as far as its envelope says, or None if it may be ours.

    What isn't of the type that Stripe gives it says nothing.
    """
    mode = event.get("livemode")
    if isinstance(mode, bool) and mode != is_live():
        return Stranger.MODE
    # Snapshot events say ``account``, thin ones ``context``.
    named = (event.get("account"), event.get("context"))
    return Stranger.ACCOUNT if any(name and isinstance(name, str) for name in named) else None
