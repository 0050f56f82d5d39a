"""From a draft to what is over: who sees an event, and what is said before it is published."""

import re
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from bookings.events.visibility import HasCustomers, change_visibility, lock_against_sales
from bookings.models import Booking, Event, EventScope, Visibility
from bookings.orders.buyers import Buyer
from bookings.seats.holds import NotOnSale, hold_seats
from tests.legal.house import publish_terms
from tests.support.shop import Buy, Purchase, make_event
from tests.support.staff import log_in, make_user, somebody_of, told

PAGE = "/events/demo-night/"
ADA = Buyer("Ada", "ada@example.com")
WISH = {"event": "demo-night", "seats": ["A-1"], "name": "Ada", "email": "ada@example.com"}
FORM = {"attempt": "t1", "seats": ["A-1"], "name": "Ada", "email": "ada@example.com"}


@pytest.fixture
def draft(db: None) -> Event:
    return make_event(visibility=Visibility.DRAFT)


@pytest.fixture
def boss(db: None) -> Client:
    return log_in(User.objects.create_superuser("boss"))


def publish_page(event: Event) -> str:
    return f"/admin/bookings/event/{event.pk}/publish/"


def findings(boss: Client, event: Event) -> tuple[list[str], list[str]]:
    """Return the words of the problems and of the warnings that the page before publishing lists."""
    context = boss.get(publish_page(event)).context
    return [it.words for it in context["problems"]], [it.words for it in context["warnings"]]


# Who sees it


def test_what_a_house_makes_is_a_draft_whoever_makes_it(boss: Client, draft: Event) -> None:
    with connection.cursor() as cursor:  # as an older process, which doesn't know the column
        cursor.execute("""
            INSERT INTO bookings_event (title, slug, description, venue, starts_at, ends_at, currency,
                                        sales_from, sales_until, organiser_name, organiser_email)
            SELECT title, 'older', '', venue, starts_at, ends_at, currency, sales_from, sales_until, '', ''
              FROM bookings_event
        """)
    boss.post("/admin/bookings/event/add/", fields_of(draft, slug="newer", title="Newer"))

    assert [event.visibility for event in Event.objects.filter(slug__in=["older", "newer"])] == ["draft"] * 2


def fields_of(event: Event, **changes: Any) -> dict[str, Any]:
    """Return what the admin's form of ``event`` would send."""
    times = ["starts_at", "ends_at", "sales_from", "sales_until", "cancellable_until", "member_sales_from"]
    data: dict[str, Any] = {
        name: getattr(event, name)
        for name in ("title", "slug", "venue", "description", "organiser_name", "organiser_email")
    }
    for name in times:
        at = getattr(event, name) and timezone.localtime(getattr(event, name))
        data |= {f"{name}_0": f"{at:%Y-%m-%d}" if at else "", f"{name}_1": f"{at:%H:%M:%S}" if at else ""}
    return {**data, "currency": event.currency, "cancellation_fee_percent": 0, **changes}


def test_a_draft_is_nowhere(draft: Event, client: Client) -> None:
    answers = {
        address: client.get(address).status_code
        for address in (PAGE, "/api/events/demo-night/seats", "/api/events/demo-night/seats/best?quantity=2")
    }
    bought = client.post("/api/checkout", WISH, content_type="application/json")

    assert set(answers.values()) == {404}
    assert (bought.status_code, bought.json()["error"]["code"]) == (404, "unknown_event")
    assert client.post(f"{PAGE}checkout/", FORM).status_code == 404
    assert "Demo Night" not in client.get("/").content.decode()
    assert not Booking.objects.exists()


def test_what_is_hidden_is_sold_by_its_address_and_listed_nowhere(
    event: Event, client: Client, buy: Buy
) -> None:
    change_visibility(event, Visibility.HIDDEN)

    page = client.get(PAGE)

    assert (page.status_code, page.headers["X-Robots-Tag"]) == (200, "noindex")
    assert "Demo Night" not in client.get("/").content.decode()
    assert buy("A-1").booking.event == event


def test_what_is_published_may_be_found(event: Event, client: Client) -> None:
    assert client.get(PAGE).headers["X-Robots-Tag"] == "all"


@pytest.mark.parametrize("group", ["Events", "Box office", "Finance"])
def test_staff_see_a_draft_as_customers_will(draft: Event, client: Client, group: str) -> None:
    preview = somebody_of(group).get(PAGE)
    change_visibility(draft, Visibility.PUBLISHED)
    public = client.get(PAGE)

    assert "Draft: only staff can see this page" in preview.content.decode()
    assert preview.headers["X-Robots-Tag"] == "noindex"
    assert [it.name for it in preview.templates if "preview" not in str(it.name)] == [
        it.name for it in public.templates
    ]
    assert seats_in(preview) == seats_in(public) != []
    assert len(re.findall(r'class="button" type="submit" disabled', preview.content.decode())) == 2
    assert " data-tag=" not in preview.content.decode()  # So that its script doesn't ask for changes.


def seats_in(page: Any) -> list[str]:
    return re.findall(r'name="seats" value="([^"]*)"', page.content.decode())


def test_a_preview_can_be_of_the_moment_when_the_sale_is_open(draft: Event) -> None:
    Event.objects.update(sales_from=timezone.now() + timedelta(days=1))
    staff = somebody_of("Events")

    now, later = staff.get(PAGE), staff.get(f"{PAGE}?as=on-sale")

    assert (len(seats_in(now)), len(seats_in(later))) == (0, 20)


def test_a_draft_is_shown_to_no_one_else(draft: Event) -> None:
    limited = make_user("Events")
    EventScope.objects.create(user=limited)
    strangers = {
        "a customer": log_in(User.objects.create_user("ada")),
        "the door": somebody_of("Door"),
        "whoever is limited to other events": log_in(limited),
        "who was staff": log_in(User.objects.create_user("former", is_superuser=True, is_staff=False)),
    }

    assert {who: client.get(PAGE).status_code for who, client in strangers.items()} == dict.fromkeys(
        strangers, 404
    )


# Publishing


def test_publishing_is_two_clicks_when_nothing_is_wrong(boss: Client, draft: Event, client: Client) -> None:
    Event.objects.update(description="Songs.", cancellable_until=draft.starts_at)
    publish_terms()

    answer = boss.post(publish_page(draft), {"visibility": "published"}, follow=True)

    assert told(answer) == ["“Demo Night” is published and listed."]
    assert "Demo Night" in client.get("/").content.decode()


def test_everything_that_would_embarrass_the_house_is_said_at_once(boss: Client, draft: Event) -> None:
    now = timezone.now()
    Event.objects.update(
        title="A NIGHT OF THUNDER",
        slug="copy-of-night_2019",
        starts_at=now - timedelta(hours=3),
        ends_at=now - timedelta(hours=1),
        sales_from=now - timedelta(hours=2),
        sales_until=now - timedelta(minutes=70),
    )
    draft.seats.filter(row="A").update(price=49)

    problems, warnings = findings(boss, draft)

    starts = [words.partition(":")[0] for words in problems]
    assert starts == [
        "The event is over",
        "The sale is over",
        "The sale starts after the event starts.",
        "There are seats for €0.49. Stripe charges €0.50 at least.",
    ]
    assert warnings == [
        "Tickets are still on sale after the event starts.",
        "There are no terms for buyers to accept. Publish them under Legal texts.",
        "No cancellation policy. The page will say that tickets can’t be cancelled.",
        "No description.",
        "THE TITLE IS IN CAPITALS.",
        "The address looks odd: /events/copy-of-night_2019/",
    ]


@pytest.mark.parametrize(
    ("changes", "field", "is_problem"),
    [
        ({"starts_at": timedelta(hours=-1)}, "starts_at", True),
        ({"sales_until": timedelta(days=30, hours=1)}, "sales_until", False),
        ({"sales_until": timedelta(minutes=-1)}, "sales_until", True),
        ({"cancellable_until": timedelta(days=-1)}, "cancellable_until", False),
    ],
    ids=str,
)
def test_dates_that_do_not_fit_are_found(
    boss: Client, draft: Event, changes: dict[str, timedelta], field: str, is_problem: bool
) -> None:
    Event.objects.update(**{name: timezone.now() + ahead for name, ahead in changes.items()})
    context = boss.get(publish_page(draft)).context

    found = [it for it in [*context["problems"], *context["warnings"]] if it.field == field]

    assert [it.is_problem for it in found] == [is_problem]


def test_no_seats_is_a_problem_only_once_the_sale_is_open(boss: Client, draft: Event) -> None:
    draft.seats.all().delete()
    now_open = findings(boss, draft)
    Event.objects.update(sales_from=timezone.now() + timedelta(days=1))
    announced = findings(boss, draft)

    assert "The sale is open, but there are no seats." in now_open[0]
    assert announced[0] == []
    assert "No seats yet. The page will say “Tickets soon”." in announced[1]


def test_a_currency_that_nothing_else_is_sold_in_is_named(boss: Client, draft: Event) -> None:
    make_event(slug="other", currency="usd")

    assert "Priced in EUR, but all other events are in USD." in findings(boss, draft)[1]


def test_problems_refuse_and_warnings_must_be_read(boss: Client, draft: Event) -> None:
    unread = boss.post(publish_page(draft), {"visibility": "published"})
    draft.refresh_from_db()
    assert (unread.status_code, draft.visibility) == (400, "draft")

    Event.objects.update(sales_until=timezone.now() - timedelta(minutes=1))
    refused = boss.post(publish_page(draft), {"visibility": "published", "read": "on"}, follow=True)
    draft.refresh_from_db()
    assert draft.visibility == "draft"
    assert told(refused)[0].startswith("The sale is over")
    assert 'type="submit"' not in boss.get(publish_page(draft)).content.decode().partition("staff action")[2]

    Event.objects.update(sales_until=draft.starts_at)
    boss.post(publish_page(draft), {"visibility": "hidden", "read": "on"})
    draft.refresh_from_db()
    assert draft.visibility == "hidden"


def test_a_change_that_makes_a_public_event_wrong_is_told(boss: Client, event: Event) -> None:
    now = timezone.now()
    Event.objects.update(sales_from=now - timedelta(days=5))
    event.refresh_from_db()
    over = fields_of(event, sales_until_0=f"{now - timedelta(days=2):%Y-%m-%d}")

    answer = boss.post(f"/admin/bookings/event/{event.pk}/change/", over, follow=True)

    assert any(words.startswith("The sale is over") for words in told(answer))


# Taking it back


def test_an_event_that_nobody_has_bought_becomes_a_draft_again(boss: Client, event: Event) -> None:
    answer = boss.post(f"/admin/bookings/event/{event.pk}/unpublish/", follow=True)

    event.refresh_from_db()
    assert event.is_draft
    assert told(answer) == ["“Demo Night” is a draft again. Only staff see it."]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("paid", "2 seats are sold, so their customers need the event’s page."),
        ("held", "2 seats are on hold."),
    ],
)
def test_an_event_with_customers_stays_public(
    boss: Client, event: Event, state: str, words: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("paid" if state == "paid" else "purchase")

    answer = boss.post(f"/admin/bookings/event/{event.pk}/unpublish/", follow=True)

    event.refresh_from_db()
    assert event.visibility == Visibility.PUBLISHED
    assert [message.startswith(words) for message in told(answer)] == [True]


@pytest.mark.django_db(transaction=True)
def test_nobody_buys_while_an_event_becomes_a_draft() -> None:
    """Who has read a public event, and chosen seats, comes after the lock, and is refused."""
    event = make_event()
    refused: list[Exception] = []

    def buy() -> None:
        try:
            hold_seats(event, ADA, labels=["A-1"], until=timezone.now() + timedelta(minutes=30))
        except NotOnSale as error:
            refused.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        locked = lock_against_sales(event)
        thread = Thread(target=buy)
        thread.start()
        thread.join(timeout=0.3)
        assert thread.is_alive()
        locked.visibility = Visibility.DRAFT
        locked.save(update_fields=["visibility"])
    thread.join()

    assert len(refused) == 1
    assert not Booking.objects.exists()


def test_a_hold_that_was_first_keeps_the_event_public(event: Event) -> None:
    hold_seats(event, ADA, labels=["A-1"], until=timezone.now() + timedelta(minutes=30))

    with pytest.raises(HasCustomers):
        change_visibility(event, Visibility.DRAFT)


# Over


def test_what_is_over_says_so_kindly_and_has_no_map(event: Event, client: Client) -> None:
    past = timezone.now() - timedelta(hours=3)
    ends_at = past + timedelta(hours=2)
    Event.objects.update(starts_at=past, ends_at=ends_at, sales_until=ends_at)

    page = client.get(PAGE).content.decode()
    bought = client.post("/api/checkout", WISH, content_type="application/json")

    assert "This event is over" in page
    assert "data-seat-map" not in page
    assert bought.json()["error"] == {"code": "not_on_sale", "message": "This event is over."}


# Deleting: the reason is told, not a lack of permission


def test_a_draft_that_nobody_booked_is_deleted_with_its_seats(boss: Client, draft: Event) -> None:
    page = boss.get(f"/admin/bookings/event/{draft.pk}/delete/").content.decode()
    boss.post(f"/admin/bookings/event/{draft.pk}/delete/", {"post": "yes"})

    assert "permission" not in page
    assert not Event.objects.exists()


def test_what_was_sold_is_the_reason_why_it_stays(boss: Client, paid: Purchase) -> None:
    event, seat = paid.booking.event, paid.booking.seats.all()[0]
    words = "“Demo Night” has 2 sold seats. Payment records can’t be deleted."
    seats = f"Seat {seat} has bookings, so you can’t delete it."
    chosen = {"action": "delete_selected", "post": "yes"}

    for model, row, why in (("event", event, words), ("seat", seat, seats)):
        page = boss.get(f"/admin/bookings/{model}/{row.pk}/delete/", follow=True)
        many = boss.post(f"/admin/bookings/{model}/", {**chosen, "_selected_action": row.pk}, follow=True)

        assert told(page) == told(many) == [why]
        assert "permission" not in page.content.decode()
    assert Event.objects.count() == 1
