"""All that is kept about a customer, as they get it: one JSON document."""

import json
from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.utils import timezone

from bookings.models import Answer, BookedSeat, Entry, Event, Resend, Scan
from customers.models import KnownDevice, MailedCode, SignInEvent
from payments.models import (
    CounterReturn,
    CounterSale,
    Dispute,
    MembershipNotification,
    MembershipReversal,
    Notification,
    Refund,
    StaffAction,
    SubscriptionChange,
    Transition,
)
from privacy.person import Person
from receipts.models import BuyerAddress, Receipt, ReceiptRate

# What would open something, what only this installation can use, and who of the staff did something.
LEFT_OUT = {
    *("password", "fingerprint", "qr_png", "attempt", "question", "subject", "form_id"),
    *("actor_id", "seller_id", "till_id", "person", "undone_by", "settled_by"),
}


def export(person: Person) -> dict[str, Any]:
    """Return all rows about ``person``, by what they are; dates and amounts are as they are kept."""
    sections = {name: [_row(one) for one in rows] for name, rows in _sections(person)}
    return {"email": person.email, "exported_at": timezone.now(), **sections}


def _sections(person: Person) -> Iterator[tuple[str, QuerySet[Any]]]:
    bookings, payments = person.bookings, person.payments
    account = User.objects.filter(pk__in=[person.account.pk] if person.account else [])
    yield "account", account
    yield "addresses", EmailAddress.objects.filter(user__in=account)
    yield "sign_ins", SignInEvent.objects.filter(user__in=account)
    yield "browsers", KnownDevice.objects.filter(user__in=account)
    yield "codes", MailedCode.objects.filter(email__in=person.emails)
    yield "bookings", bookings.select_related("accepted_terms")
    yield "events", Event.objects.filter(bookings__in=bookings).distinct()
    yield "seats", BookedSeat.objects.filter(booking__in=bookings).select_related("seat")
    yield "tickets", person.tickets.select_related("seat")
    scans = Scan.objects.filter(ticket__in=person.tickets)
    yield "scans", scans.select_related("ticket__seat")
    yield "entries", Entry.objects.filter(ticket__in=person.tickets).select_related("seat")
    yield "answers", Answer.objects.filter(booking__in=bookings).select_related("question", "seat")
    yield "waiting_lists", person.waiting.select_related("event", "area", "type")
    yield "tickets_sent_again", Resend.objects.filter(booking__in=bookings)
    yield "payments", payments
    yield "counter_sales", CounterSale.objects.filter(booking__in=bookings)
    yield "counter_returns", CounterReturn.objects.filter(sale__booking__in=bookings)
    for name, model in _OF_PAYMENTS:
        yield name, model._default_manager.filter(payment__in=payments)
    yield "receipt_addresses", BuyerAddress.objects.filter(booking__in=bookings)
    yield "receipt_rates", ReceiptRate.objects.filter(receipt__payment__in=payments)
    yield "memberships", person.subscriptions.select_related("plan", "accepted_terms")
    yield "membership_invoices", person.invoices
    for name, model in _OF_MEMBERSHIPS:
        yield name, model._default_manager.filter(subscription__in=person.subscriptions)
    yield "lost_purchases", person.lost_sessions
    yield "reports_of_stripe", person.stripe_events


_OF_PAYMENTS: list[tuple[str, type[Model]]] = [
    ("payment_changes", Transition),
    ("refunds", Refund),
    ("disputes", Dispute),
    ("mails", Notification),
    ("receipts", Receipt),
    ("what_staff_did", StaffAction),
]
_OF_MEMBERSHIPS: list[tuple[str, type[Model]]] = [
    ("membership_refunds", MembershipReversal),
    ("membership_changes", SubscriptionChange),
    ("membership_mails", MembershipNotification),
    ("what_staff_did_to_memberships", StaffAction),
]


def _row(one: Model) -> dict[str, Any]:
    fields = {
        field.attname: field.value_from_object(one)
        for field in one._meta.concrete_fields
        if field.attname not in LEFT_OUT
    }
    if "body" in fields:
        fields["body"] = _parsed(fields["body"])
    return fields | {name: str(related) for name, related in _related(one)}


def _related(one: Model) -> Iterator[tuple[str, Any]]:
    """Yield what a customer can read of the rows that this one belongs to."""
    for name in ("seat", "plan", "accepted_terms", "question"):
        related = getattr(one, name, None)
        if isinstance(related, Model):
            yield name, related


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
