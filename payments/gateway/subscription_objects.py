"""Stripe's subscriptions, read into the few facts that this project goes by."""

from dataclasses import dataclass
from datetime import UTC, datetime

from payments.gateway.objects import Json, UnknownState
from payments.models import SubscriptionStatus


@dataclass(frozen=True)
class MembershipSession:
    """A Checkout Session for a subscription: ``status`` is ``open``, ``complete`` or ``expired``."""

    id: str
    url: str
    status: str
    subscription_id: str
    customer_id: str
    livemode: bool | None


@dataclass(frozen=True)
class StripeInvoice:
    """An invoice as it was at Stripe; ``amount`` in the minor unit of ``currency``."""

    id: str
    number: str
    status: str
    amount: int
    currency: str
    issued_at: datetime
    url: str


@dataclass(frozen=True)
class StripeSubscription:
    """A subscription as it was at Stripe, with its last invoices. ``ends_at`` is when it will end or has."""

    id: str
    customer_id: str
    status: SubscriptionStatus
    price_id: str
    period_start: datetime
    period_end: datetime
    cancel_at_period_end: bool
    ends_at: datetime | None
    collection_paused: bool
    invoices: tuple[StripeInvoice, ...] = ()

    @property
    def overdue_since(self) -> datetime | None:
        """When the oldest invoice was issued that should be paid and isn't."""
        return min((one.issued_at for one in self.invoices if one.status == "open"), default=None)


def read_membership_session(session: Json) -> MembershipSession:
    return MembershipSession(
        id=session["id"],
        url=session.get("url") or "",
        status=session["status"],
        subscription_id=session.get("subscription") or "",
        customer_id=session.get("customer") or "",
        livemode=session.get("livemode"),
    )


def read_subscription(subscription: Json, invoices: list[Json]) -> StripeSubscription:
    """Return its facts; the period is its one item's. Raise ``UnknownState`` at an unknown status."""
    item = subscription["items"]["data"][0]
    period_end = _time(item["current_period_end"])
    # The portal and the dashboard may name the end as a time instead of as a wish.
    cancel_at = _time_or_none(subscription.get("cancel_at"))
    at_period_end = bool(subscription.get("cancel_at_period_end"))
    ends_at = _time_or_none(subscription.get("ended_at")) or cancel_at
    return StripeSubscription(
        id=subscription["id"],
        customer_id=subscription["customer"],
        status=_read_status(subscription["status"]),
        price_id=item["price"]["id"],
        period_start=_time(item["current_period_start"]),
        period_end=period_end,
        cancel_at_period_end=at_period_end or cancel_at == period_end,
        ends_at=ends_at or (period_end if at_period_end else None),
        collection_paused=bool(subscription.get("pause_collection")),
        invoices=tuple(read_invoice(invoice) for invoice in invoices),
    )


def _read_status(word: str) -> SubscriptionStatus:
    """Return a status of Stripe's; ours have other names than any of them."""
    if word not in SubscriptionStatus.values or word in (
        SubscriptionStatus.PENDING,
        SubscriptionStatus.EXPIRED,
    ):
        raise UnknownState(f"Stripe says that a subscription has a status that isn't known here: {word}")
    return SubscriptionStatus(word)


def read_invoice(invoice: Json) -> StripeInvoice:
    return StripeInvoice(
        id=invoice["id"],
        number=invoice.get("number") or "",
        status=invoice.get("status") or "",
        amount=invoice["total"],
        currency=invoice["currency"],
        issued_at=_time(invoice["created"]),
        url=invoice.get("hosted_invoice_url") or "",
    )


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _time_or_none(seconds: int | None) -> datetime | None:
    return None if seconds is None else _time(seconds)
