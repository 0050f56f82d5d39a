"""Checkout Sessions as a shop reads them that has lost its own record of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from payments.gateway.checkout.session_objects import read_session
from payments.gateway.client import asking_stripe, stripe_client
from payments.gateway.metadata import metadata_of, read_claim
from payments.gateway.objects import Json, dict_of, id_of
from payments.gateway.refunds import list_refunds
from payments.models import LostSession, StripeState
from payments.models.refund import MAYBE_PAID
from payments.questions import next_question


@dataclass(frozen=True)
class ListedSession:
    """
    A session of this shop's, for a payment or a membership with this ``reference``.

    ``name`` and ``language`` are its customer's. These and the event are empty if it was opened before
    sessions said so.
    """

    id: str
    reference: str
    is_membership: bool
    state: StripeState
    opened_at: datetime
    amount: int
    currency: str
    email: str
    event_slug: str
    name: str
    language: str
    booking_reference: str
    subscription_id: str | None


@dataclass(frozen=True)
class ListedItem:
    """One of the things that a session sells, at ``price`` in the minor unit of the session's currency."""

    words: str
    price: int


@asking_stripe
def list_sessions(*, since: datetime, after: str) -> tuple[list[ListedSession], str]:
    """
    Return a page of this shop's sessions that were opened since then, and what the next one comes ``after``.

    That is an id, empty on the last page. Raise ``StripeUnavailable`` or ``StripeRefused``.

    https://docs.stripe.com/api/checkout/sessions/list
    """
    wanted: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
    if after:
        wanted["starting_after"] = after
    page = stripe_client().v1.checkout.sessions.list(params=wanted)
    found = [_read(session.to_dict()) for session in page.data]
    return [session for session in found if session], page.data[-1].id if page.has_more else ""


@asking_stripe
def fetch_listed(session_id: str) -> ListedSession | None:
    """Return a session of this shop's as it is at Stripe now, or None if it isn't this shop's."""
    return _read(stripe_client().v1.checkout.sessions.retrieve(session_id).to_dict())


@asking_stripe
def fetch_items(session_id: str) -> list[ListedItem]:
    """
    Return what a session sells, in the order in which it was asked for.

    https://docs.stripe.com/api/checkout/sessions/line_items
    """
    page = stripe_client().v1.checkout.sessions.line_items.list(session_id, params={"limit": 100})
    items = [item.to_dict() for item in page.auto_paging_iter()]
    return [ListedItem(item.get("description") or "", item["price"]["unit_amount"]) for item in items]


def _read(session: Json) -> ListedSession | None:
    is_membership = session.get("mode") == "subscription"
    claim = read_claim(session, "subscription" if is_membership else "payment")
    if not claim.is_ours:
        return None
    read, metadata = read_session(session), dict_of(session.get("metadata"))
    return ListedSession(
        id=read.id,
        reference=claim.reference,
        is_membership=is_membership,
        state=read.state,
        opened_at=datetime.fromtimestamp(session["created"], UTC),
        amount=read.amount,
        currency=read.currency,
        email=read.customer_email,
        event_slug=metadata.get("event") or "",
        name=metadata.get("name") or dict_of(session.get("customer_details")).get("name") or "",
        language=metadata.get("language") or "",
        booking_reference=read.booking_reference,
        subscription_id=id_of(session.get("subscription")),
    )


@asking_stripe
def give_back(lost: LostSession, payment_intent_id: str) -> str:
    """
    Refund all that is left of a payment which nothing here knows, and return the id of its last refund.

    What an earlier try has made is found by asking first, and the session is the idempotency key.
    """
    made = list(list_refunds(payment_intent_id, next_question()))
    left = lost.amount - sum(refund.amount for refund in made if refund.status in MAYBE_PAID)
    if left <= 0:
        return made[0].id if made else ""
    return (
        stripe_client()
        .v1.refunds.create(
            params={
                "payment_intent": payment_intent_id,
                "amount": left,
                "metadata": metadata_of("payment", lost.reference),
            },
            options={"idempotency_key": f"lost-{lost.session_id}-{left}"},
        )
        .id
    )
