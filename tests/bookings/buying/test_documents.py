"""What customers read of the type of each place, wherever it is told."""

import io
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pypdf import PdfReader

from payments.models import Payment
from receipts.issuing import issue_due
from tests.bookings.buying.house import CHECKOUT, FORM, make_house
from tests.legal.house import make_house as make_legal_house
from tests.support.sandbox import Sandbox
from tests.support.shop import BoxOffice, Purchase
from tests.support.worker import work


@pytest.fixture
def sold(db: None, box_office: BoxOffice, stripe: Sandbox, client: Client) -> Purchase:
    """A-1 for an adult, A-2 for a child and two on the floor, with a code: 90.40."""
    make_legal_house()
    make_house()
    chosen = {"seats": ["A-1", "A-2"], "type-A-1": "adult", "type-A-2": "child", "places-floor.adult": "2"}
    client.post(CHECKOUT, {**FORM, **chosen, "code": "SPRING"})
    purchase = Purchase(str(Payment.objects.get().session_id), {})
    stripe.pay(purchase.session_id)
    box_office.deliver("completed", purchase)
    return purchase


def text(client: Client, path: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(path).content.decode()).split())


def tickets(sold: Purchase) -> list[Any]:
    return list(sold.booking.tickets.order_by("seat_id"))


def test_stripe_reads_the_type_of_each_place(sold: Purchase) -> None:
    lines: Any = (sold.payment.session_params or {})["line_items"]

    assert [
        (line["price_data"]["product_data"]["name"], line["price_data"]["unit_amount"]) for line in lines
    ] == [
        ("Demo Night: A-1, Adult", 3360),
        ("Demo Night: A-2, Child", 1680),
        ("Demo Night: Floor 1, Adult", 2000),
        ("Demo Night: Floor 2, Adult", 2000),
    ]


def test_a_ticket_says_whom_it_is_for(sold: Purchase, client: Client) -> None:
    _adult, child, floor, _other = tickets(sold)

    assert "Row A, seat 2 A-2 Ticket Child · show proof at the door" in text(client, child.get_absolute_url())
    assert "Floor 1 Ticket Adult" in text(client, floor.get_absolute_url())
    assert "Child · show proof at the door" in text(client, f"{sold.booking.get_absolute_url()}tickets/")


def test_the_pdf_says_it_too(sold: Purchase, client: Client) -> None:
    document = client.get(f"{sold.booking.get_absolute_url()}tickets.pdf").content
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(document)).pages]

    assert "Child · show proof at the door" in pages[1]
    assert "Row A, seat 2" in pages[1]
    assert "Floor 1" in pages[2]
    assert "Row" not in pages[2]


def test_the_booking_says_what_it_is_for_and_what_the_code_took_off(sold: Purchase, client: Client) -> None:
    words = text(client, sold.booking.get_absolute_url())

    assert "A-1, Adult A-2, Child 2 × Floor, Adult" in words
    assert "Code SPRING, \N{MINUS SIGN}€22.60" in words


def test_the_success_page_has_the_type_on_each_ticket(sold: Purchase, client: Client) -> None:
    words = text(client, f"/payments/success/?session_id={sold.session_id}")

    assert "A-1, Adult A-2, Child 2 × Floor, Adult" in words
    assert "Seat A-2 Ticket Child · show proof at the door" in words


def test_the_dashboard_has_it(sold: Purchase, client: Client) -> None:
    ada = User.objects.create_user("ada", "ada@example.com")
    sold.booking.event.bookings.update(customer=ada)
    client.force_login(ada, backend="customers.backends.MailedCodeBackend")

    assert "2 × Floor, Adult" in text(client, "/bookings/")


def test_the_mail_lists_place_type_and_price(sold: Purchase) -> None:
    work()

    (sent,) = [message for message in mail.outbox if "ticket" in message.subject]
    assert "Seat A-2, Child · show proof at the door, €16.80" in str(sent.body)
    assert "Floor 1, Adult, €20.00" in str(sent.body)
    assert "You saved €22.60 with the code SPRING." in str(sent.body)


def test_the_receipt_has_a_line_for_each_place(sold: Purchase) -> None:
    issue_due()

    (receipt,) = sold.payment.receipts.all()
    assert [(line["text"], line["amount"]) for line in receipt.lines] == [
        ("Admission, row A, seat 1 (A-1), Adult, reduced with the code SPRING", 3360),
        ("Admission, row A, seat 2 (A-2), Child, reduced with the code SPRING", 1680),
        ("Admission, Floor 1, Adult, reduced with the code SPRING", 2000),
        ("Admission, Floor 2, Adult, reduced with the code SPRING", 2000),
    ]


def test_the_status_keeps_its_shape(sold: Purchase, client: Client) -> None:
    said = client.get(f"/api/payment-status?session_id={sold.session_id}").json()

    assert said["booking"]["booked_seats"] == ["A-1", "A-2", "Floor 1", "Floor 2"]
    assert said["booking"]["amount_total"] == 9040
    assert set(said["tickets"][0]) == {"seat", "code", "success", "error_message", "url", "qr_url"}


def test_german_pages_say_it_in_german(sold: Purchase, client: Client) -> None:
    path = tickets(sold)[1].get_absolute_url()

    page = client.get(path, headers={"Accept-Language": "de"}).content.decode()

    assert "Child · am Einlass nachweisen" in page
