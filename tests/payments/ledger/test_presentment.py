"""Customers who pay in their own currency read what they paid, beside what we received."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from bookings.models import Event
from payments.ledger.verification import verify
from payments.models import Payment, PaymentStatus, Problem, Refund
from payments.status.payment import describe
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase
from tests.support.staff import page_of, somebody_of
from tests.support.turns import refund, tell
from tests.support.worker import work

DOLLARS = {"currency": "usd"}


@pytest.fixture
def abroad(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """Seats for 84.00 EUR, paid in dollars."""
    stripe.pay(purchase.session_id, presentment=DOLLARS)
    deliver("completed", purchase)
    return purchase


def shown(row: Payment | Refund) -> str:
    """Return what its customer saw, as text."""
    assert row.presentment_currency == "usd"
    assert row.presentment_amount is not None
    return f"US${row.presentment_amount / 100:.2f}"


def last_mail() -> tuple[str, str]:
    sent = mail.outbox[-1]
    assert isinstance(sent, EmailMultiAlternatives)
    return str(sent.body), str(sent.alternatives[0][0])


@pytest.mark.parametrize("by", ["event", "question"])
def test_a_payment_in_another_currency_matches_in_ours(
    by: str, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, presentment=DOLLARS)

    deliver("completed", purchase) if by == "event" else verify(purchase.session_id)

    payment, details = purchase.payment, stripe.session(purchase.session_id)["presentment_details"]
    assert (payment.status, payment.amount_received, payment.currency_received) == ("succeeded", 8400, "eur")
    assert (payment.presentment_amount, payment.presentment_currency) == (
        details["presentment_amount"],
        "usd",
    )
    assert payment.presentment_amount != 8400


def test_what_the_event_did_not_say_yet_is_kept_once_stripe_is_asked(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, presentment=DOLLARS)
    event = stripe.event("completed", purchase.session_id)
    del event["data"]["object"]["presentment_details"]
    deliver(event)
    before = purchase.payment.presentment_currency

    verify(purchase.session_id)

    assert (before, purchase.payment.presentment_currency) == ("", "usd")


def test_pages_and_mail_say_what_the_customer_paid(abroad: Purchase, client: Client) -> None:
    work("mail_tickets")
    paid = shown(abroad.payment)

    state = describe(abroad.session_id)
    success = client.get("/payments/success/", {"session_id": abroad.session_id}).content.decode()
    booking = client.get(abroad.booking.get_absolute_url()).content.decode()

    assert state is not None
    assert f"You paid €84.00 ({paid})." in state["message"]
    assert (state["booking"]["amount_total"], state["booking"]["currency"]) == (8400, "eur")
    for text in (success, booking, *last_mail()):
        assert "In your currency" in text
        assert paid in text
        assert "€84.00" in text


def test_staff_see_it_and_find_the_payment_by_it(abroad: Purchase) -> None:
    verify(abroad.session_id)
    staff, paid = somebody_of("Box office"), shown(abroad.payment)

    page = staff.get(page_of(abroad.payment)).content.decode()
    compared = staff.get(f"/admin/payments/payment/{abroad.payment.pk}/compare/").content.decode()
    found = staff.get("/admin/payments/payment/", {"q": paid.removeprefix("US$")})

    assert f"<dt>The customer paid</dt><dd>{paid}</dd>" in page
    assert compared.count(f"<td>{paid}</td>") == 2
    assert "differs" not in compared
    assert list(found.context["cl"].queryset) == [abroad.payment]


def test_a_refund_says_what_goes_back_in_both(
    abroad: Purchase, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    Event.objects.update(cancellable_until=timezone.now() + timedelta(days=9))
    before = describe(abroad.session_id)
    cancel = f"/api/bookings/{abroad.booking.reference}/cancel"
    client.post(cancel, {"seats": ["A-1"]}, content_type="application/json")
    due = describe(abroad.session_id)
    work("send_refund", "mail_notification")
    back = shown(Refund.objects.get())

    state = describe(abroad.session_id)
    booking = client.get(abroad.booking.get_absolute_url()).content.decode()

    assert before is not None
    assert due is not None
    assert state is not None
    assert "€42.00 is on its way back to you." in due["message"]
    assert state["message"] == f"€42.00 ({back}) of your €84.00 ({shown(abroad.payment)}) was refunded."
    assert f"€42.00 ({back})" in booking
    part = f"€42.00 ({back}) of your €84.00 ({shown(abroad.payment)}) was refunded."
    assert all(part in text for text in last_mail())


def test_a_refund_made_at_stripe_says_it_too(abroad: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.refund(abroad.session_id)
    tell(stripe, deliver)

    state, paid = describe(abroad.session_id), shown(abroad.payment)

    assert state is not None
    assert abroad.payment.status == PaymentStatus.REFUNDED
    assert f"Your payment of €84.00 ({paid}) was refunded." in state["message"]
    assert shown(Refund.objects.get()) == paid


def test_money_that_buys_nothing_is_named_in_both(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, presentment=DOLLARS)
    past = timezone.now() - timedelta(hours=1)
    Event.objects.update(
        starts_at=past - timedelta(hours=2), ends_at=past, sales_from=past - timedelta(9), sales_until=past
    )
    deliver("completed", purchase)
    work("mail_notification")
    both = f"€84.00 ({shown(purchase.payment)})"

    assert purchase.payment.problem == Problem.PAID_AFTER_EVENT
    assert all(f"Your payment of {both} arrived after the event was over" in text for text in last_mail())
    assert all(f"We’re refunding all of it: {both}." in text for text in last_mail())


def test_a_discount_and_another_currency_are_both_told(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, presentment=DOLLARS, coupon=stripe.coupon(percent_off="10"))
    deliver("completed", purchase)

    state, paid = describe(purchase.session_id), shown(purchase.payment)

    assert state is not None
    assert f"You paid €75.60 ({paid}), after a discount of €8.40." in state["message"]


def test_a_second_refund_adds_up_in_both(abroad: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    for amount in (1000, 2000):
        refund(abroad, amount=amount)
        work("send_refund")
    presented = sum(row.presentment_amount or 0 for row in Refund.objects.all())

    state = describe(abroad.session_id)

    assert state is not None
    assert state["message"].startswith(f"€30.00 (US${presented / 100:.2f}) of your €84.00")
