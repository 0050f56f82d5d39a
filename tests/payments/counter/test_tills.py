"""Tills and what is given back: to the cent, and signed."""

import io
import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pypdf import PdfReader

from bookings.models import Event
from payments.fsck import inspect
from payments.models import CounterReturn, CounterSale, Till
from tests.payments.counter.desk import Desk, add_types, page_of, page_of_sale, problems
from tests.support.at_the_door.rows import make_entry
from tests.support.staff import log_in, make_user


@pytest.fixture
def desk(event: Event) -> Desk:
    return Desk(event)


def test_a_shift_is_closed_with_a_difference_that_is_explained_and_signed(desk: Desk) -> None:
    till = desk.open_till("50")
    desk.sell("A-1", given="50")
    desk.sell("A-2", "A-3", kind="terminal")
    desk.take_back(desk.sell("B-1"))

    first = desk.close(till, "91.00")
    second = desk.close(till, "91.00", note="A coin rolled away.")

    assert problems(first) == {"note": ["€1.00 missing. Count again, or enter a reason."]}
    assert second.headers["Location"] == f"/box-office/tills/{till.pk}/"
    till.refresh_from_db()
    assert (till.expected, till.counted, till.difference) == (9200, 9100, -100)
    assert (till.note, till.signature) == ("A coin rolled away.", "Grace Hopper")
    page = desk.client.get(second.headers["Location"]).content.decode()
    assert all(words in page for words in ("€84.00", "-€1.00", "Grace Hopper", "A coin rolled away."))
    assert inspect() == []


def test_a_closed_till_takes_nothing_and_stays_closed(desk: Desk) -> None:
    till = desk.open_till("50")
    desk.close(till, "50")
    booking = desk.held("A-1")

    again, sold = desk.close(till, "60", note="x"), desk.pay(booking)

    assert again.status_code == 302
    till.refresh_from_db()
    assert (till.counted, sold.status_code, CounterSale.objects.count()) == (5000, 409, 0)


def test_nobody_closes_while_somebody_may_be_paying(desk: Desk) -> None:
    till = desk.open_till("50")
    booking = desk.held("A-1")

    refused = desk.close(till, "50")
    desk.client.post(f"{page_of(booking)}let-go/")

    assert problems(refused) == {"__all__": ["You still have places on hold. Sell or release them first."]}
    assert desk.close(till, "50").status_code == 302


def test_notes_and_coins_are_added_up(desk: Desk) -> None:
    till = desk.open_till("53.20")
    both = {"piece-5000": "1", "piece-200": "1"}

    wrong = desk.close(till, "53.20", **both)
    right = desk.close(till, "", **both, **{"piece-100": "1", "piece-20": "1"})

    assert list(problems(wrong)) == ["counted"]
    assert right.status_code == 302
    till.refresh_from_db()
    assert (till.counted, till.difference) == (5320, 0)


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"counted": ""}, ["counted"]),
        ({"counted": "-5"}, ["counted"]),
        ({"counted": "5", "signature": ""}, ["signature"]),
        ({"counted": "5", "piece-100": "-1"}, ["piece-100"]),
    ],
)
def test_a_till_is_not_closed_with_wrong_input(desk: Desk, answers: dict[str, str], wrong: list[str]) -> None:
    till = desk.open_till("50")

    answer = desk.close(till, **answers)

    assert (answer.status_code, list(problems(answer))) == (400, wrong)
    till.refresh_from_db()
    assert till.is_open


def test_an_open_till_is_not_opened_again(desk: Desk) -> None:
    till = desk.open_till("50")
    desk.open_till("70")

    wrong = desk.client.post("/box-office/tills/", {"currency": "xyz", "amount": ""})

    assert list(Till.objects.values_list("pk", "float")) == [(till.pk, 5000)]
    assert set(problems(wrong)) == {"currency", "amount"}


def test_a_till_is_its_persons(desk: Desk) -> None:
    till = desk.open_till("50")
    colleague = Desk(desk.event)

    assert colleague.close(till, "50").status_code == 404
    assert colleague.client.get(f"/box-office/tills/{till.pk}/").context["form"] is None
    assert log_in(make_user("Door")).get(f"/box-office/tills/{till.pk}/").status_code == 403


# What is given back


def test_some_tickets_go_back_out_of_an_open_till(desk: Desk, event: Event) -> None:
    till = desk.open_till()
    sale = desk.sell("A-1", "A-2", kind="terminal")
    ticket = sale.booking.tickets.get(seat__label="A-1")

    answer = desk.take_back(sale, tickets=[ticket.pk], how="terminal")

    assert answer.status_code == 302
    back = CounterReturn.objects.get()
    assert (back.amount, back.kind, back.till, back.actor) == (4200, "terminal", till, desk.user)
    assert [ticket.seat.label for ticket in back.tickets.all()] == ["A-1"]
    assert event.seats.get(label="A-1").is_free
    assert sale.booking.tickets.get(seat__label="A-2").is_valid
    page = desk.client.get(page_of_sale(sale)).content.decode()
    assert "They fell ill." in page
    assert inspect() == []


def test_a_form_that_comes_twice_gives_back_once(desk: Desk) -> None:
    desk.open_till()
    sale = desk.sell("A-1", "A-2")
    first, other = (ticket.pk for ticket in sale.booking.tickets.all())
    form_id = str(uuid4())

    answers = [desk.take_back(sale, tickets=[first], form_id=form_id) for _twice in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert CounterReturn.objects.count() == 1
    assert desk.take_back(sale, tickets=[other]).status_code == 302
    assert inspect() == []


def test_a_form_of_another_sale_gives_nothing_back(desk: Desk) -> None:
    desk.open_till()
    one, other = desk.sell("A-1"), desk.sell("A-2")
    form_id = str(uuid4())
    desk.take_back(one, form_id=form_id)

    assert desk.take_back(other, form_id=form_id).status_code == 409
    assert other.booking.tickets.get().is_valid


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"tickets": []}, ["tickets"]),
        ({"tickets": [0]}, ["tickets"]),
        ({"reason": ""}, ["reason"]),
        ({"amount": "84.01"}, ["amount"]),
        ({"how": "x"}, ["how"]),
        ({"how": "nothing", "amount": "5"}, ["how"]),
        ({"form_id": "x"}, ["form_id"]),
        ({"form_id": "\0" * 36}, ["form_id"]),
    ],
)
def test_nothing_is_void_with_wrong_input(desk: Desk, answers: dict[str, Any], wrong: list[str]) -> None:
    desk.open_till()
    sale = desk.sell("A-1", "A-2")

    answer = desk.take_back(sale, **answers)

    assert (answer.status_code, list(problems(answer))) == (400, wrong)
    assert CounterReturn.objects.count() == 0


def test_who_cancels_tickets_reads_whose_guest_was_let_in(desk: Desk) -> None:
    desk.open_till()
    sale = desk.sell("A-1", "A-2")
    at = datetime(2026, 11, 30, 19, 42, tzinfo=UTC)
    make_entry(sale.booking.tickets.select_related("seat__event").get(seat__label="A-2"), at)

    page = desk.client.get(f"{page_of_sale(sale)}void/").content.decode()

    assert re.findall(r"A-\d, €42\.00[^<\n]*", page) == [
        "A-1, €42.00",
        "A-2, €42.00: was let in on 30 November, 19:42",
    ]


def test_no_more_goes_back_than_came(desk: Desk) -> None:
    desk.open_till()
    sale = desk.sell("A-1", "A-2")
    first, other = (ticket.pk for ticket in sale.booking.tickets.all())

    desk.take_back(sale, tickets=[first], amount="10")
    refused = desk.take_back(sale, tickets=[other], amount="74")
    desk.take_back(sale, tickets=[other], how="nothing")

    assert list(problems(refused)) == ["amount"]
    assert list(CounterReturn.objects.values_list("amount", "kind")) == [(1000, "cash"), (0, "free")]
    assert inspect() == []


def test_money_goes_back_out_of_an_open_till_only(desk: Desk) -> None:
    till = desk.open_till()
    sale = desk.sell("A-1")
    desk.close(till, "142")

    refused = desk.take_back(sale)
    desk.open_till()

    assert (refused.status_code, list(problems(refused))) == (409, ["__all__"])
    assert desk.take_back(sale).status_code == 302


# Finding and printing


@pytest.mark.parametrize("typed", ["{number}", "{pk}", "{reference}", "a-2", "lovelace", "ada@example.com"])
def test_a_sale_is_found_by_anything_that_a_customer_can_name(desk: Desk, typed: str) -> None:
    desk.open_till()
    desk.sell("A-1")
    sale = desk.sell("A-2", name="Ada Lovelace", email="ada@example.com")
    query = typed.format(number=sale.number, pk=sale.pk, reference=sale.booking.ticket_reference)

    answer = desk.client.get("/box-office/sales/", {"q": query})

    assert answer.headers["Location"] == page_of_sale(sale)


def test_todays_sales_are_listed(desk: Desk) -> None:
    desk.open_till()
    sales = [desk.sell("A-1"), desk.sell("A-2")]

    page = desk.client.get("/box-office/sales/")

    assert page.context["sales"] == sales[::-1]


def test_tickets_are_printed_on_a_roll_of_80_mm(desk: Desk, event: Event) -> None:
    add_types(event)
    desk.open_till()
    sale = desk.sell("A-1", "A-2", name="Ada Lovelace")

    answer = desk.client.get(f"{page_of_sale(sale)}roll.pdf")

    pages = PdfReader(io.BytesIO(answer.content)).pages
    assert [round(float(page.mediabox.width) * 25.4 / 72) for page in pages] == [80, 80]
    words = pages[0].extract_text()
    assert all(it in words for it in ("Demo Night", "A-1", "Adult, €42.00", "Ada Lovelace", sale.number))
    desk.take_back(sale)
    assert desk.client.get(f"{page_of_sale(sale)}roll.pdf").status_code == 404


def test_the_admin_finds_and_shows_but_does_not_edit(desk: Desk) -> None:
    desk.open_till()
    sale = desk.sell("A-1")
    change = f"/admin/payments/countersale/{sale.pk}/change/"
    desk.take_back(sale)

    found = desk.client.get("/admin/payments/payment/find/", {"q": sale.number})

    assert found.headers["Location"] == change
    assert sale.number in desk.client.get(change).content.decode()
    listed = desk.client.get("/admin/payments/countersale/", {"q": str(sale.booking.ticket_reference)})
    assert sale.number in listed.content.decode()
    booking = desk.client.get(f"/admin/bookings/booking/{sale.booking_id}/change/").content.decode()
    assert change in booking
    lists = [desk.client.get(f"/admin/payments/{name}/").status_code for name in ("counterreturn", "till")]
    assert lists == [200, 200]
    assert desk.client.post(change, {"amount": "1"}).status_code == 403


# fsck


def break_till(till: Till) -> None:
    Till.objects.update(float=1)


def break_amount(till: Till) -> None:
    CounterSale.objects.update(amount=1)


def break_returns(till: Till) -> None:
    CounterReturn.objects.update(amount=9_999)


def break_ticket(till: Till) -> None:
    CounterReturn.objects.get().tickets.clear()


@pytest.mark.parametrize(
    ("damage", "rules"),
    [
        (break_till, {"till_that_does_not_add_up"}),
        (break_amount, {"till_that_does_not_add_up", "sale_that_does_not_add_up"}),
        (break_returns, {"till_that_does_not_add_up", "sale_that_does_not_add_up"}),
        (break_ticket, {"void_without_a_reason"}),
    ],
)
def test_fsck_finds_what_does_not_add_up(desk: Desk, damage: Any, rules: set[str]) -> None:
    till = desk.open_till()
    desk.take_back(desk.sell("A-1"))
    desk.close(till, "100")
    assert inspect() == []

    damage(till)

    assert {found.rule for found in inspect()} == rules
