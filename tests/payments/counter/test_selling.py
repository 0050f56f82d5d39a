"""Selling at the counter: what is held, for how long, how it is paid, and what then follows."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from bookings.event_changes.changing import Author, call_off
from bookings.models import Booking, BookingStatus, Event, EventStatus, Seat, SeatState
from payments.fsck import inspect
from payments.models import CounterSale, Notification, Payment, PaymentStatus, SaleKind
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from tests.payments.counter.desk import Desk, add_floor, add_types, held_now, page_of, problems
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase
from tests.support.worker import work


@pytest.fixture
def desk(event: Event) -> Desk:
    return Desk(event)


def lapse(booking: Booking) -> None:
    """Let the two minutes of a hold be over."""
    an_hour = timedelta(hours=1)
    Booking.objects.filter(pk=booking.pk).update(
        created_at=timezone.now() - 2 * an_hour, held_until=timezone.now() - an_hour
    )


def test_seats_are_sold_for_cash_with_change_and_without_a_name(desk: Desk) -> None:
    desk.open_till()
    booking = desk.held("A-1", "A-2")

    answer = desk.pay(booking, given="100")

    sale = CounterSale.objects.get()
    assert answer.headers["Location"] == f"/box-office/sales/{sale.pk}/?given=10000"
    assert "€16.00" in desk.client.get(answer.headers["Location"]).content.decode()
    assert (sale.kind, sale.amount, sale.seller, sale.till) == ("cash", 8400, desk.user, sale.till)
    booking.refresh_from_db()
    assert (booking.status, booking.name, booking.email) == ("confirmed", "", "")
    assert booking.tickets.count() == 2
    assert work("mail_tickets") == []
    assert inspect() == []


def test_a_page_that_is_sent_twice_holds_and_sells_once(desk: Desk, event: Event) -> None:
    add_floor(event)
    desk.open_till()
    wish = {"attempt": "once", "places-floor.": "2"}

    first, second = desk.hold(**wish), desk.hold(**wish)
    booking = Booking.objects.get()
    sold, again = desk.pay(booking, "terminal"), desk.pay(booking, "cash")
    late = desk.hold(**wish)

    assert first.headers["Location"] == second.headers["Location"] == page_of(booking)
    sale = CounterSale.objects.get()
    pages = {answer.headers["Location"] for answer in (sold, again, late)}
    assert (pages, sale.kind) == ({f"/box-office/sales/{sale.pk}/"}, "terminal")


def test_each_place_is_sold_as_its_type_and_the_server_says_the_total(desk: Desk, event: Event) -> None:
    add_floor(event)
    add_types(event)
    desk.open_till()
    booking = desk.held("A-1", "A-2", **{"type": "adult", "places-floor.child": "1"})
    as_now = {"type-A-1": "adult", "type-A-2": "child", "places-floor.child": "2"}

    answer = desk.client.post(page_of(booking), as_now)

    page = desk.client.get(answer.headers["Location"])
    assert page.context["amount"] == 4200 + 2100 + 2 * 1250
    assert held_now(event) == ["A-1", "A-2", "Floor 1", "Floor 2"]
    booking.refresh_from_db()
    assert booking.status == BookingStatus.RELEASED


def test_what_was_changed_is_not_paid_before_its_new_total_was_read(desk: Desk, event: Event) -> None:
    add_types(event)
    desk.open_till()
    booking = desk.held("A-1", "A-2")
    page = {"lines": "1", "type-A-1": "adult", "type-A-2": "child", "name": "Ada", "email": "a@example.com"}

    answer = desk.pay(booking, "cash", **page)

    shown = desk.client.get(answer.headers["Location"])
    assert (shown.context["amount"], CounterSale.objects.count()) == (6300, 0)
    assert "nothing was sold yet" in shown.content.decode()
    assert 'value="Ada"' in shown.content.decode()
    assert 'value="a@example.com"' in shown.content.decode()
    again = desk.pay(shown.context["booking"], "cash", **page)
    assert CounterSale.objects.get().amount == 6300
    assert again.headers["Location"].startswith("/box-office/sales/")


def test_what_cannot_be_changed_leaves_all_as_it_was(desk: Desk, event: Event) -> None:
    _adult, child = add_types(event)
    child.quota = 1
    child.save()
    booking = desk.held("A-1", "A-2")

    answer = desk.client.post(page_of(booking), {"type-A-1": "child", "type-A-2": "child"})

    assert answer.status_code == 409
    assert "Child" in problems(answer)["__all__"][0]
    assert held_now(event) == ["A-1", "A-2"]
    booking.refresh_from_db()
    assert booking.status == BookingStatus.HELD


def test_what_the_house_holds_back_is_marked_and_sold_here_only(desk: Desk, event: Event) -> None:
    kept = Seat.objects.filter(event=event, label="A-3")
    kept.update(state=SeatState.HELD_BACK, held_back_for="the mayor")
    page = desk.client.get(desk.page).content.decode()
    wish = {"event": event.slug, "seats": ["A-3"], "name": "Ada", "email": "ada@example.com"}

    online = Client().post("/api/checkout", wish, content_type="application/json")

    assert online.status_code == 409
    assert 'aria-label="A-3, held back for the mayor"' in page
    assert desk.hold("A-3").status_code == 302
    assert held_now(event) == ["A-3"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_counter_sells_before_and_after_the_online_sale(desk: Desk, event: Event, when: str) -> None:
    now, day = timezone.now(), timedelta(days=1)
    times = {
        "before": {"sales_from": now + day, "sales_until": now + 2 * day},
        "after": {"sales_from": now - 2 * day, "sales_until": now - day},
    }
    Event.objects.update(**times[when])

    assert desk.hold("A-1").status_code == 302


@pytest.mark.parametrize(
    "changes",
    [
        {"visibility": "draft"},
        {"status": EventStatus.CANCELLED},
        {"starts_at": timezone.now() - timedelta(days=9), "ends_at": timezone.now() - timedelta(days=8)},
    ],
)
def test_drafts_and_what_is_called_off_or_over_are_not_sold(desk: Desk, changes: dict[str, Any]) -> None:
    early = {"sales_from": timezone.now() - timedelta(days=20), "sales_until": timezone.now() - timedelta(10)}
    Event.objects.update(**early, **changes)

    assert desk.hold("A-1").status_code == 404
    assert Booking.objects.count() == 0


def test_a_hold_ends_by_itself_and_cannot_be_sold_then(desk: Desk, event: Event) -> None:
    desk.open_till()
    booking = desk.held("A-1")
    assert inspect() == []
    lapse(booking)
    assert {found.rule for found in inspect()} == {"hold_that_nobody_will_end"}

    reconcile(Run())

    assert held_now(event) == []
    assert inspect() == []
    answer = desk.pay(booking)
    assert (answer.status_code, CounterSale.objects.count()) == (409, 0)
    assert "Choose again" in answer.content.decode()


def test_a_dry_run_ends_nothing(desk: Desk, event: Event) -> None:
    lapse(desk.held("A-1"))

    run = reconcile(Run(is_dry=True))

    assert (run.counts["lapsed"], held_now(event)) == (1, ["A-1"])


def test_it_is_let_go_for_the_next(desk: Desk, event: Event) -> None:
    booking = desk.held("A-1")

    answers = [desk.client.post(f"{page_of(booking)}let-go/") for _twice in range(2)]

    assert [answer.headers["Location"] for answer in answers] == [desk.page] * 2
    assert held_now(event) == []


def test_what_customers_pay_online_is_neither_sold_nor_let_go_here(desk: Desk, purchase: Purchase) -> None:
    desk.open_till()

    sold = desk.pay(purchase.booking)
    desk.client.post(f"{page_of(purchase.booking)}let-go/")

    assert sold.status_code == 409
    assert CounterSale.objects.count() == 0
    assert purchase.booking.status == BookingStatus.HELD


def test_nobody_takes_money_without_a_till_of_their_own(desk: Desk, event: Event) -> None:
    Desk(event).open_till()
    booking = desk.held("A-1")

    answer = desk.pay(booking, name="Ada")

    assert (answer.status_code, problems(answer)) == (
        409,
        {"__all__": ["Open a till first."]},
    )
    assert 'value="Ada"' in answer.content.decode()
    desk.open_till()
    assert desk.pay(booking, name="Ada").status_code == 302


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"kind": "cash", "given": "40"}, {"given": ["€2.00 short."]}),
        ({"kind": "cash", "given": "many"}, {"given": ["Enter an amount, such as 25.00."]}),
        ({"kind": "cash", "email": "nobody"}, {"email": ["Enter a valid email address."]}),
        ({"kind": "link"}, {"email": ["Enter the customer’s email address."]}),
        (
            {"kind": "complimentary"},
            {
                "reason": ["Enter a reason."],
                "allowed_by": ["Enter who approved it."],
            },
        ),
        ({"kind": "free"}, {"__all__": ["Choose how the customer pays."]}),
        ({"kind": "x"}, {"kind": ["Select a valid choice. x is not one of the available choices."]}),
    ],
)
def test_wrong_input_is_explained_at_its_field_and_nothing_is_lost(
    desk: Desk, event: Event, answers: dict[str, str], wrong: dict[str, list[str]]
) -> None:
    desk.open_till()
    booking = desk.held("A-1")

    answer = desk.pay(booking, **{"name": "Ada Lovelace", **answers})

    assert (answer.status_code, problems(answer)) == (400, wrong)
    page = answer.content.decode()
    assert all(f'value="{typed}"' in page for name, typed in answers.items() if name != "kind")
    assert 'value="Ada Lovelace"' in page
    assert held_now(event) == ["A-1"]


def test_complimentary_says_why_and_who_allowed_it(desk: Desk) -> None:
    sale = desk.sell("A-1", kind="complimentary", reason="Press", allowed_by="The director")

    assert (sale.kind, sale.amount, sale.till) == ("complimentary", 0, None)
    assert (sale.reason, sale.allowed_by) == ("Press", "The director")
    assert inspect() == []


def test_what_costs_nothing_is_free_whatever_is_pressed(desk: Desk, event: Event) -> None:
    event.types.create(slug="carer", name="Carer", price=0)
    booking = desk.held("A-1", type="carer")

    desk.pay(booking, "cash")

    assert CounterSale.objects.get().kind == SaleKind.FREE
    assert inspect() == []


def test_tickets_are_mailed_to_whoever_leaves_an_address(desk: Desk) -> None:
    desk.open_till()
    sale = desk.sell("A-1", name="Ada Lovelace", email="ada@example.com", language="de")

    work("mail_tickets")

    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["ada@example.com"], "Ihr Ticket: Demo Night")
    assert Client().get(sale.booking.get_absolute_url()).status_code == 200


def test_a_payment_link_is_mailed_and_the_hold_lives_as_long_as_its_session(
    desk: Desk, stripe: Sandbox, deliver: Deliver
) -> None:
    booking = desk.held("A-1")
    answers = [desk.pay(booking, "link", name="Ada", email="ada@example.com") for _twice in range(2)]
    assert [answer.headers["Location"] for answer in answers] == [page_of(booking)] * 2
    payment = Payment.objects.get()
    booking.refresh_from_db()
    assert booking.held_until > payment.expires_at
    assert Notification.objects.count() == 1
    work("mail_notification")
    (sent,) = mail.outbox
    assert sent.subject == "Please pay for your tickets: Demo Night"
    assert f"{booking.get_absolute_url()}" in sent.body
    assert "goes back" not in sent.body
    lapse(booking)
    reconcile(Run())
    booking.refresh_from_db()
    assert booking.status == BookingStatus.HELD

    purchase = Purchase(str(payment.session_id), {})
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)

    assert (purchase.payment.status, purchase.tickets) == (PaymentStatus.SUCCEEDED, ["A-1"])
    assert "Paid. The tickets" in desk.client.get(page_of(booking)).content.decode()
    assert inspect() == []


def test_without_stripe_no_link_is_sent_and_the_places_are_free(
    desk: Desk, event: Event, stripe: Sandbox
) -> None:
    booking = desk.held("A-1")
    stripe.fault("POST /v1/checkout/sessions", "500_before", times=10)

    answer = desk.pay(booking, "link", email="ada@example.com")

    assert (answer.status_code, Notification.objects.count(), held_now(event)) == (503, 0, [])
    stripe.clear_faults()
    again = desk.pay(booking, "link", email="ada@example.com")
    assert (again.status_code, Notification.objects.count()) == (409, 0)


@pytest.mark.parametrize(
    ("wish", "wrong"),
    [
        ({}, {"__all__": ["Choose seats or a number."]}),
        (
            {"seats": ["A-1"], "quantity": "2"},
            {"quantity": ["Choose seats on the map or a number of best seats, not both."]},
        ),
        ({"quantity": "21"}, {"quantity": ["Ensure this value is less than or equal to 20."]}),
        ({"places-floor.": "-1"}, {"places-floor.": ["Ensure this value is greater than or equal to 0."]}),
        ({"places-floor.": "two"}, {"places-floor.": ["Enter a whole number."]}),
        (
            {"seats": ["A-1", "A-2"], "places-floor.": "19"},
            {"__all__": ["One sale can have up to 20 places."]},
        ),
        ({"places-floor.": "6"}, {"__all__": ["Floor: Only 5 seats are left."]}),
        ({"seats": ["Z-1"]}, {"__all__": ["There’s no seat Z-1 at this event."]}),
        (
            {"seats": ["A-1"], "code": "NO"},
            {"__all__": ["The code NO isn’t known here, or isn’t valid now."]},
        ),
    ],
)
def test_what_cannot_be_held_is_explained_and_stays_chosen(
    desk: Desk, event: Event, wish: dict[str, Any], wrong: dict[str, list[str]]
) -> None:
    add_floor(event)

    answer = desk.hold(*wish.pop("seats", []), **wish)

    assert problems(answer) == wrong
    assert held_now(event) == []


def test_a_taken_seat_is_named_and_the_others_stay_chosen(desk: Desk, event: Event) -> None:
    Desk(event).held("A-1")

    answer = desk.hold("A-1", "A-2")

    assert problems(answer) == {"seats": ["Seat A-1 was just taken. Choose another."]}
    page = answer.content.decode()
    assert 'value="A-2" data-n="2" checked' in page


@pytest.mark.parametrize("kind", ["cash", "link"])
def test_what_is_held_of_an_event_that_is_called_off_is_not_sold(
    desk: Desk, event: Event, stripe: Sandbox, kind: str
) -> None:
    desk.open_till()
    booking = desk.held("A-1")
    call_off(event, Author(reason="The singer is ill."))

    answer = desk.pay(booking, kind, email="ada@example.com")

    assert answer.status_code == 409
    assert "This event is cancelled." in answer.content.decode()
    assert not CounterSale.objects.exists()
    assert not Payment.objects.exists()
