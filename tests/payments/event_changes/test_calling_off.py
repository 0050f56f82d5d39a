"""An event is called off: nobody buys any more, everybody's money goes back once, and everybody is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from bookings.event_changes.changing import Author, call_off
from bookings.models import Event, EventChange, EventNotice, EventStatus, NoticeOutcome, Seat, Ticket
from payments.event_changes import work as event_work
from payments.event_changes.forecast import forecast
from payments.fsck import inspect
from payments.ledger.verification import ask
from payments.models import Cause, Notification, Payment, PaymentStatus, Problem, Refund
from payments.status.actions import seat_offers
from payments.status.messages import message
from payments.status.queries import read_payment
from tests.payments.counter.desk import Desk
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.staff import somebody_of
from tests.support.worker import work

REASON = "Our lead singer is ill."
DEALING = ("continue_event_changes", "mail_event_notice")


@shared
def paid(box_office: BoxOffice) -> Purchase:
    make_event()
    return box_office.sell()


def cancel(*options: str) -> str:
    out = StringIO()
    call_command("cancel_event", "demo-night", reason=REASON, stdout=out, *options)  # noqa: B026
    return out.getvalue()


def sell(buy: Buy, stripe: Sandbox, deliver: Deliver, *seats: str, **changes: Any) -> Purchase:
    purchase = buy(*seats, **changes)
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    return purchase


def entry_of(letter: Any) -> tuple[Calendar, Any]:
    [calendar] = [part for part in letter.attachments if part[0].endswith(".ics")]
    read = Calendar.from_ical(calendar[1])
    return read, read.walk("VEVENT")[0]


def test_all_money_goes_back_and_the_customer_reads_it(paid: Purchase, stripe: Sandbox) -> None:
    work("mail_tickets")
    _calendar, before = entry_of(mail.outbox[-1])
    mail.outbox.clear()

    words = cancel()
    work(*DEALING)

    assert "1 bookings with 2 tickets: €84.00 to refund" in words
    letter = mail.outbox[0]
    assert letter.subject == "Cancelled: Demo Night"
    assert REASON in str(letter.body)
    assert "We’re refunding €84.00." in str(letter.body)
    calendar, entry = entry_of(letter)
    assert (calendar["METHOD"], entry["STATUS"], entry["UID"]) == ("CANCEL", "CANCELLED", before["UID"])
    assert entry["SEQUENCE"] > before["SEQUENCE"]
    work()
    assert [refund.amount for refund in Refund.objects.all()] == [8400]
    assert stripe.session(paid.session_id)["payment_status"] == "paid"
    assert paid.payment.status == PaymentStatus.REFUNDED
    assert {ticket.status for ticket in Ticket.objects.all()} == {"void"}
    assert not Seat.objects.exclude(booking=None).exists()
    assert inspect() == []


def test_who_paid_at_the_counter_reads_where_their_money_is(event: Event) -> None:
    desk = Desk(event)
    desk.open_till()
    told, untold = desk.sell("A-1", email="ada@example.com"), desk.sell("A-2")
    cancel()

    work(*DEALING)

    [letter] = mail.outbox
    assert letter.to == ["ada@example.com"]
    assert "You paid at the box office. Please bring your tickets there for your refund." in str(letter.body)
    outcomes = dict(EventNotice.objects.values_list("booking", "outcome"))
    assert outcomes == {told.booking_id: NoticeOutcome.DONE, untold.booking_id: NoticeOutcome.FAILED}
    assert all(ticket.is_valid for ticket in told.booking.tickets.all())


def test_nobody_buys_any_more(paid: Purchase, client: Client) -> None:
    cancel()

    wish = {"event": "demo-night", "name": "Ada", "email": "ada@example.com", "seats": ["B-1"]}
    answer = client.post("/api/checkout", wish, content_type="application/json")

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "not_on_sale"
    assert answer.json()["error"]["message"] == "This event is cancelled."
    page = client.get("/events/demo-night/").content.decode()
    assert "This event is cancelled" in page
    assert REASON in page
    assert "Cancelled" in client.get("/").content.decode()


def test_open_payment_pages_are_closed(buy: Buy, stripe: Sandbox, event: Event) -> None:
    purchase = buy()

    cancel()
    work(*DEALING)

    assert stripe.session(purchase.session_id)["status"] == "expired"
    assert purchase.payment.status == PaymentStatus.EXPIRED
    assert not EventNotice.objects.exists()
    assert mail.outbox == []
    assert "was cancelled before you paid. Nothing was charged." in message(read_payment(purchase.payment))


def test_money_that_comes_later_goes_back(buy: Buy, stripe: Sandbox, deliver: Deliver, event: Event) -> None:
    purchase = buy()
    stripe.pay(purchase.session_id)
    cancel()

    deliver("completed", purchase)

    assert purchase.payment.problem == Problem.EVENT_CALLED_OFF
    assert [refund.amount for refund in Refund.objects.all()] == [8400]
    work()
    assert "after the event had been cancelled" in str(mail.outbox[-1].body)
    assert inspect() == []


def test_who_paid_in_the_same_moment_is_found(
    buy: Buy, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    """Their booking was confirmed by who had read that the event takes place, after the first look."""
    cancel()
    work("continue_event_changes")
    Event.objects.update(status=EventStatus.SCHEDULED)
    sell(buy, stripe, deliver)
    Event.objects.update(status=EventStatus.CANCELLED)

    event_work.work()

    assert [notice.amount for notice in EventNotice.objects.all()] == [8400]


def test_a_bank_debit_on_its_way_goes_back_when_it_comes(
    buy: Buy, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    purchase = buy()
    stripe.pay(purchase.session_id, method="sepa_debit")
    deliver("completed", purchase)
    assert purchase.payment.status == PaymentStatus.PROCESSING

    cancel()
    work(*DEALING)
    assert "If your payment still arrives" in str(mail.outbox[-1].body)
    assert "calendar" not in str(mail.outbox[-1].body)
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": True})
    ask(purchase.payment, cause=Cause.RECONCILER)

    assert purchase.payment.problem == Problem.EVENT_CALLED_OFF
    assert Refund.objects.get().amount == 8400


def test_a_debit_that_comes_in_the_same_moment_is_seen(
    buy: Buy, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    """Who settles it has read that the event takes place, and has its lock until it is confirmed."""
    purchase = buy()
    stripe.pay(purchase.session_id, method="sepa_debit")
    deliver("completed", purchase)
    cancel()
    arrived: list[str] = []

    def arrive(execute: Any, sql: str, *rest: Any) -> Any:
        if "FOR NO KEY UPDATE" in sql and "payments_payment" in sql and not arrived:
            arrived.append(sql)
            Event.objects.update(status=EventStatus.SCHEDULED)
            stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": True})
            ask(purchase.payment, cause=Cause.RECONCILER)
            Event.objects.update(status=EventStatus.CANCELLED)
        return execute(sql, *rest)

    with connection.execute_wrapper(arrive):
        event_work.work()
    event_work.work()

    assert [notice.amount for notice in EventNotice.objects.all()] == [8400]


def test_what_was_given_back_before_is_not_paid_again(paid: Purchase, client: Client) -> None:
    Event.objects.update(cancellation_fee_percent=10, cancellable_until=paid.booking.event.starts_at)
    client.post(f"/api/bookings/{paid.booking.reference}/cancel", {"seats": ["A-1"]}, "application/json")
    assert [refund.amount for refund in Refund.objects.all()] == [3780]
    work()

    cancel()
    work(*DEALING)

    assert [refund.amount for refund in Refund.objects.order_by("pk")] == [3780, 4200]


def test_nobody_pays_a_fee_for_giving_back_what_is_called_off(paid: Purchase, client: Client) -> None:
    Event.objects.update(cancellation_fee_percent=50, cancellable_until=paid.booking.event.starts_at)
    cancel()

    answer = client.post(f"/api/bookings/{paid.booking.reference}/cancel", {}, "application/json")

    assert answer.status_code == 409
    assert "You’ll get the full price back automatically." in answer.json()["error"]["message"]
    assert seat_offers(read_payment(paid.payment), now=timezone.now()) == []
    work(*DEALING)
    assert [(refund.amount, refund.fee) for refund in Refund.objects.all()] == [(8400, 0)]


def test_all_goes_back_if_stripe_refuses_what_was_requested_before(
    paid: Purchase, stripe: Sandbox, client: Client
) -> None:
    Event.objects.update(cancellation_fee_percent=50, cancellable_until=paid.booking.event.starts_at)
    client.post(f"/api/bookings/{paid.booking.reference}/cancel", {}, "application/json")
    cancel()
    work("continue_event_changes")
    assert not EventNotice.objects.exists()  # Nobody knows yet whether Stripe takes it.

    stripe.post("/balance", {"short": "refuse"})
    work("send_refund")
    stripe.post("/balance", {"short": False})
    event_work.work()

    refused, requested = Refund.objects.order_by("pk")
    assert (refused.amount, refused.status, requested.amount) == (4200, "refused", 8400)
    assert refused.waived_at  # Staff have nothing to decide.
    assert EventNotice.objects.get().amount == 8400


@pytest.mark.parametrize("amount", [8400, 2000], ids=["whole", "part"])
def test_a_disputed_payment_waits_for_the_bank(paid: Purchase, stripe: Sandbox, amount: int) -> None:
    """Its customer is told at once, once, and what becomes of the money."""
    dispute = stripe.dispute(paid.session_id, amount=amount)
    ask(paid.payment, cause=Cause.STAFF, is_disputed=True)

    words = cancel()
    work(*DEALING)

    assert "can't be refunded: Disputed" in words
    assert not Refund.objects.exists()
    notice = EventNotice.objects.get()
    assert (notice.outcome, notice.amount) == ("done", None)
    assert notice.mailed_at is not None
    letter = mail.outbox[-1]
    assert letter.subject == "Cancelled: Demo Night"
    assert "Your payment is disputed, and your bank decides about the money" in str(letter.body)
    assert "we’ll refund you then" in str(letter.body)
    assert entry_of(letter)[1]["STATUS"] == "CANCELLED"
    event_work.work(again=True)
    assert not Refund.objects.exists()
    page = somebody_of("Finance").get(f"/admin/bookings/eventchange/{notice.change_id}/change/")
    assert "Disputed: the bank decides." in page.content.decode()

    stripe.close_dispute(dispute["id"], "won")
    ask(paid.payment, cause=Cause.STAFF, is_disputed=True)
    for _turn in range(2):
        event_work.work(again=True)
        work()

    assert [(refund.amount, refund.status) for refund in Refund.objects.all()] == [(8400, "succeeded")]
    notice.refresh_from_db()
    assert (notice.outcome, notice.amount, notice.words) == ("done", 8400, "")
    subjects = [letter.subject for letter in mail.outbox]
    assert subjects.count("Cancelled: Demo Night") == 1
    assert inspect() == []


def test_mails_about_a_dispute_promise_no_tickets_of_what_is_called_off(
    paid: Purchase, stripe: Sandbox
) -> None:
    dispute = stripe.dispute(paid.session_id)
    ask(paid.payment, cause=Cause.STAFF, is_disputed=True)
    cancel()
    work()
    stripe.close_dispute(dispute["id"], "won")
    ask(paid.payment, cause=Cause.STAFF, is_disputed=True)
    work()

    about = {letter.subject: str(letter.body) for letter in mail.outbox}
    assert "If the payment stands, we’ll refund you." in about["Your tickets are on hold: Demo Night"]
    assert "so we’re refunding you now" in about["The dispute is over: Demo Night"]
    assert "valid again" not in "".join(about.values())


def test_what_the_bank_takes_is_not_refunded_as_well(paid: Purchase, stripe: Sandbox) -> None:
    dispute = stripe.dispute(paid.session_id)
    ask(paid.payment, cause=Cause.STAFF, is_disputed=True)
    cancel()
    work()
    stripe.close_dispute(dispute["id"], "lost")
    ask(paid.payment, cause=Cause.STAFF, is_disputed=True)
    event_work.work(again=True)
    work()

    assert not Refund.objects.exists()
    assert EventNotice.objects.get().amount is None
    assert inspect() == []


def test_a_dry_run_changes_nothing(paid: Purchase, stripe: Sandbox) -> None:
    ask(paid.payment, cause=Cause.STAFF)
    stripe.post("/clock", {"seconds": 5})
    words = cancel("--dry-run")

    assert "1 bookings with 2 tickets: €84.00 to refund" in words
    assert "€2.73 in fees kept by Stripe" in words
    assert Event.objects.get().status == EventStatus.SCHEDULED
    assert not EventChange.objects.exists()


def test_the_forecast_is_what_happens(buy: Buy, stripe: Sandbox, deliver: Deliver, event: Event) -> None:
    for seats in (("A-1", "A-2"), ("B-1",), ("A-5",)):
        sell(buy, stripe, deliver, *seats)
    buy("B-5")
    seen = forecast(event)

    cancel()
    work(*DEALING)

    assert (seen.bookings, seen.tickets, seen.amount, seen.unpaid) == (3, 4, 8400 + 3200 + 4200, 1)
    assert sum(refund.amount for refund in Refund.objects.all()) == seen.amount
    assert EventNotice.objects.count() == seen.bookings


def test_twice_is_once(paid: Purchase) -> None:
    cancel()
    work(*DEALING)

    assert "Already cancelled" in cancel()
    call_off(Event.objects.get(), Author(reason="Again."))
    event_work.work(again=True)

    assert EventChange.objects.count() == EventNotice.objects.count() == Refund.objects.count() == 1
    assert EventChange.objects.get().reason == REASON


@contextmanager
def _refused_refunds_of(payment: Payment) -> Iterator[None]:
    """Let the database refuse refunds of ``payment`` during the block."""
    change = "ALTER TABLE payments_refund {} CONSTRAINT broken"
    with connection.cursor() as cursor:
        cursor.execute(change.format("ADD") + f" CHECK (payment_id <> {payment.pk})")
        try:
            yield
        finally:
            cursor.execute(change.format("DROP"))


@pytest.mark.django_db(transaction=True)
def test_one_that_fails_does_not_stop_the_others(
    buy: Buy, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    purchases = [sell(buy, stripe, deliver, f"A-{number}") for number in range(1, 4)]
    call_off(event, Author(reason=REASON))
    with _refused_refunds_of(purchases[1].payment):
        event_work.work()

        assert Refund.objects.count() == 2
        failed = EventNotice.objects.get(outcome="failed")
        assert failed.booking == purchases[1].booking
        assert "broken" in failed.words
    event_work.work(again=True)
    assert Refund.objects.count() == EventNotice.objects.filter(outcome="done").count() == 3


def test_a_batch_that_takes_long_is_followed_by_another(
    buy: Buy, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(buy, stripe, deliver)
    call_off(event, Author(reason=REASON))

    event_work.work(seconds=-1)
    assert not Refund.objects.exists()

    work("continue_event_changes")
    assert Refund.objects.count() == 1


def test_what_makes_no_sense_is_refused(event: Event) -> None:
    with pytest.raises(CommandError, match="There is no event nowhere"):
        call_command("cancel_event", "nowhere", reason=REASON)
    with pytest.raises(CommandError, match="Enter a reason"):
        call_command("cancel_event", "demo-night", reason="  ")


def test_the_booking_says_so(paid: Purchase, client: Client) -> None:
    cancel()
    work(*DEALING)

    page = client.get(f"/bookings/{paid.booking.reference}/").content.decode()

    assert "This event is cancelled." in page
    assert REASON in page
    assert not Notification.objects.filter(kind="money_back").exists()
