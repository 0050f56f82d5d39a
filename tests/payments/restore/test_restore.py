"""
The database goes back to an earlier moment, and Stripe doesn't.

Here a savepoint is the backup. ``test_drill`` makes a real one, with the scripts of ``deploy/backup/``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from bookings.models import BookingStatus, Event, Seat, Ticket
from payments.fsck import inspect
from payments.ledger.refunds import request_refund
from payments.models import (
    BulkRun,
    Cause,
    LostOutcome,
    LostSession,
    Origin,
    Outcome,
    Payment,
    PaymentStatus,
    Problem,
    Refund,
    RefundStatus,
    Restore,
    StripeEvent,
    StripeState,
    Subscription,
    shop_id,
)
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from tests.support.members import Member, make_plan
from tests.support.sandbox import Sandbox
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.staff import make_user, somebody_of
from tests.support.turns import refund, sell
from tests.support.worker import work


def make_account(email: str) -> User:
    user = User.objects.create_user(email, email)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


WISH = {"event": "demo-night", "seats": ["B-1"], "name": "Bob", "email": "bob@example.com"}


def run() -> Run:
    return reconcile(Run(rate=1_000))


@contextmanager
def after_the_backup() -> Iterator[None]:
    """Lose what is done in this block, and close sales, as after a restore."""
    run()
    shop_id()  # As in the backup of any shop that has sold something.
    backup = transaction.savepoint()
    yield
    transaction.savepoint_rollback(backup)
    call_command("restored", "begin", stdout=StringIO())


def restored(*words: str) -> str:
    out = StringIO()
    call_command("restored", *words, rate=1_000, stdout=out)
    return out.getvalue()


@pytest.fixture
def lost(event: Event, box_office: BoxOffice) -> Purchase:
    """A purchase of A-1 and A-2 that was paid after the backup."""
    with after_the_backup():
        purchase = box_office.sell()
        purchase.answer["codes"] = {
            ticket.seat.label: ticket.code for ticket in purchase.booking.tickets.select_related("seat")
        }
        purchase.answer["payment"] = purchase.payment.reference
    return purchase


def books_agree(stripe: Sandbox) -> bool:
    """Whether our rows say of every payment intent what Stripe has received for it, and sent back."""
    sent: dict[str, int] = {}
    for one in stripe.objects("refund"):
        if one["status"] in ("succeeded", "pending"):
            sent[one["payment_intent"]] = sent.get(one["payment_intent"], 0) + one["amount"]
    theirs = {
        intent["id"]: (intent["amount_received"], sent.get(intent["id"], 0))
        for intent in stripe.objects("payment_intent")
        if intent["amount_received"]
    }
    ours = {
        str(payment.payment_intent_id): (payment.amount_received, payment.refunds.accepted().total())
        for payment in Payment.objects.paid()
    }
    return ours == theirs


# What was bought since


def test_a_lost_purchase_is_made_again_under_the_same_addresses(
    lost: Purchase, client: Client, stripe: Sandbox
) -> None:
    assert client.get(f"/bookings/{lost.answer['booking']}/").status_code == 404

    restored("rebuild")

    payment = lost.payment
    assert (payment.status, payment.reference) == ("succeeded", lost.answer["payment"])
    assert payment.booking.reference == lost.answer["booking"]
    assert (payment.booking.name, payment.booking.email) == ("Ada Lovelace", "ada@example.com")
    assert client.get(f"/bookings/{lost.answer['booking']}/").status_code == 200
    assert client.get(f"/payments/success/?session_id={lost.session_id}").status_code == 200
    assert client.get(lost.answer["status_url"]).json()["status"] == "succeeded"
    assert books_agree(stripe)
    assert inspect() == []


def test_the_tickets_that_its_customer_has_are_valid_again(lost: Purchase, client: Client) -> None:
    restored("rebuild")

    codes = {ticket.seat.label: ticket.code for ticket in Ticket.objects.select_related("seat")}
    assert codes == lost.answer["codes"]
    assert {client.get(f"/tickets/{code}/").status_code for code in codes.values()} == {200}
    assert set(Ticket.objects.values_list("status", flat=True)) == {"valid"}


def test_its_events_fail_until_it_is_there_and_are_applied_then(
    lost: Purchase, deliver: Deliver, stripe: Sandbox
) -> None:
    answer = deliver("completed", lost)
    assert answer.status_code == 500

    restored("rebuild")

    assert deliver("completed", lost).json()["outcome"] == "duplicate"
    assert not StripeEvent.objects.exclude(outcome__in=[Outcome.APPLIED, Outcome.IGNORED]).exists()


def test_what_happened_to_its_money_since_is_known_again(
    event: Event, box_office: BoxOffice, stripe: Sandbox
) -> None:
    with after_the_backup():
        purchase = box_office.sell()
        refund(purchase, tickets=purchase.booking.tickets.filter(seat__label="A-2"))
        work("send_refund")

    restored("rebuild")

    assert purchase.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert list(Ticket.objects.order_by("seat").values_list("seat__label", "status")) == [
        ("A-1", "valid"),
        ("A-2", "void"),
    ]
    assert books_agree(stripe)
    assert inspect() == []


def test_making_it_again_twice_makes_it_once(lost: Purchase) -> None:
    restored("rebuild")
    before = list(Ticket.objects.values_list("code", flat=True))

    restored("rebuild", lost.session_id)

    assert list(Ticket.objects.values_list("code", flat=True)) == before
    assert Payment.objects.count() == 1


def test_a_second_session_of_one_booking_is_a_payment_besides_and_goes_back(
    event: Event, buy: Buy, stripe: Sandbox
) -> None:
    """Its customer has recovered it from the first, and paid both."""
    with after_the_backup():
        first = buy("A-1")
        stripe.post("/clock", {"seconds": 5})
        second = buy("A-2")
        stripe.pay(first.session_id)
        stripe.pay(second.session_id)
    same = {name: stripe.session(first.session_id)[name] for name in ("metadata", "client_reference_id")}
    stripe.override(second.session_id, recovered_from=first.session_id, **same)

    restored("rebuild")
    work("send_refund")

    assert first.tickets == ["A-1"]
    assert (second.payment.status, second.payment.problem) == (PaymentStatus.REFUNDED, Problem.PAID_TWICE)
    assert second.payment.booking == first.payment.booking
    assert books_agree(stripe)


def test_its_customer_is_mailed_the_tickets(lost: Purchase) -> None:
    mail.outbox.clear()
    restored("rebuild")

    work("mail_tickets")

    (letter,) = mail.outbox
    assert letter.to == ["ada@example.com"]
    assert all(code in str(letter.body) for code in lost.answer["codes"].values())


def test_one_of_before_sessions_said_what_they_sell_is_found_by_its_words(
    lost: Purchase, stripe: Sandbox
) -> None:
    mark = stripe.session(lost.session_id)["metadata"]
    stripe.override(lost.session_id, metadata={name: mark[name] for name in ("payment", "shop")})

    restored("rebuild")

    assert lost.tickets == ["A-1", "A-2"]
    assert lost.booking.email == "ada@example.com"


def test_a_purchase_of_an_account_is_in_it_again(event: Event, box_office: BoxOffice) -> None:
    account = make_account("ada@example.com")
    with after_the_backup():
        purchase = box_office.sell()

    restored("rebuild")

    assert purchase.booking.customer == account


def test_a_bank_debit_under_way_is_waited_for(event: Event, buy: Buy, stripe: Sandbox) -> None:
    with after_the_backup():
        purchase = buy()
        stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")
    restored("rebuild")
    assert purchase.payment.status == PaymentStatus.PROCESSING

    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": True})
    run()

    assert purchase.tickets == ["A-1", "A-2"]


def test_who_bought_before_an_event_that_is_over_keeps_the_tickets(lost: Purchase, event: Event) -> None:
    now = timezone.now()
    LostSession.objects.update(opened_at=now - timedelta(days=2))
    over = {"starts_at": now, "ends_at": now + timedelta(milliseconds=1), "sales_until": now}
    Event.objects.filter(pk=event.pk).update(**over)

    restored("rebuild")

    assert lost.payment.status == PaymentStatus.SUCCEEDED


# Seats that are gone


def test_seats_that_were_given_away_meanwhile_are_replaced_by_equal_ones(
    lost: Purchase, event: Event
) -> None:
    sell(event, "A-1")

    restored("rebuild")

    assert lost.payment.status == PaymentStatus.SUCCEEDED
    assert "A-1" not in lost.tickets
    assert len(lost.tickets) == 2


def test_if_none_are_left_its_money_goes_back_once(lost: Purchase, event: Event, stripe: Sandbox) -> None:
    sell(event, *(f"A-{number}" for number in range(1, 11)))
    restored("rebuild")
    restored("rebuild", lost.session_id)

    work("send_refund")

    assert lost.payment.status == PaymentStatus.REFUNDED
    assert [one["amount"] for one in stripe.objects("refund")] == [8400]
    assert books_agree(stripe)


# Money that is sent back


def test_its_money_can_be_sent_back_instead(lost: Purchase, client: Client, stripe: Sandbox) -> None:
    restored("refund", lost.session_id)
    restored("refund", lost.session_id)
    work("send_refund")

    assert lost.payment.status == PaymentStatus.REFUNDED
    assert [one["amount"] for one in stripe.objects("refund")] == [8400]
    assert Seat.objects.free().count() == 20
    assert client.get(lost.answer["status_url"]).json()["status"] == "refunded"
    assert LostSession.objects.get().outcome == LostOutcome.GIVEN_BACK
    assert books_agree(stripe)
    assert inspect() == []


@pytest.fixture
def homeless(event: Event, box_office: BoxOffice, stripe: Sandbox) -> Purchase:
    """A purchase for an event that was made after the backup as well."""
    with after_the_backup():
        make_event(slug="matinee", title="Matinee")
        purchase = box_office.buy(event="matinee")
        stripe.pay(purchase.session_id)
    return purchase


def test_without_its_event_a_purchase_can_t_be_made_again(homeless: Purchase) -> None:
    with pytest.raises(CommandError, match="1 sessions are still undecided"):
        restored("rebuild")
    assert "There is no event matinee here" in restored("list")

    make_event(slug="matinee", title="Matinee")
    restored("rebuild")

    assert homeless.tickets == ["A-1", "A-2"]


def test_its_money_goes_back_all_the_same_and_its_events_come_to_rest(
    homeless: Purchase, deliver: Deliver, stripe: Sandbox
) -> None:
    assert deliver("completed", homeless).status_code == 500

    restored("refund", homeless.session_id)

    lost = LostSession.objects.get()
    assert (lost.outcome, bool(lost.refund_id), lost.payment) == (LostOutcome.GIVEN_BACK, True, None)
    assert [one["amount"] for one in stripe.objects("refund")] == [8400]
    event = StripeEvent.objects.get(type="checkout.session.completed")
    assert (event.outcome, event.traceback) == (Outcome.IGNORED, "")
    assert event.reason == "Its session was lost in the restore and refunded."
    for told in stripe.events():
        assert deliver(told).status_code == 200
    restored("end")


def test_it_is_sent_back_once_though_nobody_saved_that_it_was(homeless: Purchase, stripe: Sandbox) -> None:
    restored("read")
    stripe.refund(homeless.session_id)  # An earlier try, whose process died.

    restored("refund", homeless.session_id)

    assert [one["amount"] for one in stripe.objects("refund")] == [8400]
    assert LostSession.objects.get().outcome == LostOutcome.GIVEN_BACK


# Sessions that nobody has paid


def test_a_session_that_is_open_holds_its_seats_and_can_be_paid(
    event: Event, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    with after_the_backup():
        purchase = buy()
    restored("rebuild")
    assert (purchase.payment.status, purchase.booking.status) == ("pending", BookingStatus.HELD)
    assert purchase.payment.checkout_url == purchase.answer["checkout_url"]

    stripe.pay(purchase.session_id)
    deliver("completed", purchase)

    assert purchase.tickets == ["A-1", "A-2"]


def test_an_open_session_whose_seats_are_gone_is_closed(event: Event, buy: Buy, stripe: Sandbox) -> None:
    with after_the_backup():
        purchase = buy()
    sell(event, "A-1")

    restored("rebuild")

    assert stripe.session(purchase.session_id)["status"] == "expired"
    assert LostSession.objects.get().outcome == LostOutcome.UNPAID
    assert Payment.objects.count() == 0


def test_one_that_nobody_paid_is_forgotten_and_its_events_come_to_rest(
    event: Event, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    with after_the_backup():
        purchase = buy()
        stripe.expire(purchase.session_id)
    assert deliver("expired", purchase).status_code == 500

    restored("read")

    assert LostSession.objects.get().outcome == LostOutcome.UNPAID
    told = StripeEvent.objects.get()
    assert told.outcome == Outcome.IGNORED
    assert told.reason.endswith("and never paid.")
    assert deliver("expired", purchase).status_code == 200


def test_one_that_is_paid_after_all_is_undecided_again(event: Event, buy: Buy, stripe: Sandbox) -> None:
    with after_the_backup():
        purchase = buy()
        stripe.expire(purchase.session_id)
    restored("read")
    stripe.pay(purchase.session_id, late=True)

    restored("read")

    assert LostSession.objects.get().outcome == LostOutcome.UNDECIDED
    restored("rebuild")
    assert purchase.payment.status == PaymentStatus.SUCCEEDED


def test_a_payment_that_was_saved_without_its_session_gets_it_back(
    event: Event, buy: Buy, stripe: Sandbox
) -> None:
    """The backup was made between the row's commit and Stripe's reply."""
    purchase = buy()
    Payment.objects.update(session_id=None, checkout_url="")
    with after_the_backup():
        stripe.pay(purchase.session_id)

    restored("read")

    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert LostSession.objects.count() == 0


# What the backup knew already


def test_a_refund_made_since_is_known_again(paid: Purchase, stripe: Sandbox) -> None:
    with after_the_backup():
        stripe.refund(paid.session_id)

    restored("read")

    assert paid.payment.status == PaymentStatus.REFUNDED
    assert inspect() == []


def test_a_refund_that_was_due_in_the_backup_is_looked_for_before_it_is_sent(
    paid: Purchase, stripe: Sandbox
) -> None:
    """Stripe has forgotten its idempotency key after a day."""
    request_refund(paid.payment, amount=4200, origin=Origin.STAFF, cause=Cause.STAFF)
    with after_the_backup():
        work("send_refund")
        stripe.post("/clock", {"seconds": 2 * 24 * 3600})

    work("send_refund")

    assert [one["amount"] for one in stripe.objects("refund")] == [4200]
    assert Refund.objects.get().status == RefundStatus.SUCCEEDED


def test_mails_that_the_old_shop_had_time_to_send_are_not_sent_again(paid: Purchase) -> None:
    run()
    refund(paid)
    now = timezone.now()

    call_command("restored", "begin", down_since=now + timedelta(hours=1), stdout=StringIO())
    mail.outbox.clear()
    work("mail_tickets", "mail_notification")

    assert mail.outbox == []


def test_without_knowing_that_they_are_sent_once_more_under_the_same_name(paid: Purchase) -> None:
    with after_the_backup():
        work("mail_tickets")
    work("mail_tickets")

    names = [letter.extra_headers["Message-ID"] for letter in mail.outbox]
    assert len(names) == 2
    assert len(set(names)) == 1


def test_staff_s_bulk_runs_are_stopped_and_everybody_is_signed_out(paid: Purchase) -> None:
    BulkRun.objects.create(action="ask", actor=make_user(), form_id="1", reason="Because.")
    somebody_of("Box office")
    assert Session.objects.exists()

    with after_the_backup():
        pass

    assert BulkRun.objects.get().cancelled_at
    assert not Session.objects.exists()


# Sales


def test_nothing_is_sold_until_all_is_decided(lost: Purchase, client: Client) -> None:
    answer = client.post("/api/checkout", WISH, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_on_sale")
    assert answer.json()["error"]["message"] == (
        "Sales are paused while we fix a fault. Everything you’ve paid for stays valid. Come back in an hour."
    )
    page = client.get("/events/demo-night/").content.decode()
    assert "Sales are paused" in page
    assert "data-seats-url" not in page
    with pytest.raises(CommandError, match="Stripe's lists aren't read yet"):
        restored("end")
    restored("read")
    with pytest.raises(CommandError, match="1 sessions are undecided"):
        restored("end")
    restored("rebuild")

    assert "Sales are open" in restored("end")

    assert client.post("/api/checkout", WISH, content_type="application/json").status_code == 201
    assert Restore.objects.get().ended_at


def test_memberships_aren_t_sold_either(event: Event, client: Client, stripe: Sandbox) -> None:
    plan = make_plan(stripe)
    member = Member(make_account("eve@example.com"), client, stripe)
    with after_the_backup():
        pass
    member.sign_in()

    answer = member.ask_for(plan)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_on_sale")


def test_the_worker_reads_stripe_by_itself(lost: Purchase) -> None:
    run()

    assert Restore.objects.get().is_read
    found = LostSession.objects.get()
    assert (found.session_id, found.amount, found.state) == (lost.session_id, 8400, StripeState.PAID)


def test_stripe_must_have_been_read_to_the_end(lost: Purchase, stripe: Sandbox, settings: Any) -> None:
    stripe.fault("GET /v1/checkout/sessions", "500_before", times=None)

    run()

    assert not Restore.objects.get().is_read


def test_one_restore_at_a_time(lost: Purchase) -> None:
    with pytest.raises(CommandError, match="already in progress"):
        restored("begin")


def test_staff_see_what_is_left(lost: Purchase, client: Client) -> None:
    run()

    office = somebody_of("Box office")
    front = office.get("/admin/").content.decode()
    assert "Sales are paused after a restore" in front
    assert "Sold after the restored backup" in front
    rows = office.get("/admin/payments/lostsession/?trouble=lost").content.decode()
    assert "demo-night" in rows
    assert "84.00" in rows
    assert "ada@example.com" in rows
    warnings = {it["code"]: it["count"] for it in client.get("/readyz").json()["warnings"]}
    assert warnings["restored"] == 1
    restored("rebuild")
    page = office.get(f"/admin/payments/payment/{lost.payment.pk}/change/")
    assert "Lost in a restore from backup" in page.content.decode()


# Memberships


@pytest.fixture
def lost_member(event: Event, client: Client, stripe: Sandbox) -> Member:
    """A member who joined after the backup, and whose account is older."""
    plan = make_plan(stripe)
    member = Member(make_account("eve@example.com"), client, stripe)
    member.sign_in()
    with after_the_backup():
        member.join(plan)
    return member


def test_a_lost_membership_is_made_again(lost_member: Member, stripe: Sandbox) -> None:
    restored("rebuild")

    row = Subscription.objects.get()
    assert (row.customer, row.status) == (lost_member.user, "active")
    assert row.entitled_until
    (session,) = stripe.objects("checkout.session")
    assert (row.session_id, row.reference) == (session["id"], session["client_reference_id"])
    assert LostSession.objects.get().subscription == row
    assert not StripeEvent.objects.filter(outcome=Outcome.FAILED).exists()


def test_one_whose_account_is_lost_waits_for_its_customer(lost_member: Member) -> None:
    EmailAddress.objects.filter(user=lost_member.user).delete()

    with pytest.raises(CommandError, match="1 sessions are still undecided"):
        restored("rebuild")

    assert "Ask them to sign in" in restored("list")
