"""Stripe's subscriptions, read into the few facts that this project goes by."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from payments.gateway.objects import Json
from payments.gateway.reversal_objects import read_bookings
from payments.models import ReversalKind, SubscriptionStatus
from payments.models.membership import is_disputed, is_known_status, is_returned

# Ours, for a session; Stripe has no such status.
OURS = (SubscriptionStatus.PENDING, SubscriptionStatus.EXPIRED)


@dataclass(frozen=True)
class MembershipSession:
    """A Checkout Session for a subscription: ``status`` is ``open``, ``complete`` or ``expired``."""

    id: str
    url: str
    status: str
    subscription_id: str
    customer_id: str
    livemode: bool | None


@dataclass(frozen=True, kw_only=True)
class StripeReversal:
    """
    A refund or a dispute of an invoice as it was at Stripe; ``amount`` in the minor unit of ``currency``.

    ``status`` is Stripe's own word, empty if it said none. ``paid_by`` is the payment intent, or the charge,
    whose money it is, ``withdrawn`` what Stripe has booked out for a dispute and not back in.
    """

    id: str
    kind: ReversalKind
    paid_by: tuple[str, ...]
    amount: int
    currency: str
    status: str
    reason: str
    happened_at: datetime
    withdrawn: int | None = None

    @property
    def is_returned(self) -> bool:
        return is_returned(self.kind, self.status, self.withdrawn)

    @property
    def is_disputed(self) -> bool:
        return is_disputed(self.kind, self.status, self.withdrawn)

    @property
    def is_known(self) -> bool:
        return is_known_status(self.kind, self.status)


@dataclass(frozen=True, kw_only=True)
class StripeInvoice:
    """
    An invoice as it was at Stripe; its amounts are in the minor unit of ``currency``.

    ``amount`` is what is charged for it, ``covers_until`` the end of the latest time that it is for, and
    ``paid_by`` the payment intents, or charges, of its payments.
    """

    id: str
    number: str
    status: str
    amount: int
    amount_paid: int
    currency: str
    issued_at: datetime
    covers_until: datetime
    url: str
    paid_by: tuple[str, ...] = ()
    reversals: tuple[StripeReversal, ...] = ()


@dataclass(frozen=True)
class StripeItem:
    """One of the things that a subscription charges for. Without a price, ``price_id`` is empty."""

    price_id: str
    quantity: int
    period_start: datetime | None
    period_end: datetime | None


@dataclass(frozen=True)
class NextCharge:
    """What Stripe is going to charge, in the minor unit of ``currency``, and when."""

    amount: int
    currency: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class StripeSubscription:
    """
    A subscription as it was at Stripe, with its last invoices.

    ``status`` is None if Stripe ``says`` one that isn't known here. ``item`` is the plan's among ``items``:
    the first one, until ``payments.memberships.plan_items`` has looked. Its period is the subscription's.
    """

    id: str
    customer_id: str
    status: SubscriptionStatus | None
    says: str
    items: tuple[StripeItem, ...]
    item: StripeItem | None
    is_to_end: bool
    cancel_at: datetime | None
    ended_at: datetime | None
    collection_paused: bool
    livemode: bool | None = None
    invoices: tuple[StripeInvoice, ...] = ()
    next_charge: NextCharge | None = None

    @property
    def price_id(self) -> str:
        return self.item.price_id if self.item else ""

    @property
    def period_start(self) -> datetime | None:
        return self.item.period_start if self.item else None

    @property
    def period_end(self) -> datetime | None:
        return self.item.period_end if self.item else None

    @property
    def cancel_at_period_end(self) -> bool:
        # The portal and the dashboard may name the end as a time instead of as a wish.
        return self.is_to_end or (self.cancel_at is not None and self.cancel_at == self.period_end)

    @property
    def ends_at(self) -> datetime | None:
        """When it will end, or has."""
        return self.ended_at or self.cancel_at or (self.period_end if self.is_to_end else None)

    @property
    def overdue_since(self) -> datetime | None:
        """When the oldest invoice was issued that should be paid and isn't."""
        return min((one.issued_at for one in self.invoices if one.status == "open"), default=None)

    def with_invoices(self, invoices: Iterable[StripeInvoice]) -> "StripeSubscription":
        return replace(self, invoices=tuple(invoices))


def read_membership_session(session: Json) -> MembershipSession:
    return MembershipSession(
        id=session["id"],
        url=session.get("url") or "",
        status=session["status"],
        subscription_id=session.get("subscription") or "",
        customer_id=session.get("customer") or "",
        livemode=session.get("livemode"),
    )


def read_subscription(subscription: Json, items: list[Json] | None = None) -> StripeSubscription:
    """Return its facts, without its invoices; ``items`` are all of them, if it names only some."""
    listed = items if items is not None else (subscription.get("items") or {}).get("data") or []
    read = tuple(map(_read_item, listed))
    word = str(subscription.get("status") or "")
    return StripeSubscription(
        id=subscription["id"],
        customer_id=subscription.get("customer") or "",
        status=SubscriptionStatus(word) if word in SubscriptionStatus.values and word not in OURS else None,
        says=word,
        items=read,
        item=read[0] if read else None,
        is_to_end=bool(subscription.get("cancel_at_period_end")),
        cancel_at=_time_or_none(subscription.get("cancel_at")),
        ended_at=_time_or_none(subscription.get("ended_at")),
        collection_paused=bool(subscription.get("pause_collection")),
        livemode=subscription.get("livemode"),
    )


def _read_item(item: Json) -> StripeItem:
    price = item.get("price") or item.get("plan") or {}
    return StripeItem(
        price_id=price.get("id") or "",
        quantity=item.get("quantity") or 1,
        period_start=_time_or_none(item.get("current_period_start")),
        period_end=_time_or_none(item.get("current_period_end")),
    )


def read_invoice(invoice: Json) -> StripeInvoice:
    lines = (invoice.get("lines") or {}).get("data") or []
    payments = (invoice.get("payments") or {}).get("data") or []
    covered = [line["period"]["end"] for line in lines if line.get("period")]
    return StripeInvoice(
        id=invoice["id"],
        number=invoice.get("number") or "",
        status=invoice.get("status") or "",
        amount=invoice["amount_due"],
        amount_paid=invoice["amount_paid"],
        currency=invoice["currency"],
        issued_at=_time(invoice["created"]),
        covers_until=_time(max([invoice["created"], *covered])),
        url=invoice.get("hosted_invoice_url") or "",
        paid_by=tuple(filter(None, map(_id_of_payment, payments))),
    )


def _id_of_payment(payment: Json) -> str:
    """Return the payment intent, or the charge, of one of an invoice's payments; empty if it has none."""
    details = payment.get("payment") or {}
    return details.get("payment_intent") or details.get("charge") or ""


def read_refund_of_invoice(refund: Json) -> StripeReversal:
    return StripeReversal(
        kind=ReversalKind.REFUND,
        reason=refund.get("failure_reason") or refund.get("reason") or "",
        **_read_reversal(refund),
    )


def read_dispute_of_invoice(dispute: Json) -> StripeReversal:
    _taken, withdrawn, _currency = read_bookings(dispute)
    return StripeReversal(
        kind=ReversalKind.DISPUTE,
        reason=dispute.get("reason") or "",
        withdrawn=withdrawn,
        **_read_reversal(dispute),
    )


def _read_reversal(reversal: Json) -> Json:
    named = (reversal.get("payment_intent"), reversal.get("charge"))
    return {
        "id": reversal["id"],
        "paid_by": tuple(name for name in named if isinstance(name, str)),
        "amount": reversal["amount"],
        "currency": reversal["currency"],
        "status": reversal.get("status") or "",
        "happened_at": _time(reversal["created"]),
    }


def read_next_charge(preview: Json) -> NextCharge:
    """Return what an invoice that Stripe previews will charge."""
    at = preview.get("next_payment_attempt") or preview["period_end"]
    return NextCharge(preview["amount_due"], preview["currency"], _time(at))


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _time_or_none(seconds: int | None) -> datetime | None:
    return None if seconds is None else _time(seconds)
