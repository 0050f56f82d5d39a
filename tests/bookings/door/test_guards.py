"""Who was let in can neither give the ticket to the next one nor have the money back by themselves."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from bookings.models import Entry, Event, Ticket, TicketStatus
from bookings.seats.moving import plan_moves
from bookings.tickets import tokens
from bookings.tickets.moving import move_tickets
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin
from tests.support.at_the_door.phones import DoorClient, MakeDevice, open_doors
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event


@shared
def sold(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid, of an event whose doors are open and whose tickets can be cancelled."""
    make_event()
    purchase = box_office.sell()
    event = open_doors(purchase.booking.event)
    Event.objects.update(cancellable_until=event.starts_at)
    return purchase


@pytest.fixture
def ticket(sold: Purchase) -> Ticket:
    return sold.booking.tickets.select_related("seat__event", "booking").get(seat__label="A-1")


@pytest.fixture
def phone(sold: Purchase, make_device: MakeDevice) -> DoorClient:
    return make_device(sold.booking.event)


def cancel(client: Client, sold: Purchase, *seats: str) -> Any:
    address = f"/api/bookings/{sold.booking.reference}/cancel"
    return client.post(address, {"seats": list(seats)}, content_type="application/json")


def test_a_name_cannot_be_changed_once_somebody_is_in(
    client: Client, ticket: Ticket, phone: DoorClient
) -> None:
    assert phone.verdict(tokens.sign(ticket)) == "admitted"

    page = client.post(reverse("bookings:name", args=[ticket.code]), {"name": "Grace Hopper"})

    assert "let in with this ticket" in page.content.decode()
    ticket.refresh_from_db()
    assert ticket.status == TicketStatus.VALID


def test_who_is_in_cannot_have_the_money_back(client: Client, sold: Purchase, phone: DoorClient) -> None:
    ticket = sold.booking.tickets.get(seat__label="A-1")
    assert phone.verdict(tokens.sign(ticket)) == "admitted"

    refused, allowed = cancel(client, sold, "A-1"), cancel(client, sold, "A-2")

    assert refused.status_code == 409
    assert refused.json()["error"]["message"] == "Somebody was let in on A-1, so that can’t be cancelled."
    assert allowed.status_code == 200


def test_the_booking_s_page_offers_what_can_be_cancelled(
    client: Client, sold: Purchase, phone: DoorClient
) -> None:
    for ticket in sold.booking.tickets.select_related("seat"):
        assert phone.verdict(tokens.sign(ticket)) == "admitted"

    said = client.get(f"/api/payment-status?session_id={sold.session_id}").json()
    page = client.get(reverse("payments:cancel", args=[sold.booking.reference]))

    assert said["status"] == "succeeded"
    assert "Somebody was let in with these tickets" in page.content.decode()


def test_what_was_undone_keeps_nobody_from_cancelling(
    client: Client, sold: Purchase, ticket: Ticket, phone: DoorClient
) -> None:
    (answer,) = phone.scan({"token": tokens.sign(ticket)})["scans"]
    phone.post(f"/api/door/scans/{answer['nonce']}/undo", {}, content_type="application/json")

    assert cancel(client, sold, "A-1").status_code == 200
    assert phone.verdict(tokens.sign(ticket)) == "suspended"


def test_staff_can_refund_who_is_in_and_the_entry_stays(
    sold: Purchase, ticket: Ticket, phone: DoorClient
) -> None:
    assert phone.verdict(tokens.sign(ticket)) == "admitted"

    request_refund(sold.payment, origin=Origin.STAFF, cause=Cause.STAFF, tickets=[ticket])

    assert Entry.objects.open().get().ticket == ticket
    assert phone.verdict(tokens.sign(ticket)) == "suspended"


def test_who_is_moved_while_inside_leaves_the_old_seat_to_its_next_guest(
    sold: Purchase, ticket: Ticket, phone: DoorClient
) -> None:
    assert phone.verdict(tokens.sign(ticket)) == "admitted"
    booking = sold.booking
    with transaction.atomic():
        seats = booking.event.seats.filter(label__in=["A-1", "A-2", "B-7"]).lock()
        (new,) = move_tickets(booking, plan_moves(booking, {ticket: "B-7"}, seats))

    assert phone.verdict(tokens.sign(ticket)) == "replaced"
    assert phone.verdict(tokens.sign(new)) == "admitted"
    assert Entry.objects.open().get().seat == new.seat
    assert Entry.objects.get(ticket=ticket).undone_why == "Moved to another seat."
