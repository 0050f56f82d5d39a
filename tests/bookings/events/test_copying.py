"""An event is copied to other dates, by a pattern or one by one; all are one production with a page."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from bookings.events.capacity import set_capacity
from bookings.events.copying import NotCopyable, Pattern, make_copies, plan_copies
from bookings.events.visibility import change_visibility
from bookings.models import Event, Production, Visibility
from bookings.orders.buyers import Buyer
from bookings.orders.wishes import PlacesWish, Wish
from bookings.seats.holds import hold
from tests.support.page_text import text_of
from tests.support.shop import BoxOffice, make_event
from tests.support.staff import somebody_of, told

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
WEEK = timedelta(days=7)


@pytest.fixture
def night() -> Event:
    return make_event(
        time_zone="Europe/Berlin",
        description="Songs.",
        cancellation_fee_percent=10,
        cancellable_until=timezone.now() + timedelta(days=28),
    )


def pattern(**changes: Any) -> Pattern:
    year = timezone.now().year + 1
    usual = {
        "first": date(year, 5, 1),
        "last": date(year, 5, 31),
        "weekdays": {4, 5},
        "times": (time(19, 30),),
    }
    return Pattern(**{**usual, **changes})


def test_a_pattern_is_every_friday_and_saturday_by_the_clock_at_the_venue() -> None:
    starts = [at.astimezone(BERLIN) for at in pattern().starts("Europe/Berlin")]

    assert {at.weekday() for at in starts} == {4, 5}
    assert {(at.hour, at.minute) for at in starts} == {(19, 30)}
    assert 8 <= len(starts) <= 10


def test_two_times_a_day_are_two_dates() -> None:
    starts = list(pattern(times=(time(19, 30), time(15)), weekdays={6}).starts("Europe/Berlin"))

    assert len(starts) == 2 * len({at.astimezone(BERLIN).date() for at in starts})
    assert starts == sorted(starts)


def test_an_hour_that_the_clocks_leave_out_is_left_out() -> None:
    day = date(2027, 3, 28)
    spring = pattern(first=day, last=day, weekdays={6}, times=(time(2, 30), time(20)))

    assert [at.astimezone(BERLIN).hour for at in spring.starts("Europe/Berlin")] == [20]


def test_a_copy_has_all_but_the_date_and_is_a_draft(night: Event, box_office: BoxOffice) -> None:
    box_office.sell()

    [copy] = make_copies(night, [night.starts_at + WEEK])

    same = ("title", "description", "venue", "time_zone", "currency", "cancellation_fee_percent")
    assert [getattr(copy, name) for name in same] == [getattr(night, name) for name in same]
    assert copy.visibility == Visibility.DRAFT
    assert copy.ends_at - copy.starts_at == night.ends_at - night.starts_at
    assert copy.sales_until == night.sales_until + WEEK
    assert copy.cancellable_until is not None
    assert copy.cancellable_until - copy.starts_at == night.cancellable_until - night.starts_at  # type: ignore[operator]
    assert list(copy.seats.order_by("pk").values_list("label", "price", "booking")) == [
        (label, price, None) for label, price in night.seats.order_by("pk").values_list("label", "price")
    ]
    night.refresh_from_db()
    assert copy.production == night.production
    day = (night.starts_at + WEEK).astimezone(BERLIN).date()
    assert (copy.slug, night.slug) == (f"demo-night-{day}", "demo-night")


def test_a_copy_has_the_areas_places_and_types_and_nobody_in_them(night: Event) -> None:
    balcony = night.areas.create(slug="balcony", name="Balcony", position=3, description="Stairs.")
    floor = night.areas.create(slug="floor", name="Floor", kind="standing")
    set_capacity(floor, 3, price=1500)
    night.seats.filter(row="B").update(area=balcony, column=5, row_rank=2, notes="wheelchair")
    kept = {"state": "held_back", "held_back_for": "Press", "held_back_note": "Ms Levi"}
    night.seats.filter(label="A-2").update(**kept)
    night.seats.filter(label="A-3").update(state="no_place")
    until = timezone.now() + timedelta(days=5)
    half: dict[str, Any] = {"percent_off": 50, "quota": 4, "sold_until": until, "proof": True}
    child = night.types.create(slug="child", name="Child", **half)
    child.areas.set([balcony])
    night.codes.create(code="SPRING", percent_off=10)
    night.questions.create(text="Menu?", required=True)
    wish = Wish(seats={"B-1": "child"}, places=[PlacesWish("floor", "", 2)])
    hold(night, Buyer("Ada", "ada@example.com"), wish, until=until)
    Event.objects.filter(pk=night.pk).update(vat_rate="7.00", doors_open_at=night.starts_at - WEEK / 100)

    [copy] = make_copies(Event.objects.get(pk=night.pk), [night.starts_at + WEEK])

    assert [*copy.areas.values_list("slug", "name", "kind", "position", "description")] == [
        ("floor", "Floor", "standing", 0, ""),
        ("balcony", "Balcony", "seated", 3, "Stairs."),
    ]
    columns = [
        *("label", "row", "number", "price", "area__slug", "row_rank", "column", "state", "notes"),
        *("held_back_for", "held_back_note"),
    ]
    own, theirs = (event.seats.order_by("pk").values_list(*columns) for event in (night, copy))
    assert list(theirs) == list(own)
    assert not copy.seats.exclude(booking=None, type=None).exists()
    kind = copy.types.get()
    assert (kind.percent_off, kind.quota, kind.taken, kind.proof) == (50, 4, 0, True)
    assert kind.sold_until == until + WEEK
    assert [area.event_id for area in kind.areas.all()] == [copy.pk]
    assert not copy.codes.exists()
    assert [*copy.questions.values_list("text", "required")] == [("Menu?", True)]
    assert (str(copy.vat_rate), copy.doors_open_at) == ("7.00", copy.starts_at - WEEK / 100)


def test_a_copy_of_what_was_moved_is_not_moved(night: Event) -> None:
    Event.objects.filter(pk=night.pk).update(status="postponed", moved_at=timezone.now(), revision=4)

    [copy] = make_copies(Event.objects.get(pk=night.pk), [night.starts_at + WEEK])

    assert (copy.status, copy.moved_at, copy.revision) == ("scheduled", None, 0)


def test_a_copy_before_the_presale_has_none(night: Event) -> None:
    now = timezone.now()
    Event.objects.update(sales_from=now + 3 * WEEK, member_sales_from=now + 2 * WEEK)

    [sooner] = make_copies(Event.objects.get(), [now + WEEK])
    [later] = make_copies(Event.objects.get(pk=night.pk), [night.starts_at + WEEK])

    assert (sooner.member_sales_from, later.member_sales_from) == (None, now + 2 * WEEK)
    assert sooner.sales_from < sooner.sales_until


def test_dates_that_are_there_already_are_left_out(night: Event) -> None:
    make_copies(night, [night.starts_at + WEEK])

    copies = make_copies(night, [night.starts_at, night.starts_at + WEEK, night.starts_at + 2 * WEEK])

    assert [copy.starts_at for copy in copies] == [night.starts_at + 2 * WEEK]
    with pytest.raises(NotCopyable, match="No new dates"):
        make_copies(night, [night.starts_at + WEEK])
    assert Production.objects.count() == 1


def test_two_dates_on_one_day_have_two_addresses(night: Event) -> None:
    noon = datetime(timezone.now().year + 1, 5, 7, 12, tzinfo=BERLIN)

    copies = make_copies(night, [noon, noon + timedelta(hours=6)])

    assert copies[1].slug == f"{copies[0].slug}-2"


def test_a_copy_of_a_copy_is_of_the_same_production(night: Event) -> None:
    [copy] = make_copies(night, [night.starts_at + WEEK])

    [second] = make_copies(copy, [night.starts_at + 2 * WEEK])

    assert second.production == copy.production
    assert second.slug.startswith("demo-night-20")


@pytest.mark.parametrize(
    ("starts", "words"),
    [
        (lambda night: [], "No new dates"),
        (lambda night: [timezone.now() - WEEK], "in the past"),
        (lambda night: [night.starts_at + timedelta(days=n) for n in range(1, 102)], "at most 100"),
    ],
)
def test_what_makes_no_sense_is_refused(starts: Any, words: str, night: Event) -> None:
    with pytest.raises(NotCopyable, match=words):
        plan_copies(night, starts(night))


# In the admin


def copy(staff: Client, event: Event, **typed: Any) -> Any:
    return staff.post(f"/admin/bookings/event/{event.pk}/copy/", {"times": "19:30", **typed}, follow=True)


def test_staff_see_the_dates_before_they_are_made(night: Event) -> None:
    staff, year = somebody_of("Events"), timezone.now().year + 1
    may = {"weekdays": ["4", "5"], "first": f"{year}-05-01", "last": f"{year}-05-14"}

    shown = copy(staff, night, **may)
    assert "as drafts with the same seats, prices and texts" in text_of(shown.content.decode())
    assert Event.objects.count() == 1

    answer = copy(staff, night, **may, confirm="1")
    assert told(answer) == ["4 dates created as drafts."]
    assert Event.objects.count() == 5


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "No new dates: they all exist."),
        ({"weekdays": ["4"]}, "Enter the first day, the last day and a time."),
        ({"more": "soon"}, "Can’t read “soon”. Use the format of the example."),
        ({"more": "2027-03-28 02:30"}, "The clocks go forward then"),
        ({"more": "0001-01-01 00:00"}, "The clocks go forward then"),
        ({"times": "7pm"}, "Can’t read “7pm”."),
        ({"weekdays": ["9"], "first": "2027-05-01", "last": "2027-05-02"}, "9 is not one of"),
        (
            {"weekdays": ["4"], "first": "2027-05-01", "last": "2027-04-01"},
            "The last day must be after the first",
        ),
        (
            {"weekdays": ["4"], "first": "2027-05-01", "last": "9999-12-31"},
            "The last day must be after the first",
        ),
        (
            {"more": "\n".join(f"2031-{m:02}-{d:02} 19:30" for m in range(1, 6) for d in range(1, 25))},
            "100 at",
        ),
    ],
)
def test_what_staff_mistype_is_said(typed: dict[str, Any], words: str, night: Event) -> None:
    answer = copy(somebody_of("Events"), night, **typed)

    assert words in text_of(answer.content.decode())
    assert Event.objects.count() == 1


def test_only_who_sets_up_events_copies_them(night: Event) -> None:
    assert somebody_of("Box office").get(f"/admin/bookings/event/{night.pk}/copy/").status_code == 403


# The page of a production


def test_a_production_shows_its_dates_and_what_is_left(night: Event, client: Client) -> None:
    [first, second] = make_copies(night, [night.starts_at + WEEK, night.starts_at + 2 * WEEK])
    change_visibility(first, Visibility.PUBLISHED)

    page = client.get("/productions/demo-night/")
    words = text_of(page.content.decode())

    assert words.count("20 tickets left") == 2
    assert first.get_absolute_url() in page.content.decode()
    assert second.get_absolute_url() not in page.content.decode()  # a draft
    assert "/productions/demo-night/" in client.get("/events/demo-night/").content.decode()
    assert "http://testserver/productions/demo-night/<" in client.get("/sitemap.xml").content.decode()


def test_a_production_of_drafts_is_not_there(night: Event, client: Client) -> None:
    make_copies(night, [night.starts_at + WEEK])
    change_visibility(night, Visibility.HIDDEN)

    assert client.get("/productions/demo-night/").status_code == 404
    assert client.get("/productions/nothing/").status_code == 404
    assert "/productions/" not in client.get("/events/demo-night/").content.decode()
