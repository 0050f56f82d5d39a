"""
Erasing a customer: names and addresses go, and what tells of money stays.

Receipts keep the buyer's name for as long as the law wants them (``RECEIPT_YEARS``).
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import (
    Answer,
    Booking,
    BookingStatus,
    Entry,
    Resend,
    Scan,
    Ticket,
    WaitingEntry,
    WaitingStatus,
)
from bookings.references import new_reference
from bookings.waiting_list.joining import forget
from customers.models import KnownDevice, MailedCode, SessionGeneration, SignInEvent
from payments.models import (
    CounterReturn,
    CounterSale,
    Dispute,
    LostSession,
    MembershipNotification,
    Notification,
    Payment,
    Refund,
    StaffAction,
    StripeEvent,
    Subscription,
)
from payments.models.payment import UNPROCESSED
from payments.models.refund import UNDER_WAY
from privacy.models import Erasure, digest_of
from privacy.person import Person
from privacy.redaction import Redactor
from receipts.issuing import issue_due
from receipts.models import BuyerAddress

logger = logging.getLogger(__name__)

ENTRY_TEXTS = ("undone_why", "settled_how")
# Texts that people or other software have written.
FREE_TEXTS: list[tuple[type[models.Model], tuple[str, ...]]] = [
    (StaffAction, ("reason", "words")),
    (Payment, ("error_message", "check_error")),
    (Refund, ("error_message",)),
    (Subscription, ("check_error", "customer_error")),
    (StripeEvent, ("traceback", "reason")),
    (Ticket, ("drawing_error",)),
    (Scan, ("note",)),
    (Entry, ENTRY_TEXTS),
    (LostSession, ("error",)),
    (LogEntry, ("object_repr", "change_message")),
]


@dataclass(frozen=True)
class Obstacle:
    """Why somebody can't be erased now. One that isn't ``firm`` may be overridden."""

    words: str
    firm: bool


class NotErasable(Exception):
    """The customer can't be erased now, because of the ``obstacles``."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__(" ".join(one.words for one in obstacles))
        self.obstacles = obstacles


def obstacles(person: Person) -> list[Obstacle]:
    """Return why ``person`` can't be erased now; money and memberships under way can't be overridden."""
    return list(_obstacles(person))


def _obstacles(person: Person) -> Iterator[Obstacle]:
    if person.is_staff:
        yield Obstacle(_("This address belongs to a staff account."), firm=True)
    for booking in undecided(person.bookings).select_related("event"):
        words = _("Booking %(booking)s for %(event)s: a payment or refund is in progress.")
        yield Obstacle(words % {"booking": booking, "event": booking.event}, firm=True)
    for subscription in person.subscriptions.current().select_related("plan"):
        words = _("The membership %(plan)s is still active. End it first.")
        yield Obstacle(words % {"plan": subscription.plan}, firm=True)
    upcoming = person.bookings.filter(status=BookingStatus.CONFIRMED, event__ends_at__gt=timezone.now())
    for booking in upcoming.select_related("event"):
        words = _("Booking %(booking)s: %(event)s is on %(day)s.")
        day = timezone.localdate(booking.event.starts_at)
        yield Obstacle(words % {"booking": booking, "event": booking.event, "day": day}, firm=False)


def undecided(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """Return those of ``bookings`` whose money may still come, go back or be taken."""
    payments = Payment.objects.filter(booking__in=bookings)
    waiting = Q(pk__in=payments.filter(status__in=UNPROCESSED).values("booking"))
    for rows in (Refund.objects.filter(status__in=UNDER_WAY), Dispute.objects.waiting()):
        waiting |= Q(pk__in=rows.filter(payment__in=payments).values("payment__booking"))
    offered = WaitingEntry.objects.filter(status=WaitingStatus.OFFERED).values("booking")
    return bookings.filter(waiting | Q(status=BookingStatus.HELD) & ~Q(pk__in=offered))


def erase_customer(email: str, *, by: User | None = None, force: bool = False) -> int | None:
    """
    Erase whoever has the address ``email``, and return how many bookings were theirs.

    None means that nothing was kept about the address, as after an earlier erasure. Raise ``NotErasable``.
    """
    person = Person(email.strip())
    # What was just bought has its receipt first, with the buyer's name.
    issue_due(hurried=list(person.payments.values_list("pk", flat=True)))
    found = obstacles(person)
    if any(one.firm or not force for one in found):
        raise NotErasable(found)
    if not person.is_known and not _is_mentioned(person):
        return None
    with transaction.atomic():
        number = _erase_rows(person)
        Erasure.objects.create(
            digest=digest_of(person.email), by=by, bookings=number, was_forced=bool(found and force)
        )
    logger.info("a customer with %d bookings was erased", number)
    return number


def _is_mentioned(person: Person) -> bool:
    codes = MailedCode.objects.filter(email__iexact=person.email)
    return codes.exists() or StripeEvent.objects.filter(body__icontains=person.email).exists()


def _erase_rows(person: Person) -> int:
    words = {*person.emails, *person.names}
    redactor = Redactor(words)
    emails, account = person.emails, person.account
    forget(WaitingEntry.objects.of_addresses(emails))
    bookings = list(person.bookings.values_list("pk", flat=True))
    subscriptions = list(person.subscriptions.values_list("pk", flat=True))
    LostSession.objects.filter(pk__in=[row.pk for row in person.lost_sessions]).update(name="", email="")
    mentioning = Q(pk__in=[])
    for email in emails:
        mentioning |= Q(body__icontains=email)
    erase_events(StripeEvent.objects.filter(mentioning), redactor)
    _erase_subscriptions(subscriptions, redactor)
    erase_bookings(bookings, redactor)
    _scrub(words, redactor)
    _erase_account(account, emails)
    return len(bookings)


def erase_bookings(ids: list[int], redactor: Redactor) -> None:
    """Take the customers out of these bookings, their payments, tickets and Stripe's events, all at once."""
    payments = list(Payment.objects.filter(booking__in=ids).order_by("pk").locking())
    for payment in payments:
        payment.session_params = redactor.json(payment.session_params)
        payment.checkout_url = payment.instructions_url = payment.card_last4 = ""
    Payment.objects.bulk_update(
        payments, ["session_params", "checkout_url", "instructions_url", "card_last4"], batch_size=200
    )
    erase_events(StripeEvent.objects.filter(payment__in=payments), redactor)
    _scrub_rows(StaffAction.objects.filter(payment__in=payments), ("reason", "words"), redactor)
    _scrub_rows(CounterSale.objects.filter(booking__in=ids), ("reason", "allowed_by"), redactor)
    _scrub_rows(CounterReturn.objects.filter(sale__booking__in=ids), ("reason",), redactor)
    _scrub_rows(Scan.objects.filter(ticket__booking__in=ids).exclude(note=""), ("note",), redactor)
    told = Entry.objects.filter(ticket__booking__in=ids).exclude(undone_why="", settled_how="")
    _scrub_rows(told, ENTRY_TEXTS, redactor)
    CounterSale.objects.filter(booking__in=ids).update(browser="", network="")
    LostSession.objects.filter(payment__in=payments).update(name="", email="")
    now = timezone.now()
    rows = Booking.objects.filter(pk__in=ids)
    # Nobody is left to whom it could be mailed.
    rows.filter(status=BookingStatus.CONFIRMED, mailed_at=None).update(mailed_at=now)
    Notification.objects.filter(payment__in=payments, sent_at=None).update(sent_at=now)
    rows.update(name="", email="", erased_at=now)
    BuyerAddress.objects.filter(booking__in=ids).delete()
    Ticket.objects.filter(booking__in=ids).exclude(name="").update(name="")
    Resend.objects.filter(booking__in=ids).delete()
    Answer.objects.filter(booking__in=ids).delete()
    rows.publish()


def erase_events(events: QuerySet[StripeEvent], redactor: Redactor) -> None:
    """Take people out of the bodies of Stripe's events: what is evidence of money stays."""
    for event in events.only("pk", "body").iterator(chunk_size=200):
        StripeEvent.objects.filter(pk=event.pk).update(body=redactor.body(event.body))


def _erase_subscriptions(ids: list[int], redactor: Redactor) -> None:
    rows = Subscription.objects.filter(pk__in=ids)
    for row in rows:
        Subscription.objects.filter(pk=row.pk).update(session_params=redactor.json(row.session_params))
    rows.update(email="", checkout_url="", customer_due_at=None, customer_error="")
    MembershipNotification.objects.filter(subscription__in=ids, sent_at=None).update(sent_at=timezone.now())
    erase_events(StripeEvent.objects.filter(subscription__in=ids), redactor)


def _scrub(words: Iterable[str], redactor: Redactor) -> None:
    """Take ``words`` out of free texts, wherever they are."""
    for model, fields in FREE_TEXTS:
        mentioning = Q(pk__in=[])
        for field in fields:
            for word in words:
                mentioning |= Q(**{f"{field}__icontains": word})
        _scrub_rows(model._default_manager.filter(mentioning), fields, redactor)


def _scrub_rows(rows: QuerySet[Any], fields: Iterable[str], redactor: Redactor) -> None:
    for row in rows.only("pk", *fields):
        texts = {field: _fit(row, field, redactor.text(getattr(row, field))) for field in fields}
        rows.model._default_manager.filter(pk=row.pk).update(**texts)


def _fit(row: models.Model, field: str, text: str) -> str:
    """Return ``text`` as far as its column has room: what replaces a short name may be longer."""
    return text[: getattr(row._meta.get_field(field), "max_length", None)]


def _erase_account(account: User | None, emails: set[str]) -> None:
    MailedCode.objects.filter(email__in=emails).delete()
    _end_sessions(account, emails)
    if account is None:
        return
    SignInEvent.objects.filter(user=account).delete()
    SignInEvent.objects.filter(account=account.get_username()).delete()
    KnownDevice.objects.filter(user=account).delete()
    EmailAddress.objects.filter(user=account).delete()
    SessionGeneration.objects.advance(account)
    # Bookings and memberships hold on to the row. Without ``save``, Stripe's customer isn't asked to follow.
    nobody = {"username": new_reference(), "email": "", "first_name": "", "last_name": "", "is_active": False}
    User.objects.filter(pk=account.pk).update(**nobody, password=f"!{new_reference()}", last_login=None)


def _end_sessions(account: User | None, emails: set[str]) -> None:
    """Delete the sessions of ``account``, and those in which one of ``emails`` is."""
    mine = []
    for session in Session.objects.iterator(chunk_size=1000):
        data = session.get_decoded()
        is_own = account is not None and data.get("_auth_user_id") == str(account.pk)
        if is_own or any(email in str(data).lower() for email in emails):
            mine.append(session.pk)
    Session.objects.filter(pk__in=mine).delete()
