"""
Scans at the same moment as each other, and as whatever ends a ticket.

``ROUNDS`` says how often each race is run: 200 with ``make door``.
"""

import os
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from bookings.door.attempts import Attempt
from bookings.door.devices.pairing import invite
from bookings.door.listing import list_tickets
from bookings.door.recording import record
from bookings.models import (
    Booking,
    Device,
    Direction,
    Entry,
    Event,
    Scan,
    ScanKind,
    StopReason,
    Ticket,
    Verdict,
)
from bookings.tickets import tokens
from bookings.tickets.renaming import NotRenamable, rename
from bookings.tickets.validity import stop_tickets
from payments.checkout.cancellation import NotCancellable, cancel_seats
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin, Payment, Refund
from tests.support.at_the_door.phones import open_doors
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.threads import at_once

ROUNDS = int(os.environ.get("ROUNDS", "4"))
GUESTS = 20
STOP = """
    UPDATE bookings_ticket SET status = 'suspended', stopped_for = 'disputed', stopped_at = now()
     WHERE id = %s
"""

pytestmark = pytest.mark.django_db(transaction=True)


def scan(device: Device, token: str) -> Verdict:
    now = timezone.now()
    attempt = Attempt(
        nonce=uuid4(),
        token=token,
        digest="",
        direction=Direction.IN,
        kind=ScanKind.CODE,
        scanned_at=now,
        at=now,
    )
    return Verdict(record(device, attempt).scan.verdict)


@pytest.fixture
def sold(event: Event, stripe: Sandbox, buy: Buy, deliver: Deliver) -> Purchase:
    """All twenty seats, paid, of an event whose doors are open and whose tickets can be cancelled."""
    purchase = buy(*(f"{row}-{number}" for row in "AB" for number in range(1, 11)))
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    open_doors(event)
    Event.objects.update(cancellable_until=event.starts_at)
    return purchase


def refund(payment: Payment, ticket: Ticket) -> None:
    request_refund(payment, origin=Origin.STAFF, cause=Cause.STAFF, tickets=[ticket])


@transaction.atomic
def dispute(payment: Payment, ticket: Ticket) -> None:
    booking = Booking.objects.select_for_update(no_key=True).get(pk=payment.booking_id)
    stopped = booking.tickets.filter(status="suspended").values_list("pk", "stopped_for")
    reasons = {pk: StopReason(reason) for pk, reason in stopped}
    stop_tickets(booking, {**reasons, ticket.pk: StopReason.DISPUTED})


def change_name(payment: Payment, ticket: Ticket) -> None:
    rename(ticket, "Grace Hopper")


def cancel(payment: Payment, ticket: Ticket) -> None:
    cancel_seats(payment, labels=[ticket.seat.label])


def test_of_twenty_scans_of_one_ticket_at_once_one_is_admitted(sold: Purchase) -> None:
    token = tokens.sign(sold.booking.tickets.select_related("seat")[0])
    devices = [invite([sold.booking.event])[0] for _device in range(GUESTS)]

    verdicts = at_once(lambda number: scan(devices[number], token), GUESTS)

    assert sorted(verdicts) == [Verdict.ADMITTED, *[Verdict.INSIDE] * (GUESTS - 1)]
    assert Entry.objects.count() == 1


def test_what_is_written_while_a_list_is_read_is_in_the_next_one(sold: Purchase) -> None:
    event, other = sold.booking.event, connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(STOP, [sold.booking.tickets.get(seat__label="B-7").pk])
            before = list_tickets(event)
            cursor.execute("COMMIT")
    finally:
        other.close()

    after = list_tickets(event, before.version)
    assert {row[1] for row in before.rows} == {"valid"}
    assert [(row[3], row[1]) for row in after.rows] == [("B-7", "suspended")]
    assert list_tickets(event, after.version).rows == []


@pytest.mark.parametrize("end", [refund, dispute, change_name, cancel])
def test_nobody_is_admitted_after_the_ticket_has_ended(
    end: Callable[[Payment, Ticket], None], sold: Purchase
) -> None:
    device = invite([sold.booking.event])[0]
    tickets = list(sold.booking.tickets.select_related("seat__event", "booking"))
    for number in range(ROUNDS):
        ticket = tickets[number % len(tickets)]
        if number >= len(tickets):
            ticket = again(ticket)
        _race(end, sold.payment, ticket, device, scan_first=bool(number % 2))


def again(ticket: Ticket) -> Ticket:
    """Return a valid ticket for the same seat, of which nobody has come in yet."""
    Refund.objects.all().delete()
    Entry.objects.filter(seat=ticket.seat).delete()
    Scan.objects.filter(ticket__seat=ticket.seat).delete()
    Ticket.objects.filter(seat=ticket.seat).exclude(status="void").update(
        status="void", stopped_for="moved", stopped_at=timezone.now()
    )
    ticket.seat.booking = ticket.booking
    ticket.seat.save(update_fields=["booking"])
    return Ticket.objects.create(booking=ticket.booking, seat=ticket.seat, qr_png=b"x")


def _race(
    end: Callable[[Payment, Ticket], None],
    payment: Payment,
    ticket: Ticket,
    device: Device,
    *,
    scan_first: bool,
) -> None:
    token = tokens.sign(ticket)

    def act(number: int) -> Any:
        if number == int(scan_first):
            return scan(device, token)
        try:
            return end(payment, ticket)
        except (NotRenamable, NotCancellable) as refused:
            return refused

    outcomes = at_once(act, 2)

    ticket.refresh_from_db()
    entry = Entry.objects.filter(seat=ticket.seat).first()
    if Verdict.ADMITTED in outcomes:
        assert entry is not None
        assert ticket.stopped_at is None or entry.entered_at <= ticket.stopped_at
    else:
        assert entry is None
        assert not ticket.is_valid
    if end in (change_name, cancel):  # By the guest: not both.
        assert (entry is None) == (ticket.stopped_at is not None)
