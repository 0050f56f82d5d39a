"""A description that can't be followed is refused in one sentence with its path, and nothing has changed."""

import json
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from bookings.models import Event
from tests.bookings.describing.club_night import CLUB_NIGHT, club_night, described, export_event, import_event
from tests.bookings.describing.test_importing import areas_with, buy, club, hall_with
from tests.support.shop import make_event

__all__ = ["club"]
TYPES, CODES = CLUB_NIGHT["types"], CLUB_NIGHT["codes"]
WIDE = {"rows": [{"row": "A", "numbers": "1-9999", "price": "1.00"}]}
LONG = [{"row": "R" * 20, "numbers": "1", "price": "1.00"}]
HALL, FLOOR = CLUB_NIGHT["areas"]


def of_hall(**row: Any) -> dict[str, Any]:
    return described(areas=hall_with({"numbers": "1-4", "price": "42.00", **row}))


# Nothing is made of it


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("description", "words"),
    [
        # Unknown, missing, twice
        (described(payee={"name": "X"}), "payee: isn't known. Known are: title, slug, published, "),
        (described(encore=True), "encore: isn't known."),
        (of_hall(colour="red"), "areas[0].rows[0].colour: isn't known. Known are: row, numbers, price, "),
        (described(areas=areas_with(seats=5)), "areas[1].seats: isn't known."),
        (described(types=[{**TYPES[0], "discount": 5}]), "types[0].discount: isn't known."),
        (described(codes=[{**CODES[0], "used": 0}]), "codes[0].used: isn't known."),
        (of_hall(held_back={"1": {"who": "Press"}}), "areas[0].rows[0].held_back.1.who: isn't known."),
        (described(**{"a\u0007\ud800": 1}), "'a\\x07\\ud800': isn't known."),
        (described(slug=...), "slug: is missing."),
        (described(starts_at=...), "starts_at: is missing."),
        (described(types=[{"slug": "adult"}]), "types[0].name: is missing."),
        (described(areas=[{"slug": "hall"}]), "areas[0].name: is missing."),
        (described(areas=[{"name": "Hall"}]), "areas[0].slug: is missing."),
        (described(areas=hall_with({"numbers": "1-4"})), "areas[0].rows[0].price: is missing."),
        (described(areas=[{**FLOOR, "price": None}]), "areas[0].price: is missing."),
        (described(areas=[HALL, HALL]), "areas[1].slug: hall is there twice."),
        (
            described(areas=[HALL, {**HALL, "slug": "other"}]),
            "areas[1]: Area with this Event and Name already exists.",
        ),
        (described(types=[TYPES[0], TYPES[0]]), "types[1].slug: adult is there twice."),
        (described(codes=[CODES[0], {"code": "spring"}]), "codes[1].code: SPRING is there twice."),
        (of_hall(numbers="1-4,3"), "areas[0].rows[0].numbers: has number 3 twice."),
        (
            described(areas=hall_with(*[{"numbers": "1-4", "price": "9.00"}] * 2)),
            "areas[0].rows[1]: Seat A-1 is there twice.",
        ),
        (described(types=[{**TYPES[2], "areas": ["hall", "hall"]}]), "types[0].areas: hall is there twice."),
        # Of the wrong kind
        (described(areas={}), "areas: must be a list, not an object."),
        (described(areas=["hall"]), "areas[0]: must be an object, not a text."),
        (described(title=["x"]), "title: must be a text, not a list."),
        (described(title=None), "title: This field cannot be blank."),
        (described(title="x" * 201), "title: Ensure this value has at most 200 characters"),
        (described(title="A\nB"), "title: must be one line"),
        (described(description="\u0000"), "description: has characters that can't be read."),
        (described(published="yes"), 'published: must be true, false, or "hidden"'),
        (described(published=1), 'published: must be true, false, or "hidden"'),
        (described(slug="Club Night"), "slug: must be at most 80 letters"),
        (described(slug=7), "slug: must be a text, not a whole number."),
        (described(currency="EURO"), "currency: Three lower-case letters, such as eur."),
        (described(currency=None), "currency: must be a text, not null."),
        (described(time_zone="Europe/Atlantis"), "time_zone: There is no time zone Europe/Atlantis."),
        (described(organiser_email="nobody"), "organiser_email: "),
        (described(areas=areas_with(kind="flying")), "areas[1].kind: must be seated or standing."),
        (
            described(areas=areas_with(capacity="200")),
            "areas[1].capacity: must be a whole number, not a text.",
        ),
        (
            described(areas=areas_with(capacity=True)),
            "areas[1].capacity: must be a whole number, not true or",
        ),
        (
            described(areas=areas_with(capacity=1.5)),
            "areas[1].capacity: must be a whole number, not a number w",
        ),
        (described(areas=areas_with(capacity=-1)), "areas[1].capacity: must be between 0 and 20,000."),
        (described(areas=areas_with(capacity=10**9)), "areas[1].capacity: must be between 0 and 20,000."),
        (described(areas=areas_with(rows=[])), "areas[1].rows: A standing area needs a capacity, not rows."),
        (
            described(areas=[{**HALL, "capacity": 5}]),
            "areas[0].capacity: A seated area needs rows, not a",
        ),
        (of_hall(row=""), "areas[0].rows[0].row: must be a name"),
        (of_hall(row=1), "areas[0].rows[0].row: must be a text, not a whole number."),
        (of_hall(numbers="4-1"), "areas[0].rows[0].numbers: must be numbers up to 9999"),
        (of_hall(numbers=""), "areas[0].rows[0].numbers: must be numbers"),
        (of_hall(numbers="1-99999"), "areas[0].rows[0].numbers: must be numbers"),
        (of_hall(numbers="1-9999," * 100_000 + "1"), "areas[0].rows[0].numbers: has number 1 twice."),
        (
            described(areas=[{"slug": f"a{n}", "name": f"{n}", **WIDE} for n in range(9)]),
            "areas[5]: These are more than 50,000 seats.",
        ),
        (described(codes=[{"code": f"C{n}"} for n in range(5_001)]), "codes: has more than 5,000."),
        (
            described(areas=[{"slug": f"a{n}", "name": "N" * 39 + str(n), "rows": LONG} for n in range(2)]),
            "areas[1].rows[0]: " + "N" * 39 + "1 " + "R" * 20 + "-1 has more than 60 characters.",
        ),
        (of_hall(numbers=[1, 2]), "areas[0].rows[0].numbers: must be a text, not a list."),
        (of_hall(notes={"7": "wheelchair"}), "areas[0].rows[0].notes.7: is no number of this row."),
        (of_hall(notes=["wheelchair"]), "areas[0].rows[0].notes: must be an object, not a list."),
        (of_hall(columns=[1]), "areas[0].rows[0].columns: has 1 columns for 4 numbers."),
        (of_hall(rank=10**6), "areas[0].rows[0].rank: must be between"),
        # Amounts
        (of_hall(price="42,00"), 'areas[0].rows[0].price: must be an amount in quotes, such as "25.00".'),
        (of_hall(price=42), "areas[0].rows[0].price: must be an amount in quotes"),
        (of_hall(price="-1.00"), "areas[0].rows[0].price: must be an amount in quotes"),
        (of_hall(price="0.49"), "areas[0].rows[0].price: Stripe charges €0.50 at least."),
        (of_hall(price="42.005"), "areas[0].rows[0].price: This can't be paid in EUR."),
        (of_hall(price="99999999999.00"), "areas[0].rows[0].price: is more than Stripe charges"),
        (described(types=[{**TYPES[0], "price": "0.10"}]), "types[0].price: Stripe charges €0.50 at least."),
        (described(types=[{**TYPES[1], "price": "9.00"}]), "types[0]: has both price and percent_off."),
        (described(types=[{**TYPES[1], "percent_off": 101}]), "types[0].percent_off: "),
        (described(types=[{**TYPES[1], "quota": -1}]), "types[0].quota: must be a whole number, 0 or more."),
        (
            described(types=[{**TYPES[0], "at_least": 4, "at_most": 2}]),
            "types[0]: The maximum can't be lower",
        ),
        (
            described(types=[{**TYPES[2], "areas": ["roof"]}]),
            "types[0].areas: There is no roof at this event.",
        ),
        (described(codes=[{"code": "A B!"}]), "codes[0].code: Capital letters, digits, - and _."),
        (
            described(codes=[{**CODES[0], "amount_off": "2.00"}]),
            "codes[0]: has both percent_off and amount_off.",
        ),
        (described(codes=[{**CODES[0], "opens": ["vip"]}]), "codes[0].opens: There is no vip at this event."),
        # Times
        (described(starts_at="tomorrow"), 'starts_at: must be a time such as "2027-05-01T19:30".'),
        (described(starts_at="2027-03-05"), "starts_at: must be a time such as"),
        (described(starts_at="0001-01-01T00:00+14:00"), "starts_at: must be a time such as"),
        (described(starts_at=1804280400), "starts_at: must be a text, not a whole number."),
        (described(sales_from="2027-03-28T02:30"), "sales_from: the clocks of Europe/Berlin are set forward"),
        (described(ends_at="2027-03-05T21:00"), "ends_at: The event must end after it starts."),
        (
            described(sales_until="2027-03-06T04:01"),
            "sales_until: The sale must end with the event at the lates",
        ),
        (described(sales_from="2027-03-05T22:00"), "sales_until: The sale must end after it starts."),
        (described(member_sales_from="2026-12-01T10:00"), "member_sales_from: The presale must start before"),
        (described(doors_open_at="2027-03-05T22:01"), "doors_open_at: The doors must open before the event"),
        (described(cancellable_until="2027-03-06T22:00"), "cancellable_until: Cancelling must end before"),
        (
            described(areas=[], types=[], sales_from="2020-01-01T10:00"),
            "published: The sale is open, but there are no",
        ),
        # No JSON
        ("", "The file isn't JSON: "),
        ("[1]", "must be an object, not a list."),
        ('{"slug": "a", "slug": "b"}', "slug: is there twice in one object."),
        ('{"slug": NaN}', "The file isn't JSON: NaN is no number."),
        ('{"slug": ' + "1" * 5000 + "}", "The file isn't JSON: "),
        ("[" * 100_000, "The file is nested too deeply."),
        (b"\xff\xfe", "The file isn't in UTF-8."),
        (b'"' + b"x" * 10_000_000 + b'"', "The file has more than 10 MB."),
    ],
)
def test_one_sentence_says_what_is_wrong_and_where(tmp_path: Path, description: Any, words: str) -> None:
    with pytest.raises(CommandError) as refused:
        import_event(tmp_path, description)

    assert str(refused.value).startswith(words)
    assert "\n" not in str(refused.value)
    assert not Event.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("file", ["nowhere.json", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, file: str) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        call_command("import_event", str(tmp_path / file))


@pytest.mark.django_db
def test_an_event_that_there_isnt_cannot_be_written() -> None:
    with pytest.raises(CommandError, match="There is no event nowhere"):
        export_event("nowhere")


# Nothing of it is changed


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"currency": "usd"}, "currency: Prices exist"),
        ({"types": [{"slug": "adult", "quota": 2}]}, "types[0].quota: 3 are already sold or on hold."),
        ({"codes": [{"code": "SPRING", "limit": 0}]}, "codes[0].limit: 1 bookings have already used it."),
        (
            {"areas": [{"slug": "floor", "capacity": 2}]},
            "areas[0].capacity: 3 places are held, sold or held b",
        ),
        (
            {"areas": [{"slug": "floor", "kind": "seated"}]},
            "areas[0].kind: has places already, and stays stan",
        ),
        ({"starts_at": "2027-03-05T21:30"}, "starts_at: Tickets are sold or on hold."),
        ({"ends_at": "2027-03-06T05:00"}, "ends_at: Tickets are sold or on hold."),
        ({"published": False}, "published: It can't be a draft again: 0 sold, 3 held."),
    ],
)
def test_what_is_held_is_not_contradicted(
    club: Event, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    booking = buy(club, floor=3, kind="adult")
    booking.code = club.codes.get(code="SPRING")
    booking.save(update_fields=["code"])
    before = export_event()

    with pytest.raises(CommandError) as refused:
        import_event(tmp_path, {"description": "New", **change, "slug": "club-night"})

    assert str(refused.value).startswith(words)
    assert export_event() == before


@pytest.mark.django_db
def test_an_old_address_of_another_event_stays_its_own(tmp_path: Path) -> None:
    other = make_event(slug="club-night")
    other.slug = "renamed"
    other.save()

    with pytest.raises(CommandError, match=r"^slug: leads to renamed, and links to that must go on working"):
        import_event(tmp_path, CLUB_NIGHT)


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_make_one_event(tmp_path: Path) -> None:
    told: list[str] = []

    def run(folder: Path) -> None:
        folder.mkdir()
        try:
            told.append(import_event(folder, CLUB_NIGHT)[-1])
        except CommandError as error:
            told.append(str(error))
        finally:
            connection.close()

    threads = [Thread(target=run, args=[tmp_path / str(number)]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Event.objects.count() == 1
    assert club_night().seats.count() == 208
    assert set(told) <= {
        "club-night: 12 differences. Done.",
        "club-night: no changes.",
        "Another process is changing this event. Try again.",
    }
    assert json.loads(json.dumps(export_event()))["slug"] == "club-night"
