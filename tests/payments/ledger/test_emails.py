"""The mails about a payment: what each says, to whom, and that it is sent once."""

from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings.mail.emails import compose
from bookings.models import Event
from bookings.orders.buyers import Buyer
from payments.emails import UNPAID_A_DAY, send_notification, write_mail
from payments.ledger.refunds import request_refund
from payments.models import Cause, Notification, NotificationKind, Origin, Refund
from payments.notifications import message_name
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.turns import pay_late, sell, tell
from tests.support.worker import work

BOB = Buyer(name="Bob", email="bob@example.com")

FAILING_CARD = "4000000000005126"
LINK = "http://testserver/events/demo-night/"


@shared
def paid(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid: 84.00."""
    make_event()
    return box_office.sell()


def debit(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")
    deliver("completed", purchase)


def refund(purchase: Purchase, **what: Any) -> None:
    request_refund(purchase.payment, origin=Origin.STAFF, cause=Cause.STAFF, **what)
    work("send_refund")


def sent() -> EmailMultiAlternatives:
    """Let the worker mail what is owed, and return the last mail, which says the same in text and in HTML."""
    work("mail_notification")
    last = mail.outbox[-1]
    assert isinstance(last, EmailMultiAlternatives)
    return last


def expect(subject: str, *sentences: str) -> None:
    """Require that the worker's last mail has this subject, and these sentences in its text and its HTML."""
    last = sent()
    assert last.subject == subject
    html = str(last.alternatives[0][0])
    for sentence in sentences:
        assert sentence in str(last.body)
        assert sentence in html


# What each says


def test_a_debit_that_takes_days_is_told_with_the_plea_not_to_pay_again(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    debit(purchase, stripe, deliver)

    expect(
        "Your payment is being processed: Demo Night",
        "Your bank is processing your payment of €84.00. That can take a few days. We’re holding "
        "seats A-1 and A-2 for you.",
        "Please don’t pay again.",
    )


def test_one_seat_is_not_called_seats(buy: Buy, stripe: Sandbox, deliver: Deliver) -> None:
    purchase = buy("B-7")
    debit(purchase, stripe, deliver)
    expect("Your payment is being processed: Demo Night", "We’re holding seat B-7 for you.")

    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": False})
    deliver("async_payment_failed", purchase)

    expect("Your payment didn’t go through: Demo Night", "and we released seat B-7.")


def test_a_debit_that_failed_is_told_with_the_way_back_to_the_event(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    debit(purchase, stripe, deliver)
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": False})
    deliver("async_payment_failed", purchase)

    expect(
        "Your payment didn’t go through: Demo Night",
        "Your bank didn’t make the payment of €84.00.",
        "Nothing was charged, and we released seats A-1 and A-2.",
        LINK,
    )


@pytest.mark.parametrize(
    ("change", "why", "received"),
    [
        ({"amount_total": 8401}, "arrived, but the tickets cost €84.00, so you have no tickets.", "€84.01"),
        ({"currency": "usd"}, "arrived in a different currency than we asked for, so", "US$84.00"),
        ({"client_reference_id": "ANOTHER"}, "arrived for a different booking than this one, so", "€84.00"),
    ],
    ids=str,
)
def test_money_that_does_not_match_is_told_to_come_back_as_it_came(
    change: dict[str, Any], why: str, received: str, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"].update(change)
    deliver(event)

    expect(
        "Your refund is on its way: Demo Night",
        why,
        f"Your payment of {received} arrived",
        f"We’re refunding all of it: {received}. You don’t need to do anything.",
        "five to ten working days",
    )


def test_money_for_seats_that_are_gone_is_told_to_come_back(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, *(f"A-{number}" for number in range(1, 11)))
    pay_late(released, stripe, deliver)

    expect("Your refund is on its way: Demo Night", "after your seats had been released")


def test_a_whole_refund_says_that_no_ticket_is_left(paid: Purchase) -> None:
    refund(paid)

    expect(
        "Refund of €84.00: Demo Night",
        "Your payment of €84.00 was refunded. The tickets are no longer valid. The money goes back the way",
    )


def test_a_refund_of_one_ticket_names_its_seat(paid: Purchase) -> None:
    refund(paid, tickets=paid.booking.tickets.filter(seat__label="A-2"))

    expect(
        "Refund of €42.00: Demo Night",
        "€42.00 of your €84.00 was refunded.",
        "The ticket for seat A-2 is no longer valid. Your other tickets are still valid.",
    )


def test_a_refund_of_two_tickets_of_three_names_both(buy: Buy, stripe: Sandbox, deliver: Deliver) -> None:
    purchase = buy("A-1", "A-2", "A-3")
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    refund(purchase, tickets=purchase.booking.tickets.exclude(seat__label="A-2"))

    expect("Refund of €84.00: Demo Night", "The tickets for seats A-1 and A-3 are no longer valid.")


def test_a_refund_of_a_part_made_in_stripes_dashboard_leaves_the_tickets(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.refund(paid.session_id, 500)
    tell(stripe, deliver)

    expect("Refund of €5.00: Demo Night", "Your tickets are still valid.")


def test_a_refund_of_money_that_bought_nothing_speaks_of_no_tickets(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, *(f"A-{number}" for number in range(1, 11)))
    pay_late(released, stripe, deliver)
    work("mail_notification")
    stripe.refund(released.session_id, 500)
    tell(stripe, deliver)

    expect("Refund of €5.00: Demo Night", "€5.00 of your €84.00 was refunded.")
    assert "valid" not in str(sent().body)


def test_a_refund_that_the_bank_did_not_take_is_the_box_offices_care(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, card=FAILING_CARD)
    deliver("completed", purchase)
    refund(purchase)
    stripe.settle_refund(str(Refund.objects.get().refund_id), "failed")
    tell(stripe, deliver)

    expect(
        "Your refund didn’t arrive: Demo Night",
        "We refunded €84.00, but your bank didn’t accept it.",
        "The box office will email you about another way.",
    )


def test_a_dispute_is_told_when_it_begins_and_how_it_ends(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    dispute = stripe.dispute(paid.session_id)
    tell(stripe, deliver)
    expect(
        "Your tickets are on hold: Demo Night",
        "Your payment of €84.00 is disputed. Your tickets are on hold until the bank has decided.",
    )

    stripe.close_dispute(dispute["id"], "won")
    tell(stripe, deliver)

    expect("Your tickets are valid again: Demo Night", "with the same codes")


def test_a_lost_dispute_is_told_with_the_way_back_to_the_event(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    dispute = stripe.dispute(paid.session_id)
    stripe.close_dispute(dispute["id"], "lost")
    tell(stripe, deliver)

    expect("Your tickets are no longer valid: Demo Night", "the bank reversed your payment of €84.00", LINK)


def test_the_mail_with_other_seats_says_which_were_lost(
    released: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    sell(event, "A-2")
    pay_late(released, stripe, deliver)
    work("mail_tickets")

    expect(
        "Your tickets: Demo Night",
        "You’ve paid €84.00",
        "Seats A-1 and A-2 were no longer all free when your payment arrived, so you have A-5 and A-6 at the "
        "same price.",
    )


def pictures() -> list[str]:
    """Return the names of the pictures in the last mail."""
    return [str(part.get_filename()) for part in mail.outbox[-1].message().walk() if part["Content-ID"]]


def test_a_mail_with_tickets_that_comes_late_leaves_out_what_is_void(paid: Purchase) -> None:
    refund(paid, tickets=paid.booking.tickets.filter(seat__label="A-2"))
    work("mail_tickets")

    assert pictures() == ["A-1.png"]
    assert "Seat A-2" not in str(mail.outbox[-1].body)


def test_a_mail_with_tickets_on_hold_carries_no_codes(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.dispute(paid.session_id)
    tell(stripe, deliver)
    work("mail_tickets")

    assert pictures() == []
    assert "Seat A-1" in str(mail.outbox[-1].body)


# To whom, and how often


def test_every_kind_of_notification_has_its_mail(paid: Purchase) -> None:
    refund(paid)
    mails = [
        write_mail(Notification(payment=paid.payment, kind=kind, refund=Refund.objects.get()))
        for kind in NotificationKind
    ]

    assert len({one.subject for one in mails}) == len(NotificationKind)
    assert not any("\n\n\n" in str(one.body) for one in mails)


def test_a_notification_goes_to_the_customer_and_its_answer_to_the_organiser(paid: Purchase) -> None:
    refund(paid)
    last = sent()

    (done,) = Refund.objects.all()
    assert (last.to, last.reply_to) == (["ada@example.com"], ["box-office@example.com"])
    name = message_name(paid.payment.reference, "refunded", str(done.refund_id))
    assert last.extra_headers["Message-ID"] == f"<{name}@testserver>"
    for words in (str(last.body), str(last.alternatives[0][0])):
        assert f"http://testserver/bookings/{paid.booking.reference}/" in words
        assert str(paid.booking.ticket_reference) in words
        assert "Hello Ada Lovelace," in words
        assert "box-office@example.com" in words


def test_a_booking_without_tickets_is_called_by_its_number(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    debit(purchase, stripe, deliver)

    body = str(sent().body)
    assert f"Booking number: {purchase.booking.ticket_reference}" in body
    assert "None" not in body


def test_a_notification_is_sent_once_however_often_its_job_runs(paid: Purchase) -> None:
    refund(paid)
    (notification,) = Notification.objects.all()
    for _ in range(3):
        send_notification(notification.pk)

    notification.refresh_from_db()
    assert notification.sent_at is not None
    assert len(mail.outbox) == 1


def test_what_stripe_tells_twice_is_mailed_once(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.dispute(paid.session_id)
    tell(stripe, deliver)
    tell(stripe, deliver)
    work("mail_notification")

    assert [one.subject for one in mail.outbox] == ["Your tickets are on hold: Demo Night"]


def test_a_notification_that_could_not_be_sent_is_still_owed(
    paid: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: EmailBackend, messages: list[Any]) -> int:
        raise OSError("the mail server is away")

    refund(paid)
    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", fail)
        with pytest.raises(OSError, match="away"):
            work("mail_notification")

    assert Notification.objects.get().sent_at is None
    work("mail_notification")
    assert len(mail.outbox) == 1


def test_a_name_with_signs_is_plain_in_the_text_and_harmless_in_the_html(
    buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    purchase = buy(name="Ada & <b>Co</b>")
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    refund(purchase)

    last = sent()
    assert "Hello Ada & <b>Co</b>," in str(last.body)
    assert "Hello Ada &amp; &lt;b&gt;Co&lt;/b&gt;," in str(last.alternatives[0][0])


# What a stranger may have typed


def fail_debits(buy: Buy, stripe: Sandbox, deliver: Deliver, count: int) -> None:
    for number in range(1, count + 1):
        purchase = buy(f"B-{number}", name="Your account is locked", email="victim@example.com")
        debit(purchase, stripe, deliver)
        stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": False})
        deliver("async_payment_failed", purchase)


def test_debits_that_fail_at_once_are_one_mail_each_and_few_a_day(
    buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    fail_debits(buy, stripe, deliver, 3)
    waiting = ProcrastinateJob.objects.filter(task_name=Notification.task)
    assert (
        waiting.filter(scheduled_at__gt=timezone.now()).count() == 3
    )  # Of the debits that were on their way.

    work("mail_notification")

    assert [letter.subject for letter in mail.outbox] == ["Your payment didn’t go through: Demo Night"] * 3

    fail_debits(buy, stripe, deliver, 3)
    Notification.objects.filter(kind=NotificationKind.PROCESSING, sent_at=None).delete()
    ProcrastinateJob.objects.filter(scheduled_at__gt=timezone.now()).delete()
    work("mail_notification")

    assert len(mail.outbox) == UNPAID_A_DAY
    assert not Notification.objects.filter(sent_at=None).exists()


def test_a_mail_to_an_address_that_nothing_was_paid_for_says_nothing_that_was_typed(
    buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    fail_debits(buy, stripe, deliver, 1)
    letter = sent()

    whole = str(letter.message())
    assert letter.to == ["victim@example.com"]
    assert "Hello," in str(letter.body)
    assert "locked" not in whole
    assert whole.count("victim@") == 1


def test_who_has_paid_is_greeted_by_name_unless_it_could_be_a_message(paid: Purchase) -> None:
    booking = paid.booking
    for name, greeting in (
        ("Ada Lovelace", "Hello Ada Lovelace,"),
        ("Call +49 30 1234567", "Hello,"),
        ("x" * 100, "Hello,"),
    ):
        booking.name = name

        assert greeting in str(compose(booking, "notice", {"subject": "S"}, name="n").body).splitlines()


@pytest.mark.parametrize("title", ["Demo\nNight", "Demo\r\n\r\nNight\r\nBcc: all@example.com"])
def test_a_title_with_line_breaks_stops_no_mail(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, title: str
) -> None:
    Event.objects.update(title=title, organiser_email="a@example.com\nBcc: all@example.com")
    debit(purchase, stripe, deliver)

    letter = sent()

    assert letter.subject == f"Your payment is being processed: {' '.join(title.split())}"
    assert (letter.message()["Bcc"], letter.reply_to) == (None, [])
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": True})
    deliver("async_payment_succeeded", purchase)
    work("mail_tickets")
    assert mail.outbox[-1].subject == f"Your tickets: {' '.join(title.split())}"
