"""Lists of a shop that has sold for years: capped, filtered and searched without reading all of them."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.sites import site
from django.db import connection
from django.test import Client

from bookings import paging
from bookings.models import Booking, Event, Seat, Ticket
from bookings.paging import CappedPaginator
from payments.health import counting
from payments.health.counting import count_by_status
from payments.models import Action, BulkRun, Payment, PaymentStatus, StripeEvent
from payments.models.payment import WAITING
from tests.support import old_shop
from tests.support.shared import shared
from tests.support.shop import BoxOffice
from tests.support.staff import somebody_of

LIST = "/admin/payments/payment/"
BOOKINGS = "/admin/bookings/booking/"
TICKETS = "/admin/bookings/ticket/"


@shared
def world(box_office: BoxOffice) -> None:
    old_shop.fill()


@pytest.fixture
def staff(world: None) -> Client:
    return somebody_of("Box office")


@pytest.fixture
def boss(world: None, admin_client: Client) -> Client:
    return admin_client


def found(client: Client, address: str, typed: str) -> set[int]:
    return {row.pk for row in client.get(address, {"q": typed}).context["cl"].result_list}


def test_only_the_beginning_of_a_long_list_is_counted(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST", 120)

    first, last = staff.get(LIST), staff.get(LIST, {"p": 3})

    assert first.context["cl"].result_count == 120
    assert "The first 120 payments. Search, filter" in first.content.decode()
    newest = list(Payment.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)[:120])
    assert [row.pk for row in first.context["cl"].result_list] == newest[:50]
    assert [row.pk for row in last.context["cl"].result_list] == newest[100:]
    assert staff.get(LIST, {"p": 4}).status_code == 302


def test_all_that_are_selected_are_those_that_are_counted(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MOST", 120)
    newest = Payment.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)[:120]
    asked = {"action": Action.RESEND.value, "select_across": "1", "_selected_action": [str(newest[0])]}

    page = staff.post(LIST, asked)
    assert page.context["count"] == 120
    staff.post(LIST, {**asked, "form_id": str(uuid4()), "reason": "The mail server was away."})

    assert set(BulkRun.objects.get().items.values_list("payment", flat=True)) == set(newest)


def test_a_short_list_is_counted_to_its_end(staff: Client) -> None:
    page = staff.get(LIST, {"status__exact": "expired"})

    assert page.context["cl"].result_count == Payment.objects.filter(status="expired").count()
    assert "There are more" not in page.content.decode()


def test_every_list_of_what_grows_is_capped() -> None:
    assert {Booking, Seat, Ticket, Payment, StripeEvent} <= {
        model for model, page in site._registry.items() if page.paginator is CappedPaginator
    }


def test_events_to_filter_by_are_those_that_are_near(staff: Client) -> None:
    (spec,) = [spec for spec in staff.get(LIST).context["cl"].filter_specs if spec.title == "event"]
    ids = [int(pk) for pk, _name in spec.lookup_choices]

    assert ids == list(Event.objects.order_by("ends_at").values_list("pk", flat=True))
    past = Event.objects.earliest("ends_at")
    rows = staff.get(LIST, {"booking__event__id__exact": past.pk}).context["cl"].queryset
    assert {row.booking.event_id for row in rows} == {past.pk}


def test_an_event_that_is_not_near_is_offered_once_a_link_names_it(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bookings.event_filter.OVER", 0)
    past = Event.objects.earliest("ends_at")

    def offered(**query: Any) -> list[str]:
        specs = staff.get(LIST, query).context["cl"].filter_specs
        return [pk for spec in specs if spec.title == "event" for pk, _name in spec.lookup_choices]

    assert str(past.pk) not in offered()
    assert str(past.pk) in offered(booking__event__id__exact=past.pk)


def test_types_to_filter_by_are_those_that_have_come(staff: Client) -> None:
    StripeEvent.objects.filter(pk__in=StripeEvent.objects.values("pk")[:5]).update(type="charge.succeeded")

    page = staff.get("/admin/payments/stripeevent/", {"type": "charge.succeeded"})

    assert page.context["cl"].result_count == 5
    (spec,) = [spec for spec in page.context["cl"].filter_specs if spec.title == "type"]
    assert [kind for kind, _name in spec.lookup_choices] == ["charge.succeeded", "checkout.session.completed"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        *(("Ada Lovelace", typed) for typed in ("ada love", "LOVE ADA", "lovelace", "Ada,Lovelace", "'ada'")),
        *(("Seán O’Brien-Smith", typed) for typed in ("o'brien", "brien", "smi", "O’Brien-Smith")),
        *(("Łukasz Müller", typed) for typed in ("müll", "Łukasz", "łuk mül")),
        *(("अर्जुन शर्मा", typed) for typed in ("अर्जुन", "शर्मा")),
        *(("王小明", typed) for typed in ("王小明", "王小")),
    ],
)
def test_a_name_is_found_by_the_beginnings_of_its_words(name: str, typed: str, boss: Client) -> None:
    payment = Payment.objects.latest("pk")
    Booking.objects.filter(pk=payment.booking_id).update(name=name)

    assert payment.pk in found(boss, LIST, typed)
    assert payment.booking_id in found(boss, BOOKINGS, typed)


@pytest.mark.parametrize("typed", ["ovelace", "ada nobody", "love%", "!ada", "()", "<->", "x" * 3000])
def test_what_no_name_is_made_of_finds_nobody(typed: str, boss: Client) -> None:
    Booking.objects.filter(pk=Booking.objects.latest("pk").pk).update(name="Ada Lovelace")

    assert found(boss, BOOKINGS, typed) == set()


def test_of_what_many_share_the_newest_are_found(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bookings.search.MOST", 20)
    of_price = Payment.objects.filter(amount=8400).order_by("-pk").values_list("pk", flat=True)

    assert found(staff, LIST, "84.00") == set(of_price[:20])
    page = staff.get(LIST, {"q": "84.00", "status__exact": "expired"})
    expired = of_price.filter(status="expired")
    assert {row.pk for row in page.context["cl"].result_list} == set(expired[:20])


def test_of_what_many_share_those_that_the_filters_let_through_are_found(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bookings.search.MOST", 20)
    Booking.objects.update(name="Ada Lovelace")
    released = Booking.objects.filter(status="released")
    released = released.filter(event=released.earliest("pk").event_id)
    void = Ticket.objects.filter(status="void", booking__in=Booking.objects.order_by("pk")[:900])
    Ticket.objects.filter(pk__in=void.values("pk")[:3]).update(stopped_for="renamed")
    event = StripeEvent.objects.exclude(payment=None).earliest("pk")
    StripeEvent.objects.filter(pk=event.pk).update(type="charge.succeeded")

    def sought(address: str, **filters: Any) -> set[int]:
        page = boss.get(address, {"q": "ada lovelace", **filters})
        return {row.pk for row in page.context["cl"].result_list}

    newest = released.order_by("-pk").values_list("pk", flat=True)[:20]
    assert sought(BOOKINGS, status__exact="released", event__id__exact=released[0].event_id) == set(newest)
    renamed = Ticket.objects.filter(stopped_for="renamed").values_list("pk", flat=True)
    assert sought(TICKETS, stopped_for__exact="renamed") == set(renamed)
    assert sought("/admin/payments/stripeevent/", type="charge.succeeded") == {event.pk}


def test_a_ticket_is_found_by_its_code_and_by_its_booking(boss: Client) -> None:
    ticket = Ticket.objects.select_related("booking").latest("pk")

    for typed in (
        ticket.code,
        ticket.code[:9].lower(),
        ticket.booking.ticket_reference,
        ticket.booking.email,
    ):
        assert ticket.pk in found(boss, "/admin/bookings/ticket/", str(typed))


def test_seats_and_events_are_listed_with_the_newest_first(boss: Client) -> None:
    seats = boss.get("/admin/bookings/seat/").context["cl"].result_list
    events = boss.get("/admin/bookings/event/").context["cl"].result_list

    assert {seat.event_id for seat in seats} == {Event.objects.latest("pk").pk}
    free = {event.pk: (event.seats_free, event.seats_total) for event in events}
    known: Any = Event.objects.with_availability()
    for event in known:
        assert free[event.pk] == (event.seats_free, event.seats_total)


def test_large_tables_are_counted_by_their_statistics_and_what_waits_exactly(
    world: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = count_by_status(Payment, PaymentStatus.values, waiting=WAITING)
    assert exact == {status: Payment.objects.filter(status=status).count() for status in PaymentStatus.values}

    monkeypatch.setattr(counting, "EXACT_UP_TO", 0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE payments_payment")
    Payment.objects.filter(status="pending").update(status="processing")
    rough = count_by_status(Payment, PaymentStatus.values, waiting=WAITING)

    assert (rough["pending"], rough["processing"]) == (0, exact["pending"] + exact["processing"])
    # The statistics are of all rows, as there are fewer than ANALYZE looks at.
    assert {status: rough[status] for status in ("succeeded", "expired", "refunded")} == {
        status: exact[status] for status in ("succeeded", "expired", "refunded")
    }
