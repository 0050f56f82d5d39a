"""A button that can't succeed isn't offered, and one about a dispute does what its page says."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import Ticket
from payments.ledger.refunds import refundable_amount
from payments.ledger.verification import ask
from payments.models import Action, Cause, Dispute, Payment, Refund
from payments.staff.actions import possible
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase
from tests.support.staff import action_of, page_of, press, somebody_of, told
from tests.support.turns import refund, tell
from tests.support.worker import work


@pytest.fixture
def staff(db: None) -> Client:
    return somebody_of("Finance")


def test_the_page_of_a_part_asks_which_tickets_it_is_about(
    staff: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.dispute(paid.session_id, amount=4200)
    tell(stripe, deliver)
    payment, (first, _second) = paid.payment, paid.booking.tickets.order_by("pk")
    assert staff.get(page_of(payment)).context["advised"] == Action.ASSIGN_DISPUTE
    form = staff.get(action_of(payment, Action.ASSIGN_DISPUTE)).content.decode()
    assert "Only part of the payment is disputed" in form
    assert "€42.00" in form

    page = press(
        staff,
        action_of(payment, Action.ASSIGN_DISPUTE),
        dispute=Dispute.objects.get().pk,
        tickets=[first.pk],
    )

    assert told(page) == ["Tickets on hold until the bank decides."]
    assert Ticket.objects.get(pk=first.pk).stopped_for == "disputed"
    assert page.context["advised"] != Action.ASSIGN_DISPUTE


def test_another_bookings_ticket_cannot_be_what_it_is_about(
    staff: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver, buy: Any
) -> None:
    other = buy("A-5")
    stripe.pay(other.session_id)
    deliver("completed", other)
    stripe.dispute(paid.session_id, amount=4200)
    tell(stripe, deliver)

    press(
        staff,
        action_of(paid.payment, Action.ASSIGN_DISPUTE),
        dispute=Dispute.objects.get().pk,
        tickets=[other.booking.tickets.get().pk],
    )

    assert Dispute.objects.get().assigned_at is None


def test_a_refund_offers_what_is_left_and_no_ticket_that_is_disputed(
    staff: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.dispute(paid.session_id, amount=4200)
    tell(stripe, deliver)
    (first, second) = paid.booking.tickets.order_by("pk")
    press(
        staff,
        action_of(paid.payment, Action.ASSIGN_DISPUTE),
        dispute=Dispute.objects.get().pk,
        tickets=[first.pk],
    )

    form = staff.get(action_of(paid.payment, Action.REFUND)).context["form"]

    assert form.left == refundable_amount(paid.payment) == 4200
    assert list(form.fields["tickets"].queryset) == [second]


def test_a_refused_refund_is_offered_again_with_what_is_left_of_it(
    staff: Client, paid: Purchase, stripe: Sandbox
) -> None:
    stripe.post("/balance", {"short": "refuse"})
    refund(paid)
    work("send_refund")
    stripe.post("/balance", {"short": False})
    stripe.refund_by_staff(paid.session_id, 5000)
    ask(paid.payment, cause=Cause.STAFF)

    form = staff.get(action_of(paid.payment, Action.RETRY_REFUND)).context["form"]
    assert form.fields["refund"].help_text == "Would send €34.00."

    press(staff, action_of(paid.payment, Action.RETRY_REFUND), refund=Refund.objects.get(status="refused").pk)
    work("send_refund")
    assert sorted(Refund.objects.accepted().values_list("amount", flat=True)) == [3400, 5000]


def test_a_refused_refund_of_what_the_bank_has_taken_is_not_offered_again(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.dispute(paid.session_id)
    refund(paid)
    work("send_refund")
    tell(stripe, deliver)

    assert Refund.objects.broken().exists()
    assert Action.RETRY_REFUND not in possible(paid.payment)
    assert Action.WAIVE_REFUND in possible(paid.payment)


def test_a_hold_that_stripe_does_not_know_is_released_only_long_after_its_end(
    purchase: Purchase, stripe: Sandbox
) -> None:
    stripe.post("/reset")
    ask(purchase.payment, cause=Cause.STAFF)
    assert Action.RELEASE not in possible(purchase.payment)

    long_ago = timezone.now() - timedelta(days=2)
    Payment.objects.update(created_at=long_ago, expires_at=long_ago + timedelta(minutes=30))

    assert Action.RELEASE in possible(purchase.payment)


def test_a_void_tickets_code_is_not_drawn_again(paid: Purchase) -> None:
    Ticket.objects.filter(seat__label="A-1").update(qr_png=None, drawing_error="Boom")
    assert Action.REDRAW in possible(paid.payment)

    Ticket.objects.filter(seat__label="A-1").update(status="void", stopped_for="refunded")

    assert Action.REDRAW not in possible(paid.payment)
