"""Staff understand a payment: the verdict first, then everything that it rests on."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import Seat
from payments.ledger.refunds import request_refund
from payments.ledger.verification import ask
from payments.models import Action, Cause, Origin, Payment, Refund, StripeEvent
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.staff import action_of, page_of, press, somebody_of
from tests.support.turns import pay_again, pay_late
from tests.support.worker import work


@pytest.fixture
def staff(db: None) -> Client:
    return somebody_of("Finance")


def read(staff: Client, address: str) -> str:
    """Return the words of a page, without its markup."""
    page = staff.get(address).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)).replace("&#x27;", "'").replace("&amp;", "&")


def compare(staff: Client, purchase: Purchase) -> str:
    return read(staff, page_of(purchase.payment).replace("change/", "compare/"))


# The verdict


def test_a_payment_that_nobody_asked_about_says_so(staff: Client, purchase: Purchase) -> None:
    assert "Not checked with Stripe yet." in read(staff, page_of(purchase.payment))


def test_a_charge_without_its_session_is_no_silence(
    staff: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    deliver(next(event for event in stripe.events() if event["type"] == "charge.succeeded"))

    page = read(staff, page_of(purchase.payment))

    assert "Stripe charged •••• 4242, but the event that confirms the payment never arrived." in page
    assert "Paid at Stripe, not here yet." in page


def test_the_verdict_says_what_stripe_said_and_when(staff: Client, purchase: Purchase) -> None:
    ask(purchase.payment, cause=Cause.VERIFICATION)
    Payment.objects.update(checked_at=timezone.now() - timedelta(minutes=12))

    page = read(staff, page_of(purchase.payment))

    assert "Stripe: Open: can be paid, 12 minutes ago." in page
    assert "Waiting for Stripe, the customer or a bank. Next step: Check again later." in page


def test_a_paid_payment_is_told_by_its_event(staff: Client, paid: Purchase) -> None:
    page = staff.get(page_of(paid.payment))

    assert page.context["heard_at"] == StripeEvent.objects.get().decided_at
    assert "Matches Stripe." in page.content.decode()
    assert page.context["advised"] is None


def test_a_payment_without_a_session_says_that_nobody_can_have_paid_it(
    staff: Client, purchase: Purchase
) -> None:
    payment = purchase.payment
    Payment.objects.update(session_id=None)

    assert "No payment page was opened at Stripe" in read(staff, page_of(payment))
    assert "nothing to compare" in compare_of(staff, payment)


def compare_of(staff: Client, payment: Payment) -> str:
    return read(staff, page_of(payment).replace("change/", "compare/"))


def test_exact_times_are_one_hover_away(staff: Client, purchase: Purchase) -> None:
    at = purchase.payment.created_at
    exact = f"{timezone.localtime(at):%-d %B %Y, %H:%M:%S}"

    page = staff.get(page_of(purchase.payment)).content.decode()

    assert f'<time datetime="{at.isoformat()}" title="{exact}">' in page


def test_a_second_payment_of_a_booking_leads_to_the_first(
    staff: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)
    second = pay_again(purchase)
    stripe.pay(second.session_id)
    deliver("completed", second)
    pay_late(purchase, stripe, deliver)

    page = staff.get(page_of(purchase.payment)).content.decode()

    assert page_of(second.payment) in page
    assert "Booking paid twice." in page
    assert "tickets-title" not in page


# The evidence


def test_the_timeline_is_told_the_newest_last(staff: Client, paid: Purchase) -> None:
    press(staff, action_of(paid.payment, Action.NOTE))

    page = read(staff, page_of(paid.payment))

    said = ["Seats A-1, A-2 put on hold.", "Payment of €84.00 opened.", "session.completed: Applied"]
    places = [page.index(words) for words in [*said, "Ticket for A-2 issued.", "Note: They stand"]]
    assert places == sorted(places)


def test_tickets_refunds_and_disputes_stand_with_their_states(
    staff: Client, paid: Purchase, stripe: Sandbox
) -> None:
    tickets = list(paid.booking.tickets.filter(seat__label="A-2"))
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF, tickets=tickets)
    work("send_refund")
    dispute = stripe.dispute(paid.session_id)
    ask(paid.payment, cause=Cause.STAFF)

    page = read(staff, page_of(paid.payment))

    for words in ("A-1 On hold Payment disputed", "A-2 Not valid Refunded", "€42.00 Refunded A-2"):
        assert words in page
    assert dispute["id"] in page


def test_what_stripe_calls_it_leads_to_stripes_dashboard(
    staff: Client, paid: Purchase, settings: Any
) -> None:
    intent = paid.payment.payment_intent_id
    event = StripeEvent.objects.get()

    assert (
        f"https://dashboard.stripe.com/test/payments/{intent}"
        in staff.get(page_of(paid.payment)).content.decode()
    )
    settings.STRIPE_SECRET_KEY = "sk_live_admit"
    page = staff.get(f"/admin/payments/stripeevent/{event.pk}/change/").content.decode()
    assert f"https://dashboard.stripe.com/events/{event.event_id}" in page


# Ours beside Stripe's


def test_a_difference_is_marked_in_words(staff: Client, purchase: Purchase, stripe: Sandbox) -> None:
    stripe.pay(purchase.session_id)

    page = compare(staff, purchase)

    assert "Here: Pending. At Stripe: Paid. Paid at Stripe, not here yet." in page
    assert "= same Amount €84.00 €84.00" in page
    assert "≠ differs Payment intent – pi_" in page
    assert purchase.payment.stripe_state == ""  # Nothing was changed by looking.


def test_a_session_that_stripe_does_not_know_is_a_contradiction(staff: Client, purchase: Purchase) -> None:
    Payment.objects.update(session_id="cs_test_lost")
    lost = Purchase("cs_test_lost", {})

    assert "At Stripe: Not found at Stripe. Conflicts with Stripe." in compare(staff, lost)


# Events


def test_an_event_shows_everything_that_came(
    staff: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    Seat.objects.filter(label="A-2").update(booking=None)
    deliver("completed", purchase)
    deliver("completed", purchase)
    event = StripeEvent.objects.get()

    page = staff.get(f"/admin/payments/stripeevent/{event.pk}/change/").content.decode()

    assert "Delivered 2 times." in page
    assert "SeatsLost" in page
    assert "&quot;payment_status&quot;: &quot;paid&quot;" in page
    assert "Stripe-Signature: t=" in page
    assert f"/admin/payments/stripeevent/{event.pk}/replay/" in page
    assert page_of(purchase.payment) in page


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("refund.created", "This event only announces a change"),
        ("charge.succeeded", "are stored and change nothing"),
        ("checkout.session.completed", "Paid, €84.00. Payment of Ada Lovelace is Partially refunded"),
    ],
)
def test_an_event_says_what_it_settles(
    kind: str, words: str, staff: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.refund(paid.session_id, 500)
    for event in stripe.events():
        deliver(event)

    row = StripeEvent.objects.get(type=kind)

    assert words in read(staff, f"/admin/payments/stripeevent/{row.pk}/change/")


def test_an_event_in_words_that_are_not_known_is_shown_all_the_same(
    staff: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.expire(purchase.session_id)
    event = stripe.event("expired", purchase.session_id)
    event["data"]["object"].update(status="gone", metadata={"payment": "\ud800\x00"})
    assert deliver(event).status_code == 500

    page = read(staff, f"/admin/payments/stripeevent/{StripeEvent.objects.get().pk}/change/")

    assert "Admit can’t read this event" in page
    assert "\\ud800\\u0000" in page


def test_a_booking_leads_to_its_payment(staff: Client, paid: Purchase) -> None:
    page = staff.get(f"/admin/bookings/booking/{paid.booking.pk}/change/").content.decode()

    assert f"/admin/payments/payment/find/?q={paid.booking.reference}" in page


def test_the_front_page_tells_what_staff_did_last(staff: Client, paid: Purchase, buy: Buy) -> None:
    press(staff, action_of(paid.payment, Action.NOTE), reason="Admitted at the door")

    front = staff.get("/admin/").content.decode()

    assert "Admitted at the door" in front
    assert page_of(paid.payment) in front
    assert not Refund.objects.exists()
