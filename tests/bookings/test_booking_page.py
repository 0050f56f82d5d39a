"""The page of a booking, while it is open: it follows everything that it says, and misses nothing."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from bookings.models import Booking, Event
from payments.models import Payment
from tests.support.listening import Hear, hearing
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.worker import work

TAG, STATUS = re.compile(r'data-etag="&quot;(\w+)&quot;"'), "/api/payment-status"
READ = re.compile(r"^SELECT .* FROM \"bookings_booking\" INNER JOIN \"bookings_event\"")
HOUR = timedelta(hours=1)


@pytest.fixture
def hear(transactional_db: None) -> Iterator[Hear]:
    with hearing() as hear:
        yield hear


@pytest.fixture
def paid(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """Seats A-1 and A-2, paid; the mail with the tickets isn't sent yet."""
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    return purchase


def look(client: Client, purchase: Purchase) -> str:
    return client.get(purchase.booking.get_absolute_url()).content.decode()


def tag_of(page: str) -> str:
    found = TAG.search(page)
    assert found
    return f'"{found[1]}"'


def is_news(client: Client, purchase: Purchase, page: str) -> bool:
    """Whether a page that was drawn before is told to draw itself anew."""
    headers = {"If-None-Match": tag_of(page)}
    answer = client.get(STATUS, {"session_id": purchase.session_id}, headers=headers)
    return {200: True, 304: False}[answer.status_code]


def change_event(**changes: Any) -> None:
    Event.objects.update(**changes)


def test_a_page_of_which_nothing_has_changed_is_left_alone(client: Client, paid: Purchase) -> None:
    assert not is_news(client, paid, look(client, paid))


def test_the_page_follows_the_mail_with_the_tickets(client: Client, paid: Purchase) -> None:
    page = look(client, paid)
    assert "Your tickets are on their way to" in page

    work("mail_tickets")

    assert is_news(client, paid, page)
    assert "We emailed your tickets to ada@example.com on" in look(client, paid)


def test_a_page_drawn_while_the_payment_comes_says_one_thing(
    client: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    reads = count(1)

    def pay_before_the_second(execute: Any, sql: str, *rest: Any) -> Any:
        if READ.search(sql) and next(reads) == 2:
            deliver("completed", purchase)
        return execute(sql, *rest)

    with connection.execute_wrapper(pay_before_the_second):
        page = look(client, purchase)

    assert purchase.tickets == ["A-1", "A-2"]
    assert "Confirmed" in page
    assert "Email tickets again" in page
    assert not is_news(client, purchase, page)


@pytest.mark.parametrize("deadline", ["cancellable_until", "sales_until", "starts_at", "ends_at"])
def test_the_page_follows_the_events_deadlines(client: Client, paid: Purchase, deadline: str) -> None:
    now = timezone.now()
    change_event(
        sales_from=now - 9 * HOUR,
        sales_until=now + HOUR,
        cancellable_until=now + HOUR,
        starts_at=now + 2 * HOUR,
        ends_at=now + 3 * HOUR,
    )
    if deadline in ("starts_at", "ends_at"):
        change_event(cancellable_until=now - 5 * HOUR)
    if deadline == "ends_at":
        change_event(starts_at=now - 4 * HOUR, sales_until=now - 5 * HOUR)
    page = look(client, paid)

    change_event(**{deadline: now - HOUR})

    assert is_news(client, paid, page)


def test_the_page_follows_the_end_of_its_checkout(client: Client, purchase: Purchase) -> None:
    page = look(client, purchase)
    assert "Continue to payment" in page

    Payment.objects.update(expires_at=timezone.now())

    assert is_news(client, purchase, page)
    assert "Continue to payment" not in look(client, purchase)


def test_the_page_follows_a_refund_that_waits_for_its_customer(client: Client, paid: Purchase) -> None:
    now = timezone.now()
    known = {"refund_id": "re_1", "accepted_at": now, "checked_at": now, "status": "pending"}
    refund = paid.payment.refunds.create(amount=100, currency="eur", origin="staff", **known)
    page = look(client, paid)

    refund.status = "requires_action"
    refund.save()

    assert is_news(client, paid, page)
    assert "the payment provider has asked you by email" in look(client, paid)


@contextmanager
def meanwhile(action: Callable[[], Any], *, before: str) -> Iterator[None]:
    """Have ``action`` done, once, before the first statement with ``before`` in it."""
    done: list[str] = []

    def watch(execute: Any, query: Any, *rest: Any) -> Any:
        if before in str(query) and not done:
            done.append(before)
            action()
        return execute(query, *rest)

    with connection.execute_wrapper(watch):
        yield
    assert done


@pytest.mark.parametrize("moment", ["FROM bookings_booking AS booking", '"bookings_ticket"'])
def test_a_change_while_the_page_is_drawn_is_on_it_or_is_news(
    client: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver, moment: str
) -> None:
    stripe.pay(purchase.session_id)
    other = Client()

    with meanwhile(lambda: deliver("completed", purchase), before=moment):
        page = look(other, purchase)

    assert is_news(client, purchase, page) or "Your tickets are on their way" in page


def test_an_event_that_moves_while_the_page_is_drawn_is_on_it_or_is_news(
    client: Client, paid: Purchase, event: Event
) -> None:
    def move() -> None:
        event.refresh_from_db()
        event.venue = "The Great Hall"
        event.save()

    with meanwhile(move, before="FROM bookings_booking AS booking"):
        page = look(client, paid)

    assert is_news(client, paid, page) or "The Great Hall" in page


# Who is woken


@pytest.mark.django_db(transaction=True)
def test_the_mail_with_the_tickets_wakes_the_page(hear: Hear, paid: Purchase) -> None:
    hear()

    work("mail_tickets")

    assert hear() == {f"booking:{paid.booking.reference}"}


@pytest.mark.django_db(transaction=True)
def test_an_event_that_staff_change_wakes_whoever_has_seats(
    hear: Hear, buy: Buy, client: Client, event: Event, stripe: Sandbox, deliver: Deliver
) -> None:
    mine, over = buy("A-1"), buy("A-2")
    ada = User.objects.create_user("ada", "ada@example.com")
    Booking.objects.filter(pk=mine.booking.pk).update(customer=ada)
    stripe.expire(over.session_id)
    deliver("expired", over)
    client.force_login(User.objects.create_superuser("boss"), "customers.backends.StaffBackend")
    page = client.get(f"/admin/bookings/event/{event.pk}/change/").context["adminform"].form
    form = {name: page[name].value() for name in page.fields if page[name].value() is not None}
    for name in ("starts_at", "ends_at", "sales_from", "sales_until"):
        at = timezone.localtime(form.pop(name))
        form |= {f"{name}_0": at.strftime("%Y-%m-%d"), f"{name}_1": at.strftime("%H:%M:%S")}
    before = look(client, mine)
    hear()

    answer = client.post(f"/admin/bookings/event/{event.pk}/change/", {**form, "title": "The Great Night"})

    assert answer.status_code == 302, answer.context["errors"]
    assert hear() == {f"booking:{mine.booking.reference}", f"customer:{ada.pk}"}
    assert is_news(client, mine, before)
    assert "The Great Night" in look(client, mine)
