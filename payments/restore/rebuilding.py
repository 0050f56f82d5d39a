"""Makes a lost purchase again from what Stripe knows, or gives its money back."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bookings.events.addresses import find_event
from bookings.models import Booking, BookingStatus, Event
from bookings.orders.buyers import Buyer
from bookings.seats.holds import UnknownSeats
from bookings.seats.rebuilding import rebuild_booking
from customers.claims import account_of
from payments.durations import HOLD_MARGIN
from payments.gateway.checkout.listed_sessions import (
    ListedItem,
    ListedSession,
    fetch_items,
    fetch_listed,
    give_back,
)
from payments.gateway.checkout.session_objects import CheckoutSession
from payments.gateway.checkout.session_params import SESSION_LIFE
from payments.gateway.checkout.sessions import expire_session, fetch_session
from payments.ledger.settlement import UnknownPayment, settle
from payments.models import Cause, LostOutcome, LostSession, Payment, PaymentStatus, StripeState
from payments.restore.events import settle_events
from payments.restore.reading import ENDED_UNPAID

HAS_ANOTHER = "Its booking exists with another payment. Refund it."


class NotRebuildable(Exception):
    """The purchase can't be made again as things are; the message says why, to who runs the shop."""


class _SeatsGone(Exception):
    """Somebody has the seats of a session that isn't paid."""


@dataclass(frozen=True)
class Purchase:
    """What a lost session sold: the ``prices`` of the seats of an ``event``, by their labels."""

    listed: ListedSession
    event: Event
    prices: dict[str, int]


def rebuild(lost: LostSession) -> LostSession:
    """
    Make the booking and the payment of ``lost`` again, under the same references, and settle its session.

    Seats that were sold meanwhile are a matter for ``settle``: money that can't have them gets equal ones, or
    goes back. A session that can still be paid holds its seats, or is closed if they are gone. Safe to call
    again. Raise ``NotRebuildable``, ``StripeUnavailable`` or ``StripeRefused``.
    """
    session = fetch_session(lost.session_id)
    if session.state in ENDED_UNPAID:
        return _decide_unpaid(lost, session)
    if session.state == StripeState.UNREADABLE:
        raise NotRebuildable(session.unclear)
    purchase = find_purchase(lost)
    try:
        return _write(lost, session, purchase)
    except UnknownSeats as error:
        raise NotRebuildable(f"{purchase.event} no longer has seats {', '.join(error.labels)}.") from error
    except UnknownPayment as error:
        raise NotRebuildable(HAS_ANOTHER) from error
    except _SeatsGone:
        expire_session(lost.session_id)
        return rebuild(lost)


def refund(lost: LostSession) -> LostSession:
    """
    Give the money of ``lost`` back, once, however often this is called.

    Its booking is made again as a cancelled one, so that its customer reads and is mailed what became of it.
    Where that isn't possible, because its event isn't here, Stripe alone is told. Raise ``NotRebuildable``,
    ``StripeUnavailable`` or ``StripeRefused``.
    """
    session = fetch_session(lost.session_id)
    if session.state == StripeState.OPEN:
        session = expire_session(lost.session_id)
    if session.state in ENDED_UNPAID:
        return _decide_unpaid(lost, session)
    if session.state != StripeState.PAID:
        raise NotRebuildable(f"Nothing to refund: it's {session.state} at Stripe.")
    try:
        return _write(lost, session, find_purchase(lost), is_cancelled=True)
    except (NotRebuildable, UnknownSeats, UnknownPayment):
        lost.refund_id = give_back(lost, str(session.payment_intent_id))
        lost.state = session.state
        lost.decide(LostOutcome.GIVEN_BACK)
        settle_events(lost, payment_intent_id=session.payment_intent_id)
        return lost


def find_purchase(lost: LostSession) -> Purchase:
    """Ask Stripe what a lost session sold, and find that here; raise ``NotRebuildable`` if it isn't here."""
    listed, items = fetch_listed(lost.session_id), fetch_items(lost.session_id)
    if listed is None or not items:
        raise NotRebuildable("Stripe doesn't say what was sold.")
    event = _find_event(listed, items)
    prices = {_label(item, event.title): item.price for item in items}
    lost.seats = ", ".join(prices)
    LostSession.objects.filter(pk=lost.pk).update(seats=lost.seats)
    return Purchase(listed, event, prices)


def _label(item: ListedItem, title: str) -> str:
    """Return the label of the seat that an item is, whose words are ``title: label``, then or by now."""
    start = f"{title}: "
    return item.words.removeprefix(start) if item.words.startswith(start) else item.words.rpartition(": ")[2]


def _find_event(listed: ListedSession, items: list[ListedItem]) -> Event:
    """Find the event by its slug; of a session that doesn't say it, by its title and seats."""
    if listed.event_slug:
        if event := find_event(listed.event_slug, Event.objects.all):
            return event
        raise NotRebuildable(
            f"There is no event {listed.event_slug} here: created after the backup. Create it again with "
            "its seats, or refund."
        )
    titles = {item.words.rpartition(": ")[0] for item in items}
    labels = [item.words.rpartition(": ")[2] for item in items]
    found = [
        event
        for event in Event.objects.filter(title__in=titles)
        if event.seats.filter(label__in=labels).count() == len(labels)
    ]
    if len(titles) != 1 or len(found) != 1:
        raise NotRebuildable(
            f"{len(found)} events are called {' or '.join(sorted(titles))} and have its seats."
        )
    return found[0]


@transaction.atomic
def _write(
    lost: LostSession, session: CheckoutSession, purchase: Purchase, *, is_cancelled: bool = False
) -> LostSession:
    """Write booking and payment unless they are here, settle the session, and save the outcome."""
    locked = LostSession.objects.select_for_update().get(pk=lost.pk)
    if locked.outcome in (LostOutcome.REBUILT, LostOutcome.GIVEN_BACK):
        return locked
    if not Payment.objects.filter(reference=locked.reference).exists():
        locked.payment = _make_payment(session, purchase, is_cancelled=is_cancelled)
        if session.state == StripeState.OPEN and locked.payment.status != PaymentStatus.PENDING:
            raise _SeatsGone
    locked.state = session.state
    locked.decide(LostOutcome.GIVEN_BACK if is_cancelled else LostOutcome.REBUILT)
    # One that was recovered from another has its reference: the second money of a booking is another payment.
    payment = settle(session, cause=Cause.RECONCILER)
    if not LostSession.objects.filter(payment=payment).exists():
        LostSession.objects.filter(pk=locked.pk).update(payment=payment)
    locked.refresh_from_db()
    settle_events(locked, payment_intent_id=session.payment_intent_id)
    return locked


def _make_payment(session: CheckoutSession, purchase: Purchase, *, is_cancelled: bool) -> Payment:
    """Write the booking and its payment as they were while the session was open."""
    listed, now = purchase.listed, timezone.now()
    if Booking.objects.filter(reference=listed.booking_reference).exists():
        raise NotRebuildable(HAS_ANOTHER)
    ends_at = session.expires_at or listed.opened_at + SESSION_LIFE
    booking = rebuild_booking(
        purchase.event,
        _buyer(listed),
        reference=listed.booking_reference,
        prices=purchase.prices,
        made_at=listed.opened_at,
        until=max(ends_at, now) + HOLD_MARGIN,
        is_cancelled=is_cancelled,
    )
    is_held = booking.status == BookingStatus.HELD
    payment = Payment(
        reference=listed.reference,
        booking=booking,
        amount=sum(purchase.prices.values()),
        currency=purchase.event.currency,
        status=PaymentStatus.PENDING if is_held else PaymentStatus.EXPIRED,
        session_id=session.id,
        livemode=session.livemode,
        checkout_url=session.url,
        expires_at=max(ends_at, now + HOLD_MARGIN),
    )
    if is_held:
        payment.plan_check(checks=0)
    payment.save()
    if not is_held:
        step = {"from_status": PaymentStatus.PENDING, "to_status": PaymentStatus.EXPIRED}
        payment.transitions.create(**step, cause=Cause.RECONCILER)
    Payment.objects.filter(pk=payment.pk).update(created_at=listed.opened_at, expires_at=ends_at)
    return payment


def _buyer(listed: ListedSession) -> Buyer:
    known = dict(settings.LANGUAGES)
    return Buyer(
        name=listed.name or listed.email,
        email=listed.email,
        account=account_of(listed.email),
        language=listed.language if listed.language in known else settings.LANGUAGE_CODE,
    )


def _decide_unpaid(lost: LostSession, session: CheckoutSession) -> LostSession:
    lost.state = session.state
    lost.decide(LostOutcome.UNPAID)
    settle_events(lost, payment_intent_id=session.payment_intent_id)
    return lost
