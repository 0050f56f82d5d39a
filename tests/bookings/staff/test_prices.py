"""Money in the forms of events and seats, and the price of many seats at once."""

from typing import Any

import pytest
from django.test import Client

from bookings.models import Event
from tests.bookings.events.test_visibility import fields_of
from tests.support.shop import Buy, Purchase, make_event
from tests.support.staff import somebody_of, told


@pytest.fixture
def staff(db: None) -> Client:
    return somebody_of("Events")


def prices(event: Event) -> dict[str, int]:
    return dict(event.seats.values_list("label", "price"))


def ask(staff: Client, event: Event, **answers: Any) -> Any:
    return staff.post(f"/admin/bookings/event/{event.pk}/prices/", answers, follow=True)


def seat_page(event: Event, label: str) -> str:
    return f"/admin/bookings/seat/{event.seats.get(label=label).pk}/change/"


# One meaning everywhere


@pytest.mark.parametrize(("typed", "amount"), [("60.00", 6000), ("60", 6000), ("60,50", 6050)])
def test_a_seat_costs_what_was_typed(staff: Client, event: Event, typed: str, amount: int) -> None:
    staff.post(seat_page(event, "A-1"), {"price": typed})
    staff.post(
        "/admin/bookings/seat/add/",
        {"event": event.pk, "row": "C", "number": 1, "label": "C-1", "price": typed},
    )

    assert (prices(event)["A-1"], prices(event)["C-1"]) == (amount, amount)


def test_the_form_shows_what_it_takes(staff: Client, event: Event) -> None:
    page = staff.get(seat_page(event, "A-1")).content.decode()

    assert 'name="price" value="42.00"' in page


def test_a_fee_is_typed_and_read_like_a_price(staff: Client, event: Event) -> None:
    page = f"/admin/bookings/event/{event.pk}/change/"
    staff.post(page, fields_of(event, cancellation_fee="1,50"))
    event.refresh_from_db()

    assert event.cancellation_fee == 150
    assert 'name="cancellation_fee" value="1.50"' in staff.get(page).content.decode()
    assert "€1.50" in somebody_of("Box office").get(page).content.decode()
    staff.post(page, fields_of(event))
    event.refresh_from_db()
    assert event.cancellation_fee == 0


def test_a_new_events_fee_is_in_the_currency_of_the_same_form(staff: Client, event: Event) -> None:
    form = {"slug": "tokyo", "title": "Tokyo", "currency": "jpy"}

    wrong = staff.post("/admin/bookings/event/add/", fields_of(event, **form, cancellation_fee="1.50"))
    staff.post("/admin/bookings/event/add/", fields_of(event, **form, cancellation_fee="150"))

    assert "This can&#x27;t be paid in JPY." in wrong.content.decode()
    assert Event.objects.get(slug="tokyo").cancellation_fee == 150


# Many at once


def test_the_price_of_rows_changes_after_a_look_at_how_many_that_are(staff: Client, event: Event) -> None:
    wish = {"rows": "A", "price": "45"}

    looked = ask(staff, event, **wish)
    assert looked.context["repricing"].changed == 10
    assert set(prices(event).values()) == {4200, 3200}

    done = ask(staff, event, **wish, confirm="1")
    assert told(done) == ["10 seats now cost €45.00."]
    assert {price for label, price in prices(event).items() if label[0] == "A"} == {4500}
    assert {price for label, price in prices(event).items() if label[0] == "B"} == {3200}


def test_a_group_of_one_price_changes_whatever_its_row(staff: Client, event: Event) -> None:
    event.seats.filter(number=1).update(price=3200)

    ask(staff, event, now="3200", price="33", confirm="1")

    assert [label for label, price in prices(event).items() if price == 3300][:2] == ["A-1", "B-1"]
    assert sorted(set(prices(event).values())) == [3300, 4200]


def test_what_is_sold_or_held_keeps_its_price(staff: Client, event: Event, paid: Purchase, buy: Buy) -> None:
    buy("A-3")

    looked = ask(staff, event, rows="A", price="50")
    ask(staff, event, rows="A", price="50", confirm="1")

    repricing = looked.context["repricing"]
    assert (repricing.changed, repricing.held, repricing.sold) == (7, 1, 2)
    assert [prices(event)[f"A-{number}"] for number in range(1, 5)] == [4200, 4200, 4200, 5000]
    single = staff.post(seat_page(event, "A-1"), {"price": "1"}, follow=True)
    assert single.status_code == 200
    assert prices(event)["A-1"] == 4200
    assert 'name="price"' not in staff.get(seat_page(event, "A-1")).content.decode()


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"price": "1.250"}, "1.250 could be 1250 or 1.25."),
        ({"price": "0.10"}, "Stripe charges €0.50 at least."),
        ({"price": "45", "rows": "A, X-Y"}, "There is no row X, Y."),
        ({"price": "45", "rows": "A;B"}, "Separate rows by commas"),
    ],
    ids=str,
)
def test_a_mistake_changes_nothing(staff: Client, event: Event, answers: dict[str, str], words: str) -> None:
    assert words in ask(staff, event, **answers, confirm="1").content.decode()
    assert set(prices(event).values()) == {4200, 3200}


def test_seats_chosen_in_the_list_change_together(staff: Client, event: Event) -> None:
    chosen = event.seats.filter(label__in=["A-1", "B-1"]).values_list("pk", flat=True)
    form: dict[str, Any] = {"action": "change_prices", "_selected_action": list(chosen)}

    asked = staff.post("/admin/bookings/seat/", form)
    looked = staff.post("/admin/bookings/seat/", {**form, "price": "20"})
    done = staff.post("/admin/bookings/seat/", {**form, "price": "20", "confirm": "1"}, follow=True)

    assert "of 2 seats" in asked.content.decode()
    assert looked.context["repricing"].changed == 2
    assert told(done) == ["2 seats now cost €20.00."]
    assert [label for label, price in prices(event).items() if price == 2000] == ["A-1", "B-1"]


def test_seats_of_two_currencies_have_no_price_in_common(staff: Client, event: Event) -> None:
    make_event(slug="us", currency="usd")
    form = {"action": "change_prices", "select_across": "1", "_selected_action": event.seats.all()[0].pk}

    assert told(staff.post("/admin/bookings/seat/", form, follow=True)) == ["Select seats in one currency."]
