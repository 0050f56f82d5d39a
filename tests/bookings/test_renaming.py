"""A ticket given to somebody else: another code, and the old one is void from that moment."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends import locmem
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.models import Booking, BookingStatus, Event, Seat, StopReason, Ticket, TicketStatus
from bookings.tickets import qr, tokens
from bookings.tickets.renaming import MAX_RENAMES, NotRenamable, rename
from payments.checkout.cancellation import cancel_seats
from payments.fsck import inspect
from payments.ledger.refunds import NotRefundable, request_refund
from payments.ledger.verification import ask
from payments.models import Action, Cause, Origin, PaymentStatus, Refund, RefundStatus
from payments.staff.actions import execute
from payments.staff.commands import NotPossible, StaffCommand
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase
from tests.support.threads import at_once
from tests.support.worker import work


@pytest.fixture
def paid(paid: Purchase) -> Purchase:
    """Seats A-1 and A-2, paid, and their mail sent."""
    work("mail_tickets")
    mail.outbox.clear()
    return paid


def ticket_of(purchase: Purchase, seat: str = "A-1") -> Ticket:
    return purchase.booking.tickets.current().get(seat__label=seat)


def post(client: Client, ticket: Ticket, name: str = "Grace Hopper") -> Any:
    return client.post(reverse("bookings:name", args=[ticket.code]), {"name": name})


def test_another_name_is_another_ticket_for_the_same_seat(client: Client, paid: Purchase) -> None:
    old = ticket_of(paid)

    answer = post(client, old)

    assert (answer.status_code, answer.url) == (302, old.get_absolute_url())
    new = ticket_of(paid)
    old.refresh_from_db()
    assert (old.status, old.stopped_for) == (TicketStatus.VOID, StopReason.RENAMED)
    assert old.stopped_at is not None
    assert (new.name, new.holder, new.status, new.seat) == (
        "Grace Hopper",
        "Grace Hopper",
        TicketStatus.VALID,
        old.seat,
    )
    assert new.code != old.code
    assert new.is_drawn
    assert paid.booking.tickets.count() == 3
    assert Seat.objects.get(label="A-1").booking == paid.booking
    assert (paid.payment.status, paid.booking.status) == (PaymentStatus.SUCCEEDED, BookingStatus.CONFIRMED)
    assert inspect() == []


def test_the_old_ticket_says_that_it_was_replaced_and_tells_nobody_the_new_code(
    client: Client, paid: Purchase
) -> None:
    old = ticket_of(paid)
    post(client, old)
    new = ticket_of(paid)

    page = client.get(old.get_absolute_url()).content.decode()
    form = client.get(reverse("bookings:name", args=[old.code])).content.decode()

    assert "The name on this ticket was changed" in page
    assert "The name on this ticket was changed" in form
    assert new.code not in page + form
    assert "Grace Hopper" not in page + form
    picture = client.get(reverse("bookings:ticket-png", args=[old.code])).content
    assert picture == qr.placeholder("void", "png")
    assert tokens.read(tokens.sign(old)).ticket_code != tokens.read(tokens.sign(new)).ticket_code


def test_who_renames_from_the_booking_is_back_there_and_reads_what_happened(
    client: Client, paid: Purchase
) -> None:
    address = reverse("bookings:name-in-booking", args=[paid.booking.reference, ticket_of(paid).code])

    answer = client.post(address, {"name": "Grace Hopper"}, follow=True)

    assert answer.redirect_chain == [(paid.booking.get_absolute_url(), 302)]
    words = "The name on A-1 is now Grace Hopper. The old code has stopped working."
    assert words in answer.content.decode()
    assert words not in client.get(paid.booking.get_absolute_url()).content.decode()


def test_a_ticket_leads_to_no_booking_but_its_own(client: Client, paid: Purchase) -> None:
    stranger = reverse("bookings:name-in-booking", args=["A" * 26, ticket_of(paid).code])

    assert client.get(stranger).status_code == 404
    assert client.post(stranger, {"name": "Eve"}).status_code == 404
    assert ticket_of(paid).name == ""
    page = client.get(reverse("bookings:name", args=[ticket_of(paid).code])).content.decode()
    assert paid.booking.reference not in page


def test_the_mail_brings_the_new_ticket_to_the_bookings_address(client: Client, paid: Purchase) -> None:
    old = ticket_of(paid)
    post(client, old)
    work("mail_tickets")

    (letter,) = mail.outbox
    assert letter.to == ["ada@example.com"]
    assert ticket_of(paid).get_absolute_url() in letter.body
    assert ticket_of(paid, "A-2").get_absolute_url() in letter.body
    assert old.get_absolute_url() not in letter.body
    assert "Seat A-1, Grace Hopper\n" in letter.body


def test_the_mail_says_which_name_was_changed(client: Client, paid: Purchase) -> None:
    post(client, ticket_of(paid))
    work("mail_tickets")

    (letter,) = mail.outbox
    said = "The ticket for A-1 is now in the name of Grace Hopper. The old code has stopped working."
    assert letter.subject == "Name changed on your ticket: Demo Night"
    assert said in letter.body
    assert said in str(letter.alternatives[0][0])  # type: ignore[attr-defined]
    assert "You’ve paid" not in letter.body


def test_who_asks_for_the_tickets_again_is_not_told_again_of_the_name(client: Client, paid: Purchase) -> None:
    post(client, ticket_of(paid))
    work("mail_tickets")
    client.post(reverse("bookings:resend", args=[paid.booking.reference]))
    work("mail_tickets")

    assert mail.outbox[-1].subject == "Your tickets: Demo Night"
    assert "Seat A-1, Grace Hopper\n" in mail.outbox[-1].body


def test_a_ticket_that_is_replaced_while_a_mail_is_on_its_way_is_mailed_after_it(
    client: Client, paid: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new code is nowhere else, so its mail must not be taken for the one that was under way."""
    old = ticket_of(paid)

    class SlowMailServer(EmailBackend):
        def send_messages(self, messages: Any) -> int:
            if old.is_valid:
                post(client, old)
                old.refresh_from_db()
            return super().send_messages(messages)

    client.post(reverse("bookings:resend", args=[paid.booking.reference]))
    with monkeypatch.context() as patch:
        patch.setattr(locmem, "EmailBackend", SlowMailServer)
        work("mail_tickets")

    first, second = mail.outbox
    assert old.get_absolute_url() in first.body
    assert ticket_of(paid).get_absolute_url() in second.body
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]
    assert paid.booking.mailed_at is not None


def test_customers_see_one_ticket_a_seat(client: Client, paid: Purchase) -> None:
    post(client, ticket_of(paid))

    state = client.get(f"/api/payment-status?session_id={paid.session_id}").json()
    page = client.get(paid.booking.get_absolute_url())

    assert [(ticket["seat"], ticket["success"]) for ticket in state["tickets"]] == [
        ("A-1", True),
        ("A-2", True),
    ]
    assert state["message"] == "Paid. Your tickets are below."
    assert [ticket.seat.label for ticket in page.context["tickets"]] == ["A-1", "A-2"]
    assert "Grace Hopper" in page.content.decode()


def test_a_new_ticket_can_be_given_back_and_the_old_one_is_no_refund(
    client: Client, paid: Purchase, event: Event
) -> None:
    Event.objects.update(cancellable_until=event.starts_at)
    old = ticket_of(paid)
    post(client, old)

    cancel_seats(paid.payment, labels=["A-1"])
    work("send_refund")

    old.refresh_from_db()
    assert old.stopped_for == StopReason.RENAMED
    assert ticket_of(paid).stopped_for == StopReason.REFUNDED
    assert Refund.objects.get().amount == 4200
    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert inspect() == []


def test_staff_who_refund_an_old_page_are_told_that_the_ticket_is_void(
    client: Client, paid: Purchase
) -> None:
    old = ticket_of(paid)
    post(client, old)

    with pytest.raises(NotRefundable):
        request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF, tickets=[old])

    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
    work("send_refund")
    assert paid.booking.status == BookingStatus.CANCELLED
    assert inspect() == []


def test_a_refused_refund_made_again_is_for_the_ticket_of_today(
    client: Client, paid: Purchase, stripe: Sandbox
) -> None:
    stripe.post("/balance", {"short": "refuse"})
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF, tickets=[ticket_of(paid)])
    work("send_refund")
    stripe.post("/balance", {"short": False})
    post(client, ticket_of(paid))

    refused = Refund.objects.get(status=RefundStatus.REFUSED)
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF, replaces=refused)
    work("send_refund")

    assert ticket_of(paid).stopped_for == StopReason.REFUNDED
    assert ticket_of(paid, "A-2").is_valid
    assert inspect() == []


def test_money_that_went_back_is_not_said_to_be_for_a_ticket_that_was_replaced(
    client: Client, paid: Purchase, stripe: Sandbox
) -> None:
    """Its successor would admit somebody whose money is back."""
    old = ticket_of(paid)
    stripe.refund(paid.session_id, 4200)
    ask(paid.payment, cause=Cause.STAFF)
    post(client, old)
    staff = User.objects.create_superuser("boss")

    def assign(ticket: Ticket) -> None:
        execute(
            StaffCommand(
                action=Action.ASSIGN_REFUND,
                actor=staff,
                reason="They can’t come",
                form_id=str(uuid.uuid4()),
                payment=paid.payment,
                refund=Refund.objects.get(),
                tickets=[ticket],
            )
        )

    with pytest.raises(NotPossible, match="was replaced"):
        assign(old)
    assign(ticket_of(paid))

    assert ticket_of(paid).stopped_for == StopReason.REFUNDED
    assert inspect() == []


def test_a_dispute_stops_the_new_ticket_and_its_end_restores_only_that(
    client: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    old = ticket_of(paid)
    post(client, old)
    dispute = stripe.dispute(paid.session_id)
    deliver(next(e for e in stripe.events() if e["type"] == "charge.dispute.created"))
    assert ticket_of(paid).stopped_for == StopReason.DISPUTED

    stripe.close_dispute(dispute["id"], "won")
    deliver(next(e for e in stripe.events() if e["type"] == "charge.dispute.closed"))

    old.refresh_from_db()
    assert (ticket_of(paid).is_valid, old.stopped_for) == (True, StopReason.RENAMED)
    assert inspect() == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\0b", "Grace\nPlease pay again"])
def test_a_name_that_is_none_is_refused(client: Client, paid: Purchase, name: str) -> None:
    old = ticket_of(paid)

    answer = post(client, old, name)

    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()
    assert ticket_of(paid) == old


def test_blanks_in_a_name_are_single_ones(client: Client, paid: Purchase) -> None:
    post(client, ticket_of(paid), "\n Grace\t\xa0 Hopper \r\n")

    assert ticket_of(paid).name == "Grace Hopper"


def test_a_form_without_a_name_is_refused(client: Client, paid: Purchase) -> None:
    answer = client.post(reverse("bookings:name", args=[ticket_of(paid).code]))

    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()


def test_the_same_name_needs_no_other_ticket(client: Client, paid: Purchase) -> None:
    answer = post(client, ticket_of(paid), "Ada Lovelace")

    assert answer.status_code == 409
    assert "The ticket already has this name." in answer.content.decode()
    assert paid.booking.tickets.count() == 2


def test_who_is_sent_the_form_twice_renames_once(client: Client, paid: Purchase) -> None:
    old = ticket_of(paid)
    post(client, old)

    answer = post(client, old, "Somebody Else")

    assert answer.status_code == 409
    assert "The name on this ticket was changed" in answer.content.decode()
    assert paid.booking.tickets.count() == 3


def test_a_ticket_on_hold_keeps_its_name(client: Client, paid: Purchase) -> None:
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)

    answer = post(client, ticket_of(paid))

    assert answer.status_code == 409
    assert "You asked for a refund" in answer.content.decode()


def test_once_the_event_has_begun_names_stay(client: Client, paid: Purchase) -> None:
    Event.objects.update(starts_at=timezone.now() - timedelta(minutes=1))

    assert post(client, ticket_of(paid)).status_code == 409
    assert paid.booking.tickets.count() == 2


def test_a_ticket_changes_hands_a_few_times(client: Client, paid: Purchase) -> None:
    for number in range(MAX_RENAMES):
        assert post(client, ticket_of(paid), f"Guest {number}").status_code == 302
    answer = post(client, ticket_of(paid), "One too many")

    assert answer.status_code == 409
    assert "was changed too often" in answer.content.decode()
    assert post(client, ticket_of(paid, "A-2")).status_code == 302
    assert inspect() == []


def test_an_unknown_ticket_has_no_name(client: Client, db: None) -> None:
    assert client.get(f"/tickets/{'A' * 26}/name/").status_code == 404


def test_the_database_wants_a_reason_for_a_void_ticket_and_one_live_a_seat(paid: Purchase) -> None:
    old = ticket_of(paid)
    with pytest.raises(IntegrityError, match="ticket_one_live_a_seat"), transaction.atomic():
        Ticket.objects.create(booking=paid.booking, seat=old.seat, qr_png=b"x")
    with pytest.raises(IntegrityError, match="ticket_stopped_says_why"), transaction.atomic():
        Ticket.objects.filter(pk=old.pk).update(stopped_for=StopReason.RENAMED)


def test_a_ticket_that_was_to_be_replaced_and_was_not_is_found(paid: Purchase) -> None:
    old = ticket_of(paid)
    now = timezone.now()
    Ticket.objects.filter(pk=old.pk).update(
        status=TicketStatus.VOID, stopped_for=StopReason.RENAMED, stopped_at=now
    )

    assert {finding.rule for finding in inspect()} == {"renamed_and_not_replaced", "sold_without_a_ticket"}


def test_a_ticket_whose_code_fails_is_drawn_again(
    client: Client, paid: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(qr, "draw_png", None)
        post(client, ticket_of(paid))
    assert not ticket_of(paid).is_drawn

    work("redraw_ticket")

    assert ticket_of(paid).is_drawn


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_renames(paid: Purchase) -> None:
    old = ticket_of(paid)

    answers = at_once(lambda n: post(Client(), old, f"Guest {n}").status_code, 4)

    assert sorted(answers) == [302, 409, 409, 409]
    assert paid.booking.tickets.count() == 3
    assert Booking.objects.get().mailings == 2
    assert inspect() == []


@pytest.mark.django_db(transaction=True)
def test_of_a_new_name_and_a_refund_at_once_both_leave_the_books_true(paid: Purchase, event: Event) -> None:
    Event.objects.update(cancellable_until=event.starts_at)
    old = ticket_of(paid)

    def action(number: int) -> str:
        try:
            if number:
                rename(old, "Grace Hopper")
            else:
                cancel_seats(paid.payment, labels=["A-1"])
        except NotRenamable:
            return "not renamed"
        return "done"

    assert at_once(action, 2) in (["done", "done"], ["done", "not renamed"])
    work("send_refund")

    assert ticket_of(paid).stopped_for == StopReason.REFUNDED
    assert Seat.objects.get(label="A-1").booking is None
    assert inspect() == []
