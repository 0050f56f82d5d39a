import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bookings.cancellation import Policy
from bookings.models import Booking, BookingStatus, Event, Seat, StopReason, TicketStatus
from bookings.money import increment
from payments.fsck import inspect
from payments.fsck.ledger import balances
from payments.ledger.refund_sending import send
from payments.ledger.refunds import NotRefundable, request_refund
from payments.models import Cause, Notification, NotificationKind, Origin, PaymentStatus, Refund, RefundStatus
from payments.staff.timeline import timeline
from payments.web.throttles import ActionThrottle
from tests.support.accounts import sign_in
from tests.support.page_text import texts_of
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.threads import at_once
from tests.support.worker import work

FAILING_CARD = "4000000000005126"
TIMES = ("starts_at", "ends_at", "sales_from", "sales_until", "member_sales_from")


@shared
def paid(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid: 84.00."""
    make_event()
    return box_office.sell()


@pytest.fixture(autouse=True)
def _policy(event: Event) -> None:
    """A fee of 10 % and 0.50 for seats given back until a week before."""
    allow(cancellable_until=event.starts_at - timedelta(days=7))


def allow(**policy: Any) -> None:
    Event.objects.update(**{"cancellation_fee_percent": 10, "cancellation_fee": 50, **policy})


def page(purchase: Purchase) -> str:
    return reverse("payments:cancel", args=[purchase.booking.reference])


def give_back(client: Client, purchase: Purchase, *seats: str, **more: Any) -> Any:
    return client.post(page(purchase), {"seats": seats, **more})


def cancel(client: Client, purchase: Purchase, body: Any = None) -> Any:
    url = reverse("payments:api-cancel", args=[purchase.booking.reference])
    return client.post(url, body or {}, content_type="application/json")


def tickets(purchase: Purchase) -> dict[str, str]:
    found = purchase.booking.tickets.order_by("pk")
    return dict(found.values_list("seat__label", "stopped_for"))


def read_page(client: Client, url: str) -> str:
    """Return all that the page says, in one line."""
    return " ".join(" ".join(texts_of(client.get(url).content.decode())).split())


def notified(purchase: Purchase) -> list[str]:
    return list(Notification.objects.filter(payment=purchase.payment).values_list("kind", flat=True))


# What it costs


@pytest.mark.parametrize(
    ("percent", "fixed", "currency", "price", "fee"),
    [
        (0, 0, "eur", 4200, 0),
        (10, 50, "eur", 4200, 470),
        (15, 0, "eur", 1010, 152),  # 151.5
        (5, 0, "eur", 1010, 51),  # 50.5
        (5, 0, "eur", 1009, 50),  # 50.45
        (10, 0, "jpy", 4205, 421),  # 420.5: yen have no smaller part
        (10, 0, "isk", 450000, 45000),
        (10, 0, "isk", 450500, 45100),  # 450.50 crowns: whole ones only
        (10, 0, "kwd", 12340, 1230),  # 1.234 dinars: Stripe takes no third digit
        (10, 0, "kwd", 12350, 1240),
        (100, 0, "eur", 4200, 4200),
        (50, 9900, "eur", 4200, 4200),
    ],
)
def test_a_fee_is_rounded_half_up_to_what_can_be_paid(
    percent: int, fixed: int, currency: str, price: int, fee: int
) -> None:
    assert Policy(until=None, percent=percent, fixed=fixed, currency=currency).fee(price) == fee


@given(
    percent=st.integers(0, 100),
    steps=st.integers(0, 5_000),
    price_steps=st.integers(1, 200_000),
    currency=st.sampled_from(["eur", "jpy", "isk", "kwd"]),
)
def test_fee_and_refund_make_up_the_price(percent: int, steps: int, price_steps: int, currency: str) -> None:
    unit = increment(currency)
    price, fixed = price_steps * unit, steps * unit
    policy = Policy(until=None, percent=percent, fixed=fixed, currency=currency)
    fee = policy.fee(price)
    offer = policy.offer("A-1", price)

    assert 0 <= fee <= price
    assert fee % unit == 0
    assert fee == price or abs(fee * 100 - price * percent - fixed * 100) * 2 <= 100 * unit
    assert fee <= policy.fee(price + unit)
    if fee < price:
        assert offer is not None
        assert (offer.refund > 0, offer.fee + offer.refund) == (True, price)
    else:
        assert offer is None


def test_cancelling_ends_before_the_event_begins(event: Event) -> None:
    with pytest.raises(IntegrityError):
        Event.objects.update(cancellable_until=event.starts_at + timedelta(seconds=1))


def test_a_fee_is_no_more_than_all(event: Event) -> None:
    with pytest.raises(IntegrityError):
        Event.objects.update(cancellation_fee_percent=101)


def test_the_organiser_is_told_what_is_wrong_with_a_policy(event: Event) -> None:
    event.cancellable_until = event.starts_at + timedelta(hours=1)
    event.cancellation_fee_percent = 101
    with pytest.raises(ValidationError) as error:
        event.full_clean()
    assert error.value.messages == [
        "Ensure this value is less than or equal to 100.",
        "The cancellation deadline must be before the event starts.",
    ]


def test_a_fixed_fee_must_be_payable_in_the_currency(event: Event) -> None:
    event.currency, event.cancellation_fee = "isk", 150
    with pytest.raises(ValidationError) as error:
        event.full_clean()
    assert error.value.message_dict == {"cancellation_fee": ["This can't be paid in ISK."]}


def test_who_is_about_to_buy_reads_what_cancelling_would_cost(client: Client, event: Event) -> None:
    page = read_page(client, event.get_absolute_url())
    assert "for a refund, minus a 10% fee and €0.50 per ticket." in page

    allow(cancellable_until=None)
    assert "Tickets can’t be cancelled or refunded." in read_page(client, event.get_absolute_url())


def test_organisers_set_the_policy_in_the_admin(client: Client, event: Event) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    url = reverse("admin:bookings_event_change", args=[event.pk])
    form = client.get(url).context["adminform"].form
    filled = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    starts_at = timezone.localtime(event.starts_at)

    def save(until: datetime, percent: int) -> Any:
        times = {f"{name}_0": f"{filled[name]:%Y-%m-%d}" for name in TIMES if filled[name]}
        times |= {f"{name}_1": f"{filled[name]:%H:%M:%S}" for name in TIMES if filled[name]}
        times |= {"cancellable_until_0": f"{until:%Y-%m-%d}", "cancellable_until_1": f"{until:%H:%M:%S}"}
        return client.post(url, {**filled, **times, "cancellation_fee_percent": percent})

    assert (
        b"The cancellation deadline must be before the event starts."
        in save(starts_at + timedelta(hours=1), 20).content
    )
    assert save(starts_at - timedelta(days=1), 20).status_code == 302
    event.refresh_from_db()
    assert (event.cancellation_fee_percent, event.cancellation_fee) == (20, 50)
    assert event.cancellable_until == starts_at.replace(microsecond=0) - timedelta(days=1)


# Seats that are paid


def test_a_seat_given_back_is_refunded_less_the_fee(client: Client, paid: Purchase, stripe: Sandbox) -> None:
    answer = give_back(client, paid, "A-1", refund="3730")

    assert (answer.status_code, answer.url) == (302, paid.booking.get_absolute_url())
    assert tickets(paid) == {"A-1": StopReason.REFUND_ASKED, "A-2": ""}
    refund = Refund.objects.get()
    assert (refund.origin, refund.amount, refund.fee) == (Origin.CUSTOMER, 3730, 470)
    assert paid.payment.status == PaymentStatus.SUCCEEDED

    work("send_refund")

    assert stripe.objects("refund")[0]["amount"] == 3730
    assert tickets(paid) == {"A-1": StopReason.REFUNDED, "A-2": ""}
    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert Seat.objects.get(label="A-1").booking is None
    assert inspect() == []


def test_a_whole_booking_given_back_is_cancelled_and_accounted_for(client: Client, paid: Purchase) -> None:
    give_back(client, paid, "A-1", "A-2", refund="7460")
    assert paid.payment.status == PaymentStatus.REFUND_DUE
    assert "€74.60 of your €84.00 is on its way back to you. The cancellation fee was €9.40" in read_page(
        client, paid.booking.get_absolute_url()
    )

    work("send_refund")

    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert paid.booking.status == BookingStatus.CANCELLED
    assert Seat.objects.free().count() == 20
    state = client.get(f"/api/payment-status?session_id={paid.session_id}").json()
    assert state["message"] == (
        "€74.60 of your €84.00 was refunded. The cancellation fee was €9.40. The tickets are no longer valid."
    )
    assert inspect() == []


def test_seats_given_back_one_after_another_come_to_the_same(client: Client, paid: Purchase) -> None:
    for seat in ("A-1", "A-2"):
        give_back(client, paid, seat)
        work("send_refund")

    assert [(refund.amount, refund.fee) for refund in Refund.objects.all()] == [(3730, 470)] * 2
    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert paid.booking.status == BookingStatus.CANCELLED
    assert inspect() == []


def test_what_was_sent_already_is_told_apart_from_what_is_on_its_way(client: Client, paid: Purchase) -> None:
    give_back(client, paid, "A-1")
    work("send_refund")
    give_back(client, paid, "A-2")

    state = client.get(f"/api/payment-status?session_id={paid.session_id}").json()
    assert (state["status"], state["message"]) == (
        "refund_due",
        "€37.30 of your €84.00 was refunded. €37.30 is on its way back to you. The cancellation fee was "
        "€9.40. The tickets are no longer valid.",
    )


def test_without_a_fee_all_goes_back(client: Client, paid: Purchase) -> None:
    allow(cancellation_fee_percent=0, cancellation_fee=0)

    assert cancel(client, paid).status_code == 200
    work("send_refund")

    assert paid.payment.status == PaymentStatus.REFUNDED
    assert Refund.objects.get().fee == 0


def test_the_customer_is_told_by_mail_what_went_back_and_what_was_kept(
    client: Client, paid: Purchase
) -> None:
    give_back(client, paid, "A-1")
    work("send_refund", "mail_notification")

    assert notified(paid) == [NotificationKind.REFUNDED]
    (letter,) = mail.outbox
    assert letter.to == ["ada@example.com"]
    assert "€37.30 of your €84.00 was refunded." in letter.body
    assert "The cancellation fee was €4.70." in letter.body
    assert "The ticket for seat A-1 is no longer valid" in letter.body


def all_say(client: Client, purchase: Purchase, *sentences: str) -> None:
    """Assert that the booking's page, its customer's list, the API and a new mail say the same."""
    text = " ".join(sentences)
    work("mail_notification")
    assert client.get(f"/api/payment-status?session_id={purchase.session_id}").json()["message"] == text
    assert text in read_page(client, purchase.booking.get_absolute_url())
    assert text in read_page(client, reverse("payments:bookings"))
    assert text in " ".join(str(mail.outbox[-1].body).split())


ONE_OF_TWO = "€37.30 of your €84.00 was refunded.", "The cancellation fee was €4.70."
BOTH = "€74.60 of your €84.00 was refunded.", "The cancellation fee was €9.40."
OVER = "The tickets are no longer valid."


def test_page_list_and_mail_say_the_same_of_what_went_back(client: Client, paid: Purchase) -> None:
    Booking.objects.update(customer=sign_in(client, "ada@example.com"))

    give_back(client, paid, "A-1")
    work("send_refund")
    all_say(client, paid, *ONE_OF_TWO)

    give_back(client, paid, "A-2")
    work("send_refund")
    all_say(client, paid, *BOTH, OVER)

    body = " ".join(str(mail.outbox[-1].body).split())
    assert "still valid" not in body
    assert body.count(OVER) == 1


def test_a_page_shows_what_each_seat_would_bring_and_then_asks_once_more(
    client: Client, paid: Purchase
) -> None:
    choice = read_page(client, page(paid))
    sure = read_page(client, f"{page(paid)}?seats=A-1&seats=A-2")

    assert "A-1 €37.30 back minus a €4.70 fee A-2 €37.30 back minus a €4.70 fee" in choice
    assert "You’ll get back €74.60 Cancellation fee €9.40" in sure
    assert not Refund.objects.exists()


def test_an_old_page_does_not_ask_about_another_seat_than_it_named(client: Client, paid: Purchase) -> None:
    give_back(client, paid, "A-1")

    assert "Which seats do you want to cancel?" in read_page(client, f"{page(paid)}?seats=A-1")
    assert "Cancel 1 ticket" in read_page(client, page(paid))


def test_nothing_is_given_back_that_was_not_chosen(client: Client, paid: Purchase) -> None:
    answer = give_back(client, paid)

    assert answer.status_code == 400
    assert "Choose at least one seat to cancel." in answer.content.decode()
    assert not Refund.objects.exists()


def test_what_changed_since_the_customer_looked_is_shown_first(client: Client, paid: Purchase) -> None:
    allow(cancellation_fee=1000)

    answer = give_back(client, paid, "A-1", refund="3730")

    assert answer.status_code == 409
    assert "Your refund has changed since you opened this page." in answer.content.decode()
    assert "€27.80" in answer.content.decode()
    assert not Refund.objects.exists()


@pytest.mark.parametrize("seen", ["all", "-1", "3730.0", "9" * 16, "٣٧٣٠"])
def test_what_is_no_amount_was_not_seen(client: Client, paid: Purchase, seen: str) -> None:
    answer = give_back(client, paid, "A-1", refund=seen)

    assert answer.status_code == 400
    assert "Your refund has changed since you opened this page." in answer.content.decode()
    assert not Refund.objects.exists()


def test_a_policy_that_changes_leaves_earlier_cancellations_as_they_were(
    client: Client, paid: Purchase
) -> None:
    give_back(client, paid, "A-1")
    allow(cancellation_fee_percent=0, cancellation_fee=0)
    give_back(client, paid, "A-2")

    assert [(refund.amount, refund.fee) for refund in Refund.objects.all()] == [(3730, 470), (4200, 0)]
    assert inspect() == []


@pytest.mark.parametrize("size", [4200, 5000])
def test_a_seat_that_the_fee_would_eat_is_not_offered(client: Client, paid: Purchase, size: int) -> None:
    allow(cancellation_fee=size)

    answer = cancel(client, paid, {"seats": ["A-1"]})

    assert answer.status_code == 409
    assert answer.json()["error"] == {
        "code": "not_cancellable",
        "message": "The cancellation fee is as high as the price, so there’s nothing to get back.",
    }
    assert tickets(paid) == {"A-1": "", "A-2": ""}


def test_of_a_booking_only_the_seats_worth_it_go_back(
    client: Client, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    purchase = buy("A-1", "B-1")
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    allow(cancellation_fee_percent=0, cancellation_fee=3200)

    assert "the cancellation fee is as high as the price" in read_page(client, page(purchase))
    refused = cancel(client, purchase, {"seats": ["A-1", "B-1"]})
    assert "For B-1, the cancellation fee is as high as the price" in refused.json()["error"]["message"]
    assert cancel(client, purchase).status_code == 200

    assert tickets(purchase) == {"A-1": StopReason.REFUND_ASKED, "B-1": ""}
    assert Refund.objects.get().amount == 1000


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ({"cancellable_until": None}, "Tickets for this event can’t be cancelled."),
        ({"cancellable_until": timezone.now() - timedelta(hours=1)}, "You could cancel until"),
    ],
)
def test_too_late_or_never_is_said(client: Client, paid: Purchase, policy: dict[str, Any], why: str) -> None:
    allow(**policy)

    answer = cancel(client, paid)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_cancellable")
    assert answer.json()["error"]["message"].startswith(why)
    assert why in read_page(client, page(paid))
    assert why in read_page(client, paid.booking.get_absolute_url())
    assert not Refund.objects.exists()


def test_once_the_event_has_begun_nothing_is_given_back(client: Client, paid: Purchase) -> None:
    now = timezone.now()
    allow(starts_at=now - timedelta(minutes=1), cancellable_until=now - timedelta(minutes=1))

    assert cancel(client, paid).json()["error"]["message"] == (
        "The event has begun, so its tickets can no longer be cancelled."
    )


def test_a_disputed_payment_is_the_banks_to_decide(
    client: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.dispute(paid.session_id)
    for event in stripe.events():
        if event["type"].startswith("charge.dispute"):
            deliver(event)

    answer = cancel(client, paid)

    assert answer.json()["error"]["message"] == (
        "The payment is disputed, and your bank decides about the money."
    )
    assert not Refund.objects.exists()


def test_what_staff_refunded_cannot_be_given_back_again(client: Client, paid: Purchase) -> None:
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
    work("send_refund")

    answer = cancel(client, paid)

    assert (answer.status_code, answer.json()["error"]["message"]) == (
        409,
        "None of these tickets is valid any more, so there’s nothing to cancel.",
    )


def test_money_that_went_back_for_no_ticket_leaves_the_rest_to_the_box_office(
    client: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    """It may have been for one of two equal seats: giving back the other would take both tickets."""
    stripe.refund(paid.session_id, 4200)
    for event in stripe.events():
        if event["type"] == "refund.created":
            deliver(event)

    answer = cancel(client, paid, {"seats": ["A-1"]})

    assert answer.json()["error"]["message"] == (
        "Part of your money was already refunded in another way. Please ask the box office."
    )
    assert tickets(paid) == {"A-1": "", "A-2": ""}


def test_seats_got_in_the_place_of_others_can_be_given_back(
    client: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver, buy: Buy
) -> None:
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)
    buy("A-1")
    stripe.pay(purchase.session_id, late=True)
    deliver("completed", purchase)
    first, second = sorted(tickets(purchase))

    assert cancel(client, purchase, {"seats": ["A-1"]}).status_code == 409
    give_back(client, purchase, first)

    assert tickets(purchase) == {first: StopReason.REFUND_ASKED, second: ""}
    assert Refund.objects.get().amount == 3730


@pytest.mark.parametrize("seats", [["A-99"], ["A-1", "nonsense"], ["B-1"]])
def test_a_seat_of_somebody_else_is_refused(client: Client, paid: Purchase, seats: list[str]) -> None:
    answer = cancel(client, paid, {"seats": seats})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_cancellable")
    assert "has no valid ticket for" in answer.json()["error"]["message"]
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    "body", [{"seats": []}, {"seats": "A-1"}, {"seats": [["A-1"]]}, {"refund": -1}, {"refund": "x"}, [1]]
)
def test_what_makes_no_sense_is_refused(client: Client, paid: Purchase, body: Any) -> None:
    answer = cancel(client, paid, body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")
    assert not Refund.objects.exists()


@pytest.mark.parametrize("reference", ["A" * 26, "short", "%00"])
def test_an_unknown_booking_is_said_to_be_so(client: Client, db: None, reference: str) -> None:
    answer = client.post(f"/api/bookings/{reference}/cancel", {}, content_type="application/json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_booking")
    assert client.get(f"/bookings/{'A' * 26}/cancel/").status_code == 404


def test_a_repeat_changes_nothing_and_answers_the_same(client: Client, paid: Purchase) -> None:
    first = cancel(client, paid, {"seats": ["A-1"]})
    again = cancel(client, paid, {"seats": ["A-1"]})

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert first.json()["actions"]["cancel"]["seats"] == [{"seat": "A-2", "fee": 470, "refund": 3730}]
    assert Refund.objects.count() == 1

    assert cancel(client, paid).status_code == 200
    assert cancel(client, paid).status_code == 200
    assert Refund.objects.count() == 2


def test_a_seat_already_given_back_is_passed_over(client: Client, paid: Purchase) -> None:
    give_back(client, paid, "A-1")

    assert give_back(client, paid, "A-1", "A-2").status_code == 302
    assert [list(r.tickets.values_list("seat__label", flat=True)) for r in Refund.objects.all()] == [
        ["A-1"],
        ["A-2"],
    ]


# When Stripe says no


def test_a_refused_refund_makes_the_tickets_valid_again_and_says_so(
    client: Client, paid: Purchase, stripe: Sandbox
) -> None:
    stripe.post("/balance", {"short": "refuse"})
    give_back(client, paid, "A-1")
    work("send_refund", "mail_notification")

    assert Refund.objects.get().status == RefundStatus.REFUSED
    assert tickets(paid) == {"A-1": "", "A-2": ""}
    assert notified(paid) == [NotificationKind.NOT_CANCELLED]
    assert "The ticket for seat A-1 is valid again" in mail.outbox[0].body

    stripe.post("/balance", {"short": False})
    give_back(client, paid, "A-1")
    work("send_refund")

    assert tickets(paid) == {"A-1": StopReason.REFUNDED, "A-2": ""}
    assert not Refund.objects.broken().exists()
    assert inspect() == []


def test_who_was_refused_because_of_a_dispute_is_not_told_that_the_tickets_are_valid(
    client: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    give_back(client, paid, "A-1")
    stripe.dispute(paid.session_id)
    deliver(next(e for e in stripe.events() if e["type"] == "charge.dispute.created"))
    work("send_refund", "mail_notification")

    assert tickets(paid) == {"A-1": StopReason.DISPUTED, "A-2": StopReason.DISPUTED}
    _on_hold, letter = mail.outbox
    assert letter.subject == "Your cancellation failed: Demo Night"
    assert "the payment provider rejected our refund of €37.30. You haven’t been refunded." in letter.body
    assert "The tickets are on hold until the bank has decided." in letter.body
    assert "valid again" not in letter.body
    assert inspect() == []


def test_a_refusal_that_was_overtaken_by_another_try_is_not_mailed(
    client: Client, paid: Purchase, stripe: Sandbox
) -> None:
    stripe.post("/balance", {"short": "refuse"})
    give_back(client, paid, "A-1")
    work("send_refund")
    stripe.post("/balance", {"short": False})
    give_back(client, paid, "A-1")
    work("send_refund", "mail_notification")

    assert [letter.subject for letter in mail.outbox] == ["Refund of €37.30: Demo Night"]


def test_staff_who_send_the_rest_leave_the_tickets_to_the_cancellation(
    client: Client, paid: Purchase, stripe: Sandbox
) -> None:
    """Else a small refund that Stripe takes could void what a large one, which it refuses, was for."""
    give_back(client, paid, "A-1", "A-2")
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
    own, rest = Refund.objects.order_by("pk")
    stripe.post("/balance", {"short": "refuse"})
    send(own.pk)
    stripe.post("/balance", {"short": False})
    send(rest.pk)

    assert (rest.amount, rest.tickets.count()) == (940, 0)
    assert tickets(paid) == {"A-1": "", "A-2": ""}

    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF, replaces=own)
    work("send_refund")

    assert tickets(paid) == {"A-1": StopReason.REFUNDED, "A-2": StopReason.REFUNDED}
    assert paid.payment.status == PaymentStatus.REFUNDED
    assert inspect() == []


def test_staff_who_make_it_again_keep_the_same_fee(client: Client, paid: Purchase, stripe: Sandbox) -> None:
    stripe.post("/balance", {"short": "refuse"})
    give_back(client, paid, "A-1", "A-2")
    work("send_refund")
    stripe.post("/balance", {"short": False})

    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF, replaces=Refund.objects.get())
    work("send_refund")

    assert [(r.origin, r.amount, r.fee) for r in Refund.objects.all()] == [
        (Origin.CUSTOMER, 7460, 940),
        (Origin.STAFF, 7460, 940),
    ]
    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert cancel(client, paid).status_code == 200
    assert inspect() == []


def test_a_refund_that_fails_at_the_bank_is_owed_and_said_to_be(
    client: Client, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    purchase = buy()
    stripe.pay(purchase.session_id, card=FAILING_CARD)
    deliver("completed", purchase)
    give_back(client, purchase, "A-1", "A-2")
    work("send_refund")
    stripe.settle_refund(stripe.objects("refund")[0]["id"], "failed")
    for event in stripe.events():
        if event["type"].startswith("refund."):
            deliver(event)

    assert purchase.payment.status == PaymentStatus.REFUND_DUE
    assert "Your refund of €74.60 hasn’t worked yet." in read_page(
        client, purchase.booking.get_absolute_url()
    )


# For staff


def test_a_fee_that_does_not_add_up_is_found(client: Client, paid: Purchase) -> None:
    give_back(client, paid, "A-1")
    Refund.objects.update(fee=469)

    (finding,) = inspect()
    assert finding.rule == "fee_that_does_not_add_up"
    assert "refunds 3730 and keeps 469 of tickets that cost 4200" in finding.words


def test_the_books_say_what_was_kept_in_fees(client: Client, paid: Purchase) -> None:
    give_back(client, paid, "A-1", "A-2")

    (balance,) = balances()
    assert str(balance) == (
        "€84.00 in = €0.00 for valid tickets + €0.00 refunded + €74.60 being refunded + €0.00 disputed"
        " + €9.40 kept (€9.40 in cancellation fees)"
    )


def test_staff_read_that_it_was_the_customer_and_what_was_kept(client: Client, paid: Purchase) -> None:
    give_back(client, paid, "A-1")
    work("send_refund")

    told = [(entry.words, entry.detail) for entry in timeline(paid.payment)]
    assert ("Refund of €37.30 requested.", "The customer, minus a fee of €4.70") in told
    assert ("Succeeded → Partially refunded", "Refund requested or answered") in told


# What isn't paid yet


def test_an_unpaid_booking_is_closed_at_stripe_and_its_seats_are_free(
    client: Client, purchase: Purchase, stripe: Sandbox
) -> None:
    assert "You haven’t been charged" in read_page(client, page(purchase))

    assert client.post(page(purchase)).status_code == 302

    assert stripe.session(purchase.session_id)["status"] == "expired"
    assert purchase.payment.status == PaymentStatus.EXPIRED
    assert purchase.booking.status == BookingStatus.CANCELLED
    assert Seat.objects.free().count() == 20
    assert cancel(client, purchase).status_code == 200


def test_an_unpaid_booking_is_cancelled_as_a_whole(client: Client, purchase: Purchase) -> None:
    refused = cancel(client, purchase, {"seats": ["A-1"]})
    assert refused.json()["error"]["message"] == (
        "Before you’ve paid, you can only cancel the whole booking."
    )

    assert cancel(client, purchase, {"seats": ["A-1", "A-2"]}).status_code == 200
    assert purchase.booking.status == BookingStatus.CANCELLED


def test_without_stripe_an_unpaid_booking_stays_held(
    client: Client, purchase: Purchase, stripe: Sandbox
) -> None:
    stripe.fault("POST /v1/checkout/sessions/*", "500_before", times=None)

    answer = cancel(client, purchase)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stripe_unavailable")
    assert client.post(page(purchase)).status_code == 503
    assert purchase.booking.status == BookingStatus.HELD
    for url in (page(purchase), purchase.booking.get_absolute_url()):
        assert "so nothing is cancelled so far." in read_page(client, url)


def test_what_was_paid_meanwhile_is_not_cancelled_by_who_meant_the_unpaid(
    client: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    """The page showed a booking that costs nothing to cancel; by now it would cost the fee."""
    stripe.pay(purchase.session_id)
    refused = cancel(client, purchase)
    assert refused.status_code == 409
    assert "You had already paid, so nothing was cancelled." in refused.json()["error"]["message"]

    deliver("completed", purchase)
    url = reverse("payments:api-cancel", args=[purchase.booking.reference]) + "?refund=0"
    assert client.post(url, {}, content_type="application/json").status_code == 409
    assert client.post(page(purchase)).status_code == 400
    assert tickets(purchase) == {"A-1": "", "A-2": ""}


def test_what_is_paid_while_its_cancellation_arrives_is_not_cancelled(
    client: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    """The booking is read as held; then the event comes, and the payment is read as paid."""
    stripe.pay(purchase.session_id)
    shown = client.get(page(purchase)).content.decode()
    sent = dict(re.findall(r'name="(refund)" value="(\d*)"', shown))
    on_its_way = [stripe.event("completed", purchase.session_id)]

    def interrupt(execute: Any, sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        if 'FROM "bookings_booking"' in sql and on_its_way:
            deliver(on_its_way.pop())
        return found

    with connection.execute_wrapper(interrupt):
        answer = client.post(page(purchase), sent)

    assert answer.status_code == 409
    assert "Your refund has changed since you opened this page." in answer.content.decode()
    assert tickets(purchase) == {"A-1": "", "A-2": ""}


def test_a_payment_that_the_bank_works_on_cannot_be_cancelled(
    client: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")
    deliver("completed", purchase)

    answer = cancel(client, purchase)

    assert answer.status_code == 409
    assert "You can cancel once your bank has decided." in answer.json()["error"]["message"]
    assert purchase.booking.status == BookingStatus.HELD


def test_what_ended_by_itself_has_nothing_to_cancel(
    client: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)

    assert cancel(client, purchase).json()["error"]["message"] == (
        "This booking has already ended. Nothing was charged."
    )
    assert "There’s nothing left to cancel." in read_page(client, page(purchase))


def test_the_page_forbids_other_sites_to_cancel(paid: Purchase) -> None:
    stranger = Client(enforce_csrf_checks=True)

    assert stranger.post(page(paid), {"seats": ["A-1"]}).status_code == 403
    assert not Refund.objects.exists()


def test_whoever_cancels_very_often_is_asked_to_wait(
    client: Client, paid: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ActionThrottle, "rate", "1/min", raising=False)
    assert give_back(client, paid).status_code == 400
    answer = give_back(client, paid, "A-1")
    assert cancel(client, paid).status_code == 429

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert not Refund.objects.exists()


# At once


@pytest.mark.django_db(transaction=True)
def test_two_tabs_cancel_once(paid: Purchase) -> None:
    answers = at_once(lambda _n: cancel(Client(), paid).status_code, 4)

    assert answers == [200] * 4
    refund = Refund.objects.get()
    assert (refund.amount, refund.fee) == (7460, 940)


@pytest.mark.django_db(transaction=True)
def test_customer_and_staff_at_once_refund_once(paid: Purchase) -> None:
    def action(number: int) -> Any:
        if number % 2:
            return cancel(Client(), paid).status_code
        try:
            return request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
        except NotRefundable:
            return None

    at_once(action, 4)
    work("send_refund")

    sent = sum(Refund.objects.accepted().values_list("amount", flat=True))
    assert sent in (7460, 8400)  # Staff may send back the fee after it was kept.
    assert not paid.booking.tickets.exclude(status=TicketStatus.VOID).exists()
    assert inspect() == []


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_and_the_payments_event_at_once_agree(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)

    def action(number: int) -> Any:
        return (
            cancel(Client(), purchase).status_code if number else deliver("completed", purchase).status_code
        )

    delivered, cancelled = at_once(action, 2)

    assert delivered == 200
    asked = Refund.objects.count()
    assert (cancelled, asked) in [(409, 0), (200, 1)]
    assert purchase.booking.status == BookingStatus.CONFIRMED
    assert inspect() == []
