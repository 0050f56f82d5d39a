"""Coupons and taxes at Stripe: a total that Stripe vouches for is a price, and nothing to pay is one too."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from bookings.models import BookingStatus, Event, Seat, StopReason
from bookings.seats.holds import release
from payments.fsck import inspect
from payments.fsck.ledger import balances
from payments.ledger.verification import compare_with_stripe, verify
from payments.models import (
    Action,
    NotificationKind,
    Payment,
    PaymentStatus,
    Problem,
    Refund,
    RefundStatus,
    StripeState,
)
from payments.staff.actions import possible
from payments.status.payment import PaymentState, describe
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.staff import action_of, page_of, press, somebody_of, told
from tests.support.turns import refund, sell, tell
from tests.support.worker import work

MINUS = "\N{MINUS SIGN}"
EXCLUSIVE = {"percentage": "19", "inclusive": False}
INCLUSIVE = {"percentage": "19", "inclusive": True}
# What is done to a session for 84.00, and then the discount, the tax on top and the total.
CHANGES: list[Any] = [
    ("10", None, 840, 0, 7560),
    (None, EXCLUSIVE, 0, 1596, 9996),
    (None, INCLUSIVE, 0, 0, 8400),
    ("10", EXCLUSIVE, 840, 1436, 8996),
    ("100", None, 8400, 0, 0),
    ("100", EXCLUSIVE, 8400, 0, 0),
]


@shared
def purchase(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, whose payment page is open."""
    make_event()
    return box_office.buy()


@pytest.fixture(autouse=True)
def all_in_order(db: None) -> Any:
    """Whatever a test does, the ledger tells one story in the end."""
    yield
    assert inspect() == []


def pay(purchase: Purchase, stripe: Sandbox, *, off: str | None = None, tax: Any = None, **how: Any) -> None:
    changes = {"coupon": stripe.coupon(percent_off=off)} if off else {}
    stripe.pay(purchase.session_id, **changes, **({"tax": tax} if tax else {}), **how)


@pytest.fixture
def cheaper(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """Seats A-1 and A-2 for 75.60 in place of 84.00."""
    pay(purchase, stripe, off="10")
    deliver("completed", purchase)
    return purchase


@pytest.fixture
def free(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """Seats A-1 and A-2 with a coupon that takes off everything."""
    Event.objects.update(cancellable_until=timezone.now() + timedelta(days=9), cancellation_fee_percent=10)
    pay(purchase, stripe, off="100")
    deliver("completed", purchase)
    return purchase


def state_of(purchase: Purchase) -> PaymentState:
    """Return what the status endpoint says."""
    state = describe(purchase.session_id)
    assert state is not None
    return state


def tickets(purchase: Purchase) -> list[tuple[str, str, str]]:
    found = purchase.booking.tickets.order_by("pk")
    return list(found.values_list("seat__label", "status", "stopped_for"))


# What was paid


@pytest.mark.parametrize(("off", "tax", "discount", "added", "total"), CHANGES)
@pytest.mark.parametrize("by", ["event", "question"])
def test_a_total_that_stripe_vouches_for_buys_the_seats(
    off: str | None,
    tax: Any,
    discount: int,
    added: int,
    total: int,
    by: str,
    purchase: Purchase,
    stripe: Sandbox,
    deliver: Deliver,
) -> None:
    pay(purchase, stripe, off=off, tax=tax)

    deliver("completed", purchase) if by == "event" else verify(purchase.session_id)

    payment = purchase.payment
    assert (payment.status, payment.problem) == (PaymentStatus.SUCCEEDED, "")
    assert (payment.amount, payment.amount_received) == (8400, total)
    assert (payment.amount_discount, payment.tax_added) == (discount, added)
    assert sum(booked.worth for booked in purchase.booking.booked_seats.current()) == total
    assert purchase.tickets == ["A-1", "A-2"]
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    "said",
    [
        {"amount_total": 7560},
        {"amount_total": 7560, "total_details": {"amount_discount": 800, "amount_tax": 0}},
        {"amount_total": 9996},
        {"amount_total": 9996, "total_details": {"amount_discount": 0, "amount_tax": 1500}},
        {
            "amount_total": 9000,
            "amount_subtotal": 9000,
            "total_details": {"amount_discount": 0, "amount_tax": 600},
        },
        {
            "amount_total": 8600,
            "total_details": {"amount_discount": 0, "amount_shipping": 200, "amount_tax": 0},
        },
        {"amount_total": 0, "amount_subtotal": 0, "total_details": {"amount_discount": 0, "amount_tax": 0}},
    ],
    ids=str,
)
def test_a_total_that_nothing_explains_is_still_a_mismatch(
    said: dict[str, Any], purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"] |= said

    deliver(event)

    payment = purchase.payment
    assert payment.problem == Problem.AMOUNT_MISMATCH
    assert payment.amount_received == said["amount_total"]
    assert (payment.amount_discount, payment.tax_added) == (0, 0)
    assert purchase.tickets == []


def test_a_tax_that_stripe_counts_out_of_the_subtotal_is_no_mismatch(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"] |= {
        "amount_subtotal": 7059,
        "total_details": {"amount_discount": 0, "amount_tax": 1341},
    }

    deliver(event)

    assert (purchase.payment.status, purchase.payment.tax_added) == (PaymentStatus.SUCCEEDED, 0)


def test_a_debit_says_its_reduced_total_while_the_bank_works_on_it(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    pay(purchase, stripe, off="10", method="us_bank_account", outcome="processing")
    deliver("completed", purchase)
    work("mail_notification")

    state = state_of(purchase)

    assert purchase.payment.status == PaymentStatus.PROCESSING
    assert state["booking"]["amount_total"] == 7560
    assert "your payment of €75.60" in str(mail.outbox[-1].body)


def test_late_money_with_a_discount_buys_other_seats_at_the_same_shares(
    released: Purchase, event: Event, stripe: Sandbox, deliver: Deliver
) -> None:
    sell(event, "A-1")
    stripe.pay(released.session_id, late=True)
    said = stripe.event("completed", released.session_id)
    said["data"]["object"] |= {
        "amount_total": 7561,
        "total_details": {"amount_discount": 839, "amount_tax": 0},
    }

    deliver(said)

    booked = released.booking.booked_seats.current().order_by("seat_id")
    assert released.payment.status == PaymentStatus.SUCCEEDED
    assert [one.worth for one in booked] == [3781, 3780]
    assert released.tickets == [one.seat.label for one in booked]
    release(event.bookings.exclude(pk=released.booking.pk).get())


# What the customer and staff read


@pytest.mark.parametrize(
    ("off", "tax", "sentence", "lines"),
    [
        ("10", None, "You paid €75.60, after a discount of €8.40.", ["€84.00", f"{MINUS}€8.40", "€75.60"]),
        (None, EXCLUSIVE, "You paid €99.96, including €15.96 of tax.", ["€84.00", "€15.96", "€99.96"]),
        (
            *("10", EXCLUSIVE, "You paid €89.96, after a discount of €8.40 and including €14.36 of tax."),
            ["€84.00", f"{MINUS}€8.40", "€14.36", "€89.96"],
        ),
        (
            "100",
            None,
            "There was nothing to pay. Your tickets are below.",
            ["€84.00", f"{MINUS}€84.00", "€0.00"],
        ),
    ],
)
def test_pages_and_mail_say_what_was_really_paid(
    off: str | None,
    tax: Any,
    sentence: str,
    lines: list[str],
    purchase: Purchase,
    stripe: Sandbox,
    deliver: Deliver,
    client: Client,
) -> None:
    pay(purchase, stripe, off=off, tax=tax)
    deliver("completed", purchase)
    work("mail_tickets")
    success = client.get("/payments/success/", {"session_id": purchase.session_id}).content.decode()
    booking = client.get(purchase.booking.get_absolute_url()).content.decode()
    sent = mail.outbox[-1]
    assert isinstance(sent, EmailMultiAlternatives)
    text, html = str(sent.body), str(sent.alternatives[0][0])

    state = state_of(purchase)

    assert sentence in state["message"]
    assert state["booking"]["amount_total"] == purchase.payment.amount_received
    for page in (success, booking):
        places = [page.index(f'<dd class="number">{line}</dd>') for line in lines]
        assert places == sorted(places)
    assert [line for line in lines if line not in text or line not in html] == []
    assert ("nothing to pay" in text, "nothing to pay" in html) == ((off == "100"),) * 2


def test_staff_see_what_stripe_changed_and_that_both_agree(cheaper: Purchase) -> None:
    verify(cheaper.session_id)
    staff = somebody_of("Finance")

    page = staff.get(f"{page_of(cheaper.payment)}").content.decode()
    compared = staff.get(f"/admin/payments/payment/{cheaper.payment.pk}/compare/").content.decode()

    assert "€84.00 requested, minus a discount of €8.40" in page
    assert "differs" not in compared
    assert "€8.40" in compared


def test_staff_find_it_by_what_was_paid(cheaper: Purchase) -> None:
    found = somebody_of("Box office").get("/admin/payments/payment/", {"q": "75.60"})

    assert list(found.context["cl"].queryset) == [cheaper.payment]


def test_the_balance_counts_what_was_paid_for_tickets(cheaper: Purchase) -> None:
    (balance,) = balances()

    assert (balance.received, balance.tickets, balance.kept) == (7560, 7560, 0)


# Money that goes back


def test_a_cancelled_ticket_brings_back_its_share_less_the_fee(cheaper: Purchase, client: Client) -> None:
    Event.objects.update(cancellable_until=timezone.now() + timedelta(days=9), cancellation_fee_percent=10)

    wish = {"seats": ["A-1"], "refund": 3402}
    client.post(f"/api/bookings/{cheaper.booking.reference}/cancel", wish, content_type="application/json")
    work("send_refund")

    sent = Refund.objects.get()
    assert (sent.amount, sent.fee, sent.status) == (3402, 378, RefundStatus.SUCCEEDED)
    assert cheaper.payment.status == PaymentStatus.PARTIALLY_REFUNDED


def test_staff_refund_what_chosen_tickets_were_paid_with(cheaper: Purchase) -> None:
    ticket = cheaper.booking.tickets.get(seat__label="A-2")

    page = press(
        somebody_of("Finance"),
        action_of(cheaper.payment, Action.REFUND),
        what="tickets",
        tickets=[ticket.pk],
        again="37.80",
    )

    assert told(page) == ["Sending the refund to Stripe."]
    assert Refund.objects.get().amount == 3780
    work("send_refund")
    assert tickets(cheaper)[1] == ("A-2", "void", StopReason.REFUNDED)


def test_the_whole_refund_is_all_that_was_paid(cheaper: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    refund(cheaper)
    work("send_refund")
    tell(stripe, deliver)

    assert (Refund.objects.get().amount, cheaper.payment.status) == (7560, PaymentStatus.REFUNDED)
    assert Seat.objects.free().count() == 20


# Nothing to pay


def test_a_free_booking_has_no_payment_intent_and_agrees_with_stripe(free: Purchase, stripe: Sandbox) -> None:
    payment = free.payment

    state, judgement = compare_with_stripe(payment)

    assert stripe.session(free.session_id)["payment_status"] == "no_payment_required"
    assert (payment.payment_intent_id, payment.amount_received) == (None, 0)
    assert (payment.stripe_state, state) == (StripeState.FREE, StripeState.FREE)
    assert (judgement.verdict, judgement.remedy) == ("in_sync", "none")


def test_a_charge_for_another_session_is_not_that_of_a_free_booking(
    free: Purchase, stripe: Sandbox, deliver: Deliver, buy: Buy
) -> None:
    other = buy("A-3")
    stripe.pay(other.session_id)
    charge = next(event for event in stripe.events() if event["type"] == "charge.succeeded")
    charge["data"]["object"]["metadata"] = {"payment": free.payment.reference}

    deliver(charge)

    assert free.payment.charge_id is None


def test_a_checkout_that_would_be_free_is_not_bought_before_it_is_sent(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.post(f"/sessions/{purchase.session_id}", {"coupon": stripe.coupon(percent_off="100")})
    verify(purchase.session_id)
    before = purchase.payment.status
    stripe.expire(purchase.session_id)

    deliver("expired", purchase)

    assert (before, purchase.payment.status) == (PaymentStatus.PENDING, PaymentStatus.EXPIRED)
    assert purchase.tickets == []


def test_cancelling_a_free_booking_frees_its_seats_without_any_money(
    free: Purchase, stripe: Sandbox, client: Client
) -> None:
    address = f"{free.booking.get_absolute_url()}cancel/"
    asked = client.get(address, {"seats": ["A-1", "A-2"]}).content.decode()

    client.post(address, {"seats": ["A-1", "A-2"], "refund": "0"})

    assert "You weren’t charged, so there’s nothing to refund." in asked
    assert (free.payment.status, free.booking.status) == (PaymentStatus.REFUNDED, BookingStatus.CANCELLED)
    assert [stopped for *_seat, stopped in tickets(free)] == [StopReason.REFUNDED] * 2
    assert Seat.objects.free().count() == 20
    assert "send_refund" not in work()
    assert stripe.objects("refund") == []
    assert compare_with_stripe(free.payment)[1].verdict == "in_sync"


def test_what_its_customer_reads_then_speaks_of_no_money_back(free: Purchase, client: Client) -> None:
    client.post(
        f"/api/bookings/{free.booking.reference}/cancel", {"refund": 0}, content_type="application/json"
    )
    work("mail_notification")

    state = state_of(free)
    booking = client.get(free.booking.get_absolute_url()).content.decode()
    success = client.get("/payments/success/", {"session_id": free.session_id}).content.decode()

    assert state["message"] == "Your booking is cancelled. Nothing was charged, so there’s nothing to refund."
    assert "Nothing was charged, so there’s nothing to refund" in booking
    assert " data-free" in success
    assert mail.outbox[-1].subject == "Booking cancelled: Demo Night"
    assert "Nothing was charged, so there’s nothing to refund." in str(mail.outbox[-1].body)


def test_one_free_ticket_is_cancelled_and_the_other_stays_valid(free: Purchase, client: Client) -> None:
    body = {"seats": ["A-1"], "refund": 0}

    for _time in range(2):
        client.post(f"/api/bookings/{free.booking.reference}/cancel", body, content_type="application/json")

    assert free.payment.status == PaymentStatus.SUCCEEDED
    assert tickets(free) == [("A-1", "void", StopReason.REFUNDED), ("A-2", "valid", "")]
    assert Refund.objects.count() == 1


def test_staff_cancel_a_free_booking(free: Purchase) -> None:
    page = press(somebody_of("Finance"), action_of(free.payment, Action.REFUND), what="all", again="0.00")

    assert told(page) == ["Tickets cancelled. Nothing was paid, so no money moves."]
    assert free.payment.status == PaymentStatus.REFUNDED
    assert Action.REFUND not in possible(free.payment)


def test_a_free_checkout_that_ends_after_the_event_buys_nothing_and_owes_nothing(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    pay(purchase, stripe, off="100")
    past = timezone.now() - timedelta(hours=1)
    Event.objects.update(
        starts_at=past - timedelta(hours=2),
        ends_at=past,
        sales_from=past - timedelta(days=9),
        sales_until=past,
    )

    deliver("completed", purchase)
    work("mail_notification")

    payment, state = purchase.payment, state_of(purchase)
    assert (payment.status, payment.problem) == (PaymentStatus.REFUNDED, Problem.PAID_AFTER_EVENT)
    assert payment.notifications.get().kind == NotificationKind.MONEY_BACK
    assert not Refund.objects.exists()
    assert state["message"] == (
        "Your checkout was completed, but the seats were no longer available. Nothing was charged."
    )
    assert mail.outbox[-1].subject == "Your booking failed: Demo Night"
    assert "goes back" not in str(mail.outbox[-1].body)
    assert Payment.objects.filter(next_check_at__isnull=False).count() == 0
