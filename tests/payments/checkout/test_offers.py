"""Paying for places that were offered to somebody on the waiting list."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import (
    Booking,
    BookingStatus,
    Event,
    Seat,
    SeatState,
    TicketType,
    WaitingEntry,
    WaitingStatus,
)
from bookings.seats.house_states import NewState, change_places
from bookings.waiting_list.offering import look_after
from payments.fsck import inspect
from payments.models import Payment
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from privacy.erasing import erase_customer
from privacy.exporting import export
from privacy.person import Person
from tests.legal.house import publish_terms
from tests.support.sandbox import Sandbox
from tests.support.shop import BoxOffice, Deliver
from tests.support.threads import at_once
from tests.support.worker import work


@pytest.fixture
def sold_out(event: Event, box_office: BoxOffice) -> Event:
    """The event with only two places, A-1 and A-2, which somebody has paid for."""
    event.seats.exclude(label__in=["A-1", "A-2"]).delete()
    box_office.sell()
    return event


def wait(event: Event, name: str, quantity: int = 1, **fields: Any) -> WaitingEntry:
    return WaitingEntry.objects.create(
        **{
            "event": event,
            "name": name.title(),
            "email": f"{name}@example.com",
            "language": "en-gb",
            "quantity": quantity,
            "status": WaitingStatus.WAITING,
            "waiting_since": timezone.now(),
            **fields,
        }
    )


@pytest.fixture
def offered(event: Event) -> WaitingEntry:
    """Bob, who is offered the only two places that are left."""
    event.seats.exclude(label__in=["A-1", "A-2"]).delete()
    entry = wait(event, "bob", 2)
    look_after(event.pk)
    entry.refresh_from_db()
    assert entry.status == WaitingStatus.OFFERED
    return entry


def take(client: Client, entry: WaitingEntry, **form: Any) -> Any:
    return client.post(f"/waiting/{entry.reference}/pay/", {"attempt": "one", "name": "Bob", **form})


def state(entry: WaitingEntry) -> WaitingStatus:
    entry.refresh_from_db()
    return WaitingStatus(entry.status)


def found() -> list[str]:
    return [str(violation) for violation in inspect()]


def test_what_is_given_back_is_offered_and_bought(
    sold_out: Event, client: Client, stripe: Sandbox, deliver: Deliver
) -> None:
    Event.objects.update(cancellable_until=sold_out.starts_at)
    entry = wait(sold_out, "bob", 2)
    booking = Booking.objects.get()
    client.post(f"/api/bookings/{booking.reference}/cancel", {}, content_type="application/json")
    work()
    assert state(entry) == WaitingStatus.OFFERED
    assert found() == []

    take(client, entry)
    payment = Payment.objects.get(booking__email="bob@example.com")
    assert (state(entry), entry.booking) == (WaitingStatus.PAYING, payment.booking)
    stripe.pay(str(payment.session_id))
    client.post(
        "/api/payment-status/verify", {"session_id": payment.session_id}, content_type="application/json"
    )
    look_after(sold_out.pk)

    assert state(entry) == WaitingStatus.BOUGHT
    assert payment.booking.seat_labels == ["A-1", "A-2"]
    assert payment.amount == 8400
    assert found() == []


def test_the_page_shows_the_places_and_what_they_cost(offered: WaitingEntry, client: Client) -> None:
    page = client.get(offered.get_absolute_url()).content.decode()

    assert "We’re holding these tickets for you until" in page
    assert "Total: €84.00" in page


def test_the_types_are_chosen_with_the_offer(event: Event, client: Client, stripe: Sandbox) -> None:
    for slug, percent in (("adult", None), ("child", 50)):
        TicketType.objects.create(event=event, slug=slug, name=slug.title(), percent_off=percent)
    event.seats.exclude(label__in=["A-1", "A-2"]).delete()
    entry = wait(event, "bob", 2)
    look_after(event.pk)
    fields = re.findall(r'name="(type-\d+)"', client.get(entry.get_absolute_url()).content.decode())
    take(client, entry, **dict(zip(fields, ["adult", "child"], strict=True)))

    assert Payment.objects.get().amount == 4200 + 2100
    assert found() == []


def test_a_type_that_is_not_sold_is_refused(event: Event, client: Client, stripe: Sandbox) -> None:
    TicketType.objects.create(event=event, slug="adult", name="Adult")
    TicketType.objects.create(event=event, slug="secret", name="Secret", percent_off=90, needs_code=True)
    event.seats.exclude(label__in=["A-1", "A-2"]).delete()
    entry = wait(event, "bob")
    look_after(event.pk)
    entry.refresh_from_db()
    assert entry.booking is not None
    (seat,) = entry.booking.seats.all()

    assert take(client, entry, **{f"type-{seat.pk}": "secret"}).status_code == 400
    assert state(entry) == WaitingStatus.OFFERED


def test_sending_the_page_twice_is_one_purchase(
    offered: WaitingEntry, client: Client, stripe: Sandbox
) -> None:
    first, second = take(client, offered), take(client, offered)

    assert first.headers["Location"] == second.headers["Location"]
    assert Payment.objects.count() == 1


def test_who_comes_back_from_stripe_keeps_the_offer_as_long_as_it_lasts(
    offered: WaitingEntry, event: Event, client: Client, stripe: Sandbox, deliver: Deliver
) -> None:
    until = offered.offered_until
    another = wait(event, "eve", 2)
    take(client, offered)
    stripe.expire(str(Payment.objects.get().session_id))
    deliver(stripe.event("expired", str(Payment.objects.get().session_id)))
    work("offer_places")

    assert (state(offered), offered.offered_until) == (WaitingStatus.OFFERED, until)
    assert state(another) == WaitingStatus.WAITING
    assert take(client, offered, attempt="two").status_code == 302
    assert Payment.objects.filter(status="pending").count() == 1
    assert found() == []


def test_a_payment_that_ends_after_the_offer_goes_to_the_next(
    offered: WaitingEntry, event: Event, client: Client, stripe: Sandbox, deliver: Deliver
) -> None:
    another = wait(event, "eve", 2)
    take(client, offered)
    WaitingEntry.objects.filter(pk=offered.pk).update(offered_until=timezone.now())
    look_after(event.pk)
    assert state(offered) == WaitingStatus.PAYING
    stripe.expire(str(Payment.objects.get().session_id))
    deliver(stripe.event("expired", str(Payment.objects.get().session_id)))
    work("offer_places")

    assert (state(offered), state(another)) == (WaitingStatus.RAN_OUT, WaitingStatus.OFFERED)


def test_an_offer_that_ran_out_cannot_be_taken(offered: WaitingEntry, client: Client) -> None:
    WaitingEntry.objects.update(offered_until=timezone.now() - timedelta(seconds=1))

    assert take(client, offered).headers["Location"] == offered.get_absolute_url()
    assert not Payment.objects.exists()


def test_what_the_house_holds_back_meanwhile_is_still_sold_to_whom_it_was_offered(
    offered: WaitingEntry, event: Event, client: Client, stripe: Sandbox
) -> None:
    change_places(event, list(event.seats.values_list("pk", flat=True)), NewState(state=SeatState.HELD_BACK))

    assert take(client, offered).status_code == 302

    assert state(offered) == WaitingStatus.PAYING
    assert offered.booking is not None
    assert offered.booking.seat_labels == ["A-1", "A-2"]


def test_without_stripe_the_offer_stays(offered: WaitingEntry, event: Event, client: Client) -> None:
    assert take(client, offered).status_code == 503
    work("offer_places")

    assert state(offered) == WaitingStatus.OFFERED
    assert found() == []


def test_the_terms_and_the_limits_count_as_for_anybody(
    offered: WaitingEntry, event: Event, client: Client, stripe: Sandbox
) -> None:
    Event.objects.update(most_per_customer=1)
    limited = take(client, offered)
    Event.objects.update(most_per_customer=2)
    publish_terms()
    disagreed = take(client, offered)

    assert (limited.status_code, disagreed.status_code) == (409, 400)
    assert state(offered) == WaitingStatus.OFFERED
    assert found() == []


def test_nothing_ends_an_offer_before_its_time(offered: WaitingEntry, event: Event, stripe: Sandbox) -> None:
    Booking.objects.update(created_at=timezone.now() - timedelta(hours=20))
    reconcile(Run(), everything=True)

    assert state(offered) == WaitingStatus.OFFERED
    assert Seat.objects.filter(booking=offered.booking).count() == 2


def test_fsck_finds_offers_without_places_and_those_that_nobody_ended(offered: WaitingEntry) -> None:
    assert offered.booking is not None
    late = timezone.now() - timedelta(hours=1)
    WaitingEntry.objects.update(offered_until=late)
    overdue = found()
    Seat.objects.update(booking=None)
    Booking.objects.update(status=BookingStatus.RELEASED, released_at=timezone.now())
    lost = found()

    assert [line.partition(":")[0] for line in overdue] == ["offer_that_has_not_ended"]
    assert "offer_without_its_places" in [line.partition(":")[0] for line in lost]


def test_a_customer_who_waits_can_see_and_erase_it(offered: WaitingEntry, event: Event) -> None:
    another = wait(event, "eve", 2)
    (exported,) = export(Person("bob@example.com"))["waiting_lists"]
    erase_customer("bob@example.com")
    work("offer_places")

    assert exported["quantity"] == 2
    assert not WaitingEntry.objects.filter(email="bob@example.com").exists()
    assert not Booking.objects.filter(email="bob@example.com").exists()
    assert state(another) == WaitingStatus.OFFERED


@pytest.mark.django_db(transaction=True)
def test_of_taking_and_declining_at_once_one_wins(
    offered: WaitingEntry, event: Event, stripe: Sandbox
) -> None:
    def act(number: int) -> None:
        if number % 2:
            take(Client(), offered, attempt=str(number))
        else:
            Client().post(f"/waiting/{offered.reference}/leave/")

    at_once(act, 6)

    held = Seat.objects.exclude(booking=None).count()
    paying = Payment.objects.filter(status="pending").count()
    assert (state(offered), held, paying) in [(WaitingStatus.PAYING, 2, 1), (WaitingStatus.LEFT, 0, 0)]
    assert found() == []


def test_an_offer_that_costs_nothing_is_bought_at_once(event: Event, client: Client) -> None:
    TicketType.objects.create(event=event, slug="guest", name="Guest", price=0)
    event.seats.exclude(label__in=["A-1", "A-2"]).delete()
    entry = wait(event, "bob", 2)
    look_after(event.pk)
    fields = re.findall(r'name="(type-\d+)"', client.get(entry.get_absolute_url()).content.decode())
    answer = take(client, entry, **dict.fromkeys(fields, "guest"))
    look_after(event.pk)

    assert state(entry) == WaitingStatus.BOUGHT
    assert entry.booking is not None
    assert answer.headers["Location"] == entry.booking.get_absolute_url()
    assert entry.booking.status == BookingStatus.CONFIRMED
    assert found() == []
