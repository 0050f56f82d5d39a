from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from bookings.models import Booking, Seat, Ticket
from payments import tasks
from payments.fsck import inspect
from payments.ledger.refunds import request_refund
from payments.ledger.verification import verify
from payments.models import Cause, Notification, Origin, Payment, Refund, StripeEvent, Transition
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.worker import work


@shared
def paid(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid: 84.00."""
    make_event()
    return box_office.sell()


def fsck(*options: str) -> tuple[int, list[str]]:
    """Run the command; return its exit status and its lines."""
    out = StringIO()
    try:
        call_command("fsck", *options, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


def rules() -> set[str]:
    return {finding.rule for finding in inspect()}


def forget_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def test_a_shop_in_order_has_no_findings(paid: Purchase, buy: Buy, stripe: Sandbox, deliver: Deliver) -> None:
    buy("A-3")
    cancelled = buy("A-4")
    stripe.expire(cancelled.session_id)
    deliver("expired", cancelled)

    status, lines = fsck()

    assert status == 0
    assert lines[-1].endswith("0 findings, 0 left.")


def break_seat_of_ended(paid: Purchase) -> None:
    Booking.objects.update(status="cancelled", released_at=timezone.now())


def break_sold_without_ticket(paid: Purchase) -> None:
    Ticket.objects.filter(seat__label="A-1").update(status="void", stopped_for="refunded")


def break_ticket_without_seat(paid: Purchase) -> None:
    Seat.objects.filter(label="A-1").update(booking=None)


def break_confirmed_without_money(paid: Purchase) -> None:
    Payment.objects.update(problem="paid_twice", status="refund_due")


def break_price(paid: Purchase) -> None:
    paid.booking.booked_seats.filter(seat__label="A-1").update(price=1)


def break_share(paid: Purchase) -> None:
    paid.booking.booked_seats.filter(seat__label="A-1").update(paid=4199)


def break_status(paid: Purchase) -> None:
    Payment.objects.update(status="refunded")


def break_ticket_status(paid: Purchase) -> None:
    Ticket.objects.filter(seat__label="A-1").update(status="suspended", stopped_for="disputed")


def break_refunds(paid: Purchase) -> None:
    for number in range(2):
        Refund.objects.create(
            payment=paid.payment,
            amount=8400,
            currency="eur",
            origin="stripe",
            status="succeeded",
            refund_id=f"re_{number}",
            checked_at=timezone.now(),
        )


def break_steps(paid: Purchase) -> None:
    Transition.objects.all().delete()


def break_evidence(paid: Purchase) -> None:
    StripeEvent.objects.update(payment=None)


def break_event(paid: Purchase) -> None:
    StripeEvent.objects.update(outcome="failed", traceback="Boom")


def break_mail(paid: Purchase) -> None:
    forget_jobs()


def break_drawing(paid: Purchase) -> None:
    forget_jobs()
    Booking.objects.update(mailed_at=timezone.now())
    Ticket.objects.filter(seat__label="A-1").update(qr_png=None, drawing_error="Boom")


def break_refund_job(paid: Purchase) -> None:
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
    forget_jobs()
    Booking.objects.update(mailed_at=timezone.now())


def break_notification_job(paid: Purchase) -> None:
    Notification.objects.create(payment=paid.payment, kind="processing")


@pytest.mark.parametrize(
    ("break_it", "rule"),
    [
        (break_seat_of_ended, "seat_of_an_ended_booking"),
        (break_sold_without_ticket, "sold_without_a_ticket"),
        (break_sold_without_ticket, "void_without_a_reason"),
        (break_ticket_without_seat, "ticket_without_its_seat"),
        (break_confirmed_without_money, "confirmed_without_money"),
        (break_confirmed_without_money, "money_that_bought_nothing_and_stays"),
        (break_price, "money_without_tickets"),
        (break_share, "money_without_tickets"),
        (break_status, "status_that_does_not_follow"),
        (break_status, "status_without_its_steps"),
        (break_ticket_status, "status_that_does_not_follow"),
        (break_refunds, "more_back_than_came"),
        (break_steps, "status_without_its_steps"),
        (break_evidence, "money_without_a_word_of_stripe"),
        (break_event, "event_not_applied"),
        (break_mail, "job_that_does_not_exist"),
        (break_drawing, "job_that_does_not_exist"),
        (break_refund_job, "job_that_does_not_exist"),
        (break_notification_job, "job_that_does_not_exist"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_what_cannot_be_is_found(paid: Purchase, break_it: Any, rule: str) -> None:
    break_it(paid)

    assert rule in rules()
    assert fsck()[0] == 1


@pytest.mark.parametrize(
    ("break_it", "rule"),
    [
        ("UPDATE bookings_seat SET booking_id = NULL", "booking_without_all_its_seats"),
        (
            "UPDATE payments_payment SET status = 'expired', next_check_at = NULL",
            "hold_that_nobody_will_end",
        ),
        (
            "UPDATE bookings_booking SET status = 'released', released_at = now()",
            "undecided_payment_without_a_hold",
        ),
        (
            "UPDATE payments_payment SET created_at = now() - interval '2 h', "
            "expires_at = now() - interval '1 h'",
            "payment_long_overdue",
        ),
        ("UPDATE payments_payment SET next_check_at = NULL", "payment_nobody_will_check"),
    ],
)
def test_what_cannot_be_before_the_money_is_found(purchase: Purchase, break_it: str, rule: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(break_it)

    assert rule in rules()


@pytest.mark.parametrize(
    "break_it",
    [
        break_ticket_status,
        break_event,
        break_mail,
        break_drawing,
        break_refund_job,
        break_notification_job,
    ],
)
def test_what_is_safe_to_repair_is_repaired(paid: Purchase, break_it: Any) -> None:
    break_it(paid)

    status, lines = fsck("--fix")

    assert (status, lines[-1].split(", ")[2]) == (0, "0 left.")
    assert "  repaired" in lines
    assert rules() == set()


def test_a_forgotten_hold_is_settled_by_what_stripe_says(purchase: Purchase, stripe: Sandbox) -> None:
    stripe.pay(purchase.session_id)
    past = timezone.now() - timedelta(hours=1)
    Payment.objects.update(created_at=past - timedelta(hours=1), expires_at=past)

    assert fsck("--fix")[0] == 0
    assert purchase.tickets == ["A-1", "A-2"]


def test_what_needs_a_person_is_left_and_said(paid: Purchase) -> None:
    break_ticket_without_seat(paid)

    status, lines = fsck("--fix")

    assert status == 1
    assert "  needs manual repair" in lines
    assert Seat.objects.get(label="A-1").booking is None


def test_a_repair_that_fails_is_said_and_stops_no_other(paid: Purchase) -> None:
    break_mail(paid)
    StripeEvent.objects.update(outcome="failed", traceback="Boom", body="{}")

    status, lines = fsck("--fix")

    assert status == 1
    assert any(line.startswith("  couldn't be repaired") for line in lines)
    assert "  repaired" in lines


def test_the_books_say_where_the_money_is(
    paid: Purchase, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    request_refund(
        paid.payment,
        origin=Origin.STAFF,
        cause=Cause.STAFF,
        tickets=list(paid.booking.tickets.filter(seat__label="A-2")),
    )
    work("send_refund")
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF, amount=200)
    disputed = buy("B-1")
    stripe.pay(disputed.session_id)
    stripe.dispute(disputed.session_id)
    verify(disputed.session_id)

    status, lines = fsck()

    assert status == 0
    assert lines[0] == (
        "€116.00 in = €42.00 for valid tickets + €42.00 refunded + €2.00 being refunded"
        " + €32.00 disputed - €2.00 given"
    )


def test_jobs_whose_tries_were_used_up_are_made_again_every_hour(paid: Purchase) -> None:
    forget_jobs()

    tasks.restore_jobs(timestamp=0)

    assert rules() == set()
    assert work("mail_tickets") == ["mail_tickets"]
