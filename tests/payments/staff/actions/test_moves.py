"""Staff move the customer of a paid booking to other seats: dearer ones are paid for first."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from bookings.models import Event, EventStatus, StopReason, Ticket, TicketStatus
from bookings.tickets.renaming import rename
from payments.checkout.cancellation import cancel_seats
from payments.checkout.retry import pay_again
from payments.fsck import inspect
from payments.fsck.ledger import balances
from payments.ledger.moving import move, quote_moves
from payments.models import Action, Cause, Payment, PaymentStatus, RefundStatus, StaffAction
from payments.staff.timeline import timeline
from tests.support.at_the_door.rows import make_entry
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Deliver, Purchase, make_event
from tests.support.staff import action_of, press, somebody_of, told
from tests.support.turns import refund, sell, tell
from tests.support.worker import work


@shared
def paid(box_office: BoxOffice) -> Purchase:
    make_event()
    return box_office.sell()


@pytest.fixture
def staff(db: None) -> Client:
    return somebody_of("Finance")


def seats(purchase: Purchase, **moves: str) -> dict[str, str]:
    """Return the fields of the form: for the tickets of these seats, such as ``A_1``, the labels instead."""
    tickets = {ticket.seat.label: ticket.pk for ticket in live(purchase)}
    return {f"seat_{tickets[old.replace('_', '-')]}": new for old, new in moves.items()}


def live(purchase: Purchase) -> list[Ticket]:
    tickets = purchase.booking.tickets.exclude(status=TicketStatus.VOID)
    return list(tickets.select_related("seat").order_by("seat_id"))


def labels(purchase: Purchase) -> list[str]:
    return [ticket.seat.label for ticket in live(purchase)]


def moved(staff: Client, purchase: Purchase, **moves: str) -> Any:
    """Ask for other seats, read what it comes to, and agree; return the page that follows."""
    page = look(staff, purchase, **moves)
    return press_again(staff, purchase, page, **moves)


def look(staff: Client, purchase: Purchase, **moves: str) -> Any:
    return press(staff, action_of(purchase.payment, Action.MOVE), **seats(purchase, **moves))


def press_again(staff: Client, purchase: Purchase, page: Any, **moves: str) -> Any:
    """Send the form of ``page`` as it is."""
    form = page.context["form"]
    return staff.post(
        action_of(purchase.payment, Action.MOVE),
        {field.html_name: field.value() or "" for field in form},
        follow=True,
    )


def words(page: Any) -> str:
    return re.sub(r"<[^>]*>|\s+", " ", page.content.decode()).replace("  ", " ")


def by_function(purchase: Purchase, **moves: str) -> Payment:
    """Move as the button does, without its pages."""
    wanted = {int(name.removeprefix("seat_")): label for name, label in seats(purchase, **moves).items()}
    agreed = quote_moves(purchase.payment, wanted).agreed
    return move(purchase.payment, wanted, agreed=agreed, cause=Cause.STAFF).payment


def exchange(staff: Client, purchase: Purchase, **moves: str) -> Purchase:
    moved(staff, purchase, **moves)
    own = Payment.objects.get(exchange_of=purchase.payment, status=PaymentStatus.PENDING)
    return Purchase(str(own.session_id), {})


@pytest.mark.parametrize("action", [Action.MOVE, Action.REFUND])
def test_the_form_says_whose_guest_was_let_in(action: Action, staff: Client, paid: Purchase) -> None:
    inside, undone = live(paid)
    at = datetime(2026, 11, 30, 19, 42, tzinfo=UTC)
    make_entry(inside, at)
    make_entry(undone, at, undone_at=at, undone_by="North", undone_why="Wrong queue.")

    page = words(staff.get(action_of(paid.payment, action)))

    assert f"{inside.seat.label}, €42.00: was let in on 30 November, 19:42" in page
    assert f"{undone.seat.label}, €42.00 " in page.replace(":", " ")
    # Whoever refunds everything sees no ticket to choose, so it is said above as well.
    assert (f" {inside.seat.label}: was let in on" in page) is (action == Action.REFUND)


# Seats that aren't dearer


def test_a_seat_of_the_same_price_is_the_customers_at_once(
    staff: Client, paid: Purchase, event: Event
) -> None:
    work("mail_tickets")
    mail.outbox.clear()
    old, _kept = live(paid)
    Ticket.objects.filter(pk=old.pk).update(name="Charles Babbage")

    page = look(staff, paid, A_1="a-5")
    assert "No money moves" in words(page)
    assert labels(paid) == ["A-1", "A-2"]
    page = press_again(staff, paid, page)
    work("mail_tickets")

    assert told(page) == ["Moved: A-1 → A-5. Emailing the new tickets."]
    assert labels(paid) == paid.booking.seat_labels == ["A-2", "A-5"]
    new = live(paid)[1]
    assert (new.name, new.moved_from_id) == ("Charles Babbage", old.pk)
    assert new.code != old.code
    old.refresh_from_db()
    assert (old.status, old.stopped_for) == (TicketStatus.VOID, StopReason.MOVED)
    assert event.seats.get(label="A-1").booking is None
    assert paid.payment.status == PaymentStatus.SUCCEEDED
    assert not paid.payment.refunds.exists()
    [letter] = mail.outbox
    assert "you have A-2 and A-5 now." in str(letter.body)
    assert "was taken" not in str(letter.body)
    assert inspect() == []


def test_the_page_of_an_old_ticket_says_what_became_of_it(client: Client, paid: Purchase) -> None:
    old = live(paid)[0]
    by_function(paid, A_1="A-5")

    assert "The seat of this ticket was changed" in client.get(old.get_absolute_url()).content.decode()
    page = client.get(paid.booking.get_absolute_url()).content.decode()
    assert "A-5" in page
    assert "A-1" not in page
    assert "was taken" not in page


def test_for_a_cheaper_seat_the_difference_goes_back(
    staff: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    page = look(staff, paid, A_1="B-3", A_2="B-4")
    assert "a refund of €20.00" in words(page)
    page = press_again(staff, paid, page)

    assert told(page) == ["Moved: A-1 → B-3, A-2 → B-4. Emailing the new tickets, refunding €20.00."]
    [asked] = paid.payment.refunds.all()
    assert (asked.amount, asked.status, asked.tickets.count()) == (2000, RefundStatus.DUE, 0)
    assert inspect() == []

    work("send_refund")
    tell(stripe, deliver)

    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert {ticket.status for ticket in live(paid)} == {TicketStatus.VALID}
    assert paid.booking.booked_seats.current().worth() == 8400 - 2000
    [balance] = balances()
    assert (balance.received, balance.tickets, balance.refunded, balance.kept) == (8400, 6400, 2000, 0)
    assert inspect() == []


def test_one_up_and_one_down_cost_what_they_cost_together(
    paid: Purchase, event: Event, stripe: Sandbox, deliver: Deliver
) -> None:
    event.seats.filter(label="A-5").update(price=5000)
    by_function(paid, A_1="A-5", A_2="B-1")
    work("send_refund")

    assert [booked.worth for booked in paid.booking.booked_seats.current().order_by("seat_id")] == [
        5000,
        3200,
    ]
    assert paid.payment.refunds.get().amount == 200
    assert inspect() == []


def test_moved_tickets_can_be_cancelled_one_by_one(
    paid: Purchase, event: Event, stripe: Sandbox, deliver: Deliver
) -> None:
    Event.objects.update(cancellable_until=event.starts_at, cancellation_fee_percent=10)
    by_function(paid, A_1="B-3")
    by_function(paid, B_3="B-4")  # And once more.
    cancel_seats(paid.payment, labels=["B-4"])
    work("send_refund")
    tell(stripe, deliver)

    assert sorted(refund.amount for refund in paid.payment.refunds.all()) == [1000, 2880]
    assert labels(paid) == ["A-2"]
    assert inspect() == []

    refund(paid)
    work("send_refund")
    tell(stripe, deliver)

    assert paid.payment.status == PaymentStatus.REFUNDED
    assert sum(refund.amount for refund in paid.payment.refunds.all()) == 8400
    assert labels(paid) == []
    assert inspect() == []


def test_the_way_back_is_open(paid: Purchase) -> None:
    by_function(paid, A_1="A-5")
    by_function(paid, A_5="A-1")

    assert labels(paid) == ["A-1", "A-2"]
    assert inspect() == []


def test_after_a_lost_dispute_nothing_is_left(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    by_function(paid, A_1="B-3")
    work("send_refund")
    dispute = stripe.dispute(paid.session_id)
    tell(stripe, deliver)
    assert {ticket.status for ticket in live(paid)} == {TicketStatus.SUSPENDED}
    stripe.close_dispute(dispute["id"], "lost")
    tell(stripe, deliver)

    assert labels(paid) == []
    assert inspect() == []


def test_a_coupon_counts_in_proportion(
    staff: Client, box_office: BoxOffice, event: Event, stripe: Sandbox
) -> None:
    coupon = stripe.coupon(percent_off="50")
    half = box_office.buy()
    stripe.pay(half.session_id, coupon=coupon)
    box_office.deliver("completed", half)

    by_function(half, A_1="B-1")

    assert half.payment.refunds.get().amount == 500
    assert half.booking.booked_seats.get(seat__label="B-1").worth == 1600
    assert inspect() == []


def test_a_members_saving_counts_in_proportion(paid: Purchase) -> None:
    paid.booking.booked_seats.filter(seat__label="A-1").update(price=3780, saving=420, for_member=True)

    quote = quote_moves(paid.payment, {live(paid)[0].pk: "B-1"})

    instead = quote.moves[0].instead
    assert (instead.price, instead.saving, instead.for_member) == (2880, 320, True)
    assert quote.back == 900


# What can't be


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"A_1": "Z-9"}, "This event has no seat Z-9."),
        ({"A_1": "A-1"}, "A-1 is the current seat."),
        ({"A_1": "A-2"}, "A-2 already belongs to this booking."),
        ({"A_1": "A-5", "A_2": "a-5"}, "A-5 is listed twice."),
        ({"A_1": "B-1"}, "B-1 is on hold for another buyer."),
        ({}, "Enter at least one new seat."),
    ],
)
def test_what_is_wrong_with_a_seat_is_named(
    typed: dict[str, str], why: str, staff: Client, paid: Purchase, event: Event
) -> None:
    sell(event, "B-1")

    page = look(staff, paid, **typed)

    assert why in words(page)
    assert labels(paid) == ["A-1", "A-2"]
    assert not StaffAction.objects.exists()


def test_a_seat_that_was_given_back_cant_be_had_again(
    staff: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    refund(paid, tickets=live(paid)[:1])
    work("send_refund")
    tell(stripe, deliver)

    page = look(staff, paid, A_2="A-1")

    assert "A-1 was cancelled in this booking." in words(page)


def test_a_ticket_that_goes_back_isnt_offered(staff: Client, paid: Purchase) -> None:
    going, staying = live(paid)
    refund(paid, tickets=[going])

    form = staff.get(action_of(paid.payment, Action.MOVE)).context["form"]

    assert list(form.tickets.values()) == [staying.pk]


def test_more_than_is_left_doesnt_go_back(staff: Client, paid: Purchase) -> None:
    refund(paid, amount=7000)

    page = look(staff, paid, A_1="B-1", A_2="B-2")

    assert "The refund would be €20.00, but only €14.00 of this payment is left." in words(page)


@pytest.mark.parametrize("change", [{"status": EventStatus.CANCELLED}, {"ends_at": "2020-01-01T20:00Z"}])
def test_nobody_is_moved_at_what_is_over(change: dict[str, Any], staff: Client, paid: Purchase) -> None:
    before = {
        "starts_at": "2019-01-01T20:00Z",
        "sales_from": "2018-01-01T20:00Z",
        "sales_until": "2018-02-01T20:00Z",
    }
    Event.objects.update(**change, **(before if "ends_at" in change else {}))

    page = staff.get(action_of(paid.payment, Action.MOVE), follow=True)

    assert told(page) == ["That’s not possible for this payment right now."]


def test_only_finance_may(paid: Purchase) -> None:
    assert somebody_of("Box office").get(action_of(paid.payment, Action.MOVE)).status_code == 403


# At once, and again


def test_who_agreed_to_another_price_reads_the_new_one_first(
    staff: Client, paid: Purchase, event: Event
) -> None:
    page = look(staff, paid, A_1="B-1")
    event.seats.filter(label="B-1").update(price=3000)

    page = press_again(staff, paid, page)

    assert "a refund of €12.00" in words(page)
    assert labels(paid) == ["A-1", "A-2"]


def test_a_form_that_is_sent_twice_moves_once(staff: Client, paid: Purchase) -> None:
    page = look(staff, paid, A_1="B-1")
    first = told(press_again(staff, paid, page))
    second = told(press_again(staff, paid, page))

    assert first == second
    assert StaffAction.objects.get().action == Action.MOVE
    assert paid.payment.refunds.get().amount == 1000


def test_who_decided_before_the_customer_cancelled_decides_again(
    staff: Client, paid: Purchase, event: Event
) -> None:
    Event.objects.update(cancellable_until=event.starts_at)
    page = look(staff, paid, A_1="A-5")
    cancel_seats(paid.payment, labels=["A-1"])

    assert "This changed since you opened it" in str(told(press_again(staff, paid, page)))
    assert event.seats.get(label="A-5").booking is None


def test_the_story_tells_it(paid: Purchase) -> None:
    by_function(paid, A_1="A-5")

    told_of = [entry.words for entry in timeline(paid.payment)]
    assert "Seats A-1, A-2 put on hold." in told_of
    assert "Ticket for A-1 stopped being valid." in told_of
    assert "Ticket for A-5 issued." in told_of


# Dearer seats


@pytest.fixture
def dear(event: Event) -> None:
    event.seats.filter(label__in=["B-9", "B-10"]).update(price=6000)


@pytest.mark.usefixtures("dear")
def test_dearer_seats_are_paid_for_and_then_the_old_ones_go_back(
    staff: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    page = look(staff, paid, A_1="B-9")
    assert "The customer pays €60.00 , then gets €42.00 back" in words(page)
    page = press_again(staff, paid, page)
    own = Payment.objects.get(exchange_of=paid.payment)
    assert own.booking.get_absolute_url() in told(page)[0]
    mail.outbox.clear()
    work("mail_notification")
    [letter] = mail.outbox
    assert letter.subject == "Pay for your new seats: Demo Night"
    assert "Please pay €60.00 on your booking’s page." in str(letter.body)
    assert "Then it stops working, and we refund €42.00 for it." in str(letter.body)
    assert own.booking.get_absolute_url() in str(letter.body)
    assert (own.amount, own.booking.email, own.booking.seat_labels) == (6000, "ada@example.com", ["B-9"])
    assert labels(paid) == ["A-1", "A-2"]
    assert inspect() == []
    answer = Client().post(own.booking.get_absolute_url() + "pay/")  # Wherever the customer opens it.
    assert answer.headers["Location"] == own.checkout_url

    dearer = Purchase(str(own.session_id), {})
    stripe.pay(dearer.session_id)
    deliver("completed", dearer)

    assert labels(dearer) == ["B-9"]
    assert [ticket.status for ticket in live(paid)] == [TicketStatus.SUSPENDED, TicketStatus.VALID]
    assert inspect() == []
    work("send_refund")
    tell(stripe, deliver)
    deliver("completed", dearer)  # Once more.
    assert labels(paid) == ["A-2"]
    assert paid.payment.refunds.get().amount == 4200
    assert inspect() == []
    assert "Exchange offered: B-9." in [one.words for one in timeline(paid.payment)]
    assert any("Exchange for A-1" in one.words for one in timeline(dearer.payment))


@pytest.mark.usefixtures("dear")
def test_a_type_that_is_sold_out_has_no_room_for_an_exchange(staff: Client, paid: Purchase) -> None:
    booking = paid.booking
    child = booking.event.types.create(slug="child", name="Child", quota=2)
    booking.booked_seats.update(type=child)
    booking.seats.update(type=child)

    page = moved(staff, paid, A_1="B-9")

    assert "Only 0 × Child left" in words(page)
    assert not Payment.objects.filter(exchange_of=paid.payment).exists()
    assert labels(paid) == ["A-1", "A-2"]


@pytest.mark.usefixtures("dear")
def test_if_nobody_pays_the_old_tickets_stay(
    staff: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver, event: Event
) -> None:
    dearer = exchange(staff, paid, A_1="B-9")
    form = staff.get(action_of(paid.payment, Action.MOVE)).context["form"]
    assert len(form.tickets) == 1  # While it can be paid, its ticket stays where it is.

    assert not Payment.objects.idle(since=timezone.now()).exists()  # Nor are its seats let go before.

    stripe.expire(dearer.session_id)
    deliver("expired", dearer)

    assert event.seats.get(label="B-9").booking is None
    assert {ticket.status for ticket in live(paid)} == {TicketStatus.VALID}
    assert inspect() == []


@pytest.mark.usefixtures("dear")
def test_what_is_cancelled_meanwhile_goes_back_once(
    staff: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    dearer = exchange(staff, paid, A_1="B-9", A_2="B-10")
    refund(paid, tickets=live(paid)[:1])
    stripe.pay(dearer.session_id)
    deliver("completed", dearer)
    work("send_refund")
    tell(stripe, deliver)

    assert sorted(one.amount for one in paid.payment.refunds.all()) == [4200, 4200]
    assert (labels(paid), labels(dearer)) == ([], ["B-9", "B-10"])
    assert inspect() == []


@pytest.mark.usefixtures("dear")
def test_no_more_goes_back_than_is_left(
    staff: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    dearer = exchange(staff, paid, A_1="B-9", A_2="B-10")
    refund(paid, amount=7000)
    stripe.pay(dearer.session_id)
    deliver("completed", dearer)
    work("send_refund")
    tell(stripe, deliver)

    assert sorted(one.amount for one in paid.payment.refunds.all()) == [1400, 7000]
    assert labels(paid) == []
    assert inspect() == []


@pytest.mark.usefixtures("dear")
def test_a_renamed_ticket_and_a_later_try_are_still_the_same_exchange(
    staff: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    first = exchange(staff, paid, A_1="B-9")
    rename(live(paid)[0], "Charles Babbage")
    stripe.expire(first.session_id)
    deliver("expired", first)
    by_function(paid, A_1="A-7")

    again = pay_again(first.booking)
    assert isinstance(again, Payment)
    stripe.pay(str(again.session_id))
    deliver("completed", Purchase(str(again.session_id), {}))
    work("send_refund")
    tell(stripe, deliver)

    assert labels(paid) == ["A-2"]
    assert paid.payment.refunds.get().amount == 4200
    assert inspect() == []


@pytest.mark.usefixtures("dear")
def test_paid_too_late_with_its_seats_gone_leaves_the_old_ones(
    staff: Client, paid: Purchase, stripe: Sandbox, deliver: Deliver, box_office: BoxOffice
) -> None:
    dearer = exchange(staff, paid, A_1="B-9")
    stripe.expire(dearer.session_id)
    deliver("expired", dearer)
    box_office.buy("B-9", "B-10", email="bob@example.com")
    stripe.pay(dearer.session_id, late=True)
    deliver("completed", dearer)
    work("send_refund")
    tell(stripe, deliver)

    assert dearer.payment.status == PaymentStatus.REFUNDED
    assert labels(paid) == ["A-1", "A-2"]
    assert not paid.payment.refunds.exists()
    assert inspect() == []


@pytest.mark.usefixtures("dear")
def test_if_stripe_is_away_nothing_is_held(
    staff: Client, paid: Purchase, stripe: Sandbox, event: Event
) -> None:
    page = look(staff, paid, A_1="B-9")
    stripe.fault("POST /v1/checkout/sessions", "500_before", times=None)

    page = press_again(staff, paid, page)

    assert told(page)
    assert event.seats.get(label="B-9").booking is None
    assert labels(paid) == ["A-1", "A-2"]
    assert inspect() == []


def test_fsck_names_a_difference_that_stayed(paid: Purchase) -> None:
    by_function(paid, A_1="B-3")
    paid.payment.refunds.all().delete()

    assert "moved_without_the_difference" in [violation.rule for violation in inspect()]


def test_fsck_names_a_ticket_that_nothing_replaced(paid: Purchase) -> None:
    by_function(paid, A_1="A-3")
    Ticket.objects.update(moved_from=None)

    assert [violation.rule for violation in inspect()] == ["moved_and_not_replaced"]
