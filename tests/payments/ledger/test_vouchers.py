"""Vouchers and transfers: the session is complete, and its customer still has to pay."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from bookings.models import BookingStatus, Seat
from payments.models import Notification, Payment, PaymentStatus
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from tests.support.page_text import texts_of
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase
from tests.support.worker import work

METHODS = ["card", "us_bank_account", "sepa_debit", "multibanco", "customer_balance"]
SESSIONS = "GET /v1/checkout/sessions/"
ORDER = "We’re holding your seats."


@pytest.fixture
def purchase(stripe: Sandbox, buy: Any) -> Purchase:
    """A purchase in a shop that has switched on vouchers and transfers at Stripe."""
    stripe.post("/account", {"payment_methods": METHODS})
    return buy()


@pytest.fixture
def voucher(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """A purchase whose customer has chosen a voucher."""
    stripe.pay(purchase.session_id, method="multibanco")
    assert deliver("completed", purchase).json()["outcome"] == "applied"
    return purchase


def status(purchase: Purchase) -> Any:
    return Client().get("/api/payment-status", {"session_id": purchase.session_id}).json()


def intent_of(purchase: Purchase, stripe: Sandbox) -> Any:
    intent_id = stripe.session(purchase.session_id)["payment_intent"]
    (intent,) = [one for one in stripe.objects("payment_intent") if one["id"] == intent_id]
    return intent


def event_about(kind: str, stripe: Sandbox) -> Any:
    (event,) = [event for event in stripe.events() if event["type"] == kind]
    return event


def spelled(payment: Payment) -> str:
    assert payment.act_until is not None
    return date_format(timezone.localtime(payment.act_until), "DAY_TIME_WITH_ZONE")


def read(client: Client, address: str) -> str:
    return " ".join(texts_of(client.get(address).content.decode()))


def test_the_customer_is_told_what_to_do_and_until_when(voucher: Purchase, stripe: Sandbox) -> None:
    details = intent_of(voucher, stripe)["next_action"]["multibanco_display_details"]

    payment, told = voucher.payment, status(voucher)

    assert payment.status == PaymentStatus.PROCESSING
    assert payment.instructions_url == told["instructions_url"] == details["hosted_voucher_url"]
    assert payment.act_until is not None
    assert payment.act_until.timestamp() == details["expires_at"]
    until = spelled(payment)
    assert told["message"] == f"Please pay by {until}, as the instructions say. {ORDER}"
    assert (told["status"], told["is_processed"]) == ("processing", False)


def test_the_seats_are_held_for_longer_than_the_voucher_lasts(voucher: Purchase) -> None:
    payment = voucher.payment

    assert payment.act_until is not None
    assert payment.booking.held_until > payment.act_until
    assert Seat.objects.free().count() == 18


def test_every_page_leads_to_the_instructions(voucher: Purchase, client: Client) -> None:
    link, booking = voucher.payment.instructions_url, voucher.booking
    pages = [
        f"/payments/success/?session_id={voucher.session_id}",
        f"/payments/cancelled/?session_id={voucher.session_id}",
        f"/bookings/{booking.reference}/",
    ]

    for page in pages:
        assert f'href="{link}"' in client.get(page).content.decode()
        assert f"Please pay by {spelled(voucher.payment)}" in read(client, page)
        assert "while your bank moves the money" not in read(client, page)


def test_the_dashboard_waits_for_the_customer_and_not_for_the_bank(
    voucher: Purchase, client: Client, django_user_model: Any
) -> None:
    customer = django_user_model.objects.create_user("ada", "ada@example.com")
    type(voucher.booking).objects.update(customer=customer)
    client.force_login(customer, "customers.backends.MailedCodeBackend")

    page = client.get("/bookings/").content.decode()
    (entry,) = client.get("/api/bookings/sync").json()["bookings"]

    assert entry["instructions_url"] == voucher.payment.instructions_url
    assert f'href="{voucher.payment.instructions_url}"' in page
    assert "Payment needed" in page
    assert "This is taking longer than usual" not in page


def test_one_mail_says_it_and_carries_the_link(voucher: Purchase, deliver: Deliver, stripe: Sandbox) -> None:
    deliver(event_about("payment_intent.requires_action", stripe))

    work("mail_notification")

    (letter,) = mail.outbox
    assert isinstance(letter, EmailMultiAlternatives)
    html = str(letter.alternatives[0][0])
    assert letter.subject == "Please pay for your booking: Demo Night"
    for words in (voucher.payment.instructions_url, f"You have until {spelled(voucher.payment)}."):
        assert words in str(letter.body)
        assert words in html
    assert "Your bank is processing" not in str(letter.body)


def test_who_pays_again_is_shown_the_voucher_and_gets_no_second_session(
    voucher: Purchase, stripe: Sandbox
) -> None:
    answer = Client().post(f"/bookings/{voucher.booking.reference}/pay/")

    assert answer.headers["Location"] == f"/payments/success/?session_id={voucher.session_id}"
    assert len(stripe.sessions()) == 1


def test_a_voucher_that_is_out_cannot_be_cancelled_and_that_is_said(voucher: Purchase) -> None:
    answer = Client().post(f"/api/bookings/{voucher.booking.reference}/cancel", {}, "application/json")

    assert answer.status_code == 409
    assert "You already have the payment instructions" in answer.json()["error"]["message"]
    assert voucher.payment.status == PaymentStatus.PROCESSING


def test_a_voucher_that_is_paid_buys_the_seats(voucher: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.post(f"/sessions/{voucher.session_id}/settle", {"ok": True})

    deliver("async_payment_succeeded", voucher)

    assert voucher.tickets == ["A-1", "A-2"]
    assert status(voucher)["instructions_url"] is None


def test_a_voucher_that_nobody_pays_frees_the_seats_and_blames_no_bank(
    voucher: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.post("/clock", {"seconds": 8 * 24 * 3600})
    deliver("async_payment_failed", voucher)
    work("mail_notification")

    told = status(voucher)
    assert (told["status"], told["error_message"]) == ("failed", "It was not paid in time.")
    assert told["instructions_url"] is None
    assert voucher.booking.status == BookingStatus.RELEASED
    assert "€84.00 wasn’t paid in time." in str(mail.outbox[-1].body)
    assert "bank" not in str(mail.outbox[-1].body)


def test_once_the_time_to_pay_is_over_there_is_nothing_left_to_do(voucher: Purchase) -> None:
    before = Client().get("/api/payment-status", {"session_id": voucher.session_id}).headers["ETag"]
    end = voucher.payment.act_until
    assert end is not None

    with time_machine.travel(end + timedelta(seconds=1)):
        answer = Client().get("/api/payment-status", {"session_id": voucher.session_id})

    assert answer.json()["instructions_url"] is None
    assert answer.json()["message"].startswith(f"The time to pay ended on {spelled(voucher.payment)}.")
    assert answer.headers["ETag"] != before
    assert voucher.booking.status == BookingStatus.HELD


# What Stripe is asked


def test_without_stripe_the_event_is_settled_and_the_reconciler_asks_soon(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="multibanco")
    stripe.fault(f"{SESSIONS}*", "500_before", times=None)
    assert deliver("completed", purchase).json()["outcome"] == "applied"
    stripe.clear_faults()
    before, due = status(purchase), purchase.payment.next_check_at
    assert not Notification.objects.exists()

    reconcile(Run(rate=1_000))

    assert (before["status"], before["instructions_url"]) == ("processing", None)
    assert due is not None
    assert due <= timezone.now()
    assert status(purchase)["instructions_url"] == purchase.payment.instructions_url != ""
    work("mail_notification")
    assert [letter.subject for letter in mail.outbox] == ["Please pay for your booking: Demo Night"]


@pytest.mark.parametrize("first", ["completed", "requires_action"])
def test_the_events_may_come_in_either_order(
    first: str, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="multibanco")
    needed = event_about("payment_intent.requires_action", stripe)
    completed = stripe.event("completed", purchase.session_id)

    for event in [completed, needed] if first == "completed" else [needed, completed]:
        assert deliver(event).json()["outcome"] == "applied"

    assert purchase.payment.status == PaymentStatus.PROCESSING
    assert purchase.payment.instructions_url != ""


def test_3d_secure_in_an_open_session_is_no_voucher_and_asks_nothing(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, card="4000002760003184")

    deliver(event_about("payment_intent.requires_action", stripe))

    assert stripe.requests(SESSIONS) == []
    assert (purchase.payment.status, purchase.payment.instructions_url) == ("pending", "")


def test_a_paid_session_is_settled_without_asking(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)

    deliver("completed", purchase)

    assert stripe.requests(f"{SESSIONS}{purchase.session_id}") == []


def test_a_transfer_has_instructions_and_no_end(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="customer_balance")
    deliver("completed", purchase)
    stripe.post(f"/sessions/{purchase.session_id}/fund", {"amount": 1000})

    assert deliver(event_about("payment_intent.partially_funded", stripe)).status_code == 200

    told = status(purchase)
    assert told["instructions_url"] == purchase.payment.instructions_url != ""
    assert (purchase.payment.act_until, told["message"]) == (
        None,
        f"Please follow the payment instructions. {ORDER}",
    )


def test_a_debit_has_no_instructions(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.pay(purchase.session_id, method="sepa_debit", outcome="processing")
    deliver("completed", purchase)

    assert status(purchase)["instructions_url"] is None
    assert status(purchase)["message"] == f"Your bank is processing the payment. {ORDER}"
