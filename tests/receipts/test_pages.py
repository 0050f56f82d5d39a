"""Where receipts are read: the booking's page, the PDF, and staff's lists and exports."""

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from bookings.models import Booking
from legal.models import House
from receipts.documents.page import write_page
from receipts.documents.pdf import draw_page
from receipts.issuing import issue_due
from receipts.models import Receipt
from receipts.reports import between, totals
from tests.legal.house import make_house
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.staff import somebody_of


@shared
def sold(box_office: BoxOffice) -> Purchase:
    """A sale of 84.00 whose receipt is still to be made."""
    make_house()
    make_event()
    return box_office.sell()


@pytest.fixture
def receipted(sold: Purchase) -> Purchase:
    """The sale with its receipt."""
    issue_due()
    return sold


def text_of(answer: Any) -> str:
    assert answer.headers["Content-Type"] == "application/pdf"
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


def page_of(purchase: Purchase, **headers: str) -> str:
    return Client(headers=headers).get(purchase.booking.get_absolute_url()).content.decode()


# The customer


def test_the_page_says_that_it_is_being_made_and_then_has_it(sold: Purchase, client: Client) -> None:
    assert "Your receipt is being made." in page_of(sold)
    assert client.get(f"{sold.booking.get_absolute_url()}receipt.pdf").status_code == 404

    issue_due()

    number = Receipt.objects.get().number
    assert f'receipts/{number}.pdf">Receipt {number} (PDF)</a>' in page_of(sold)


def test_without_a_house_the_page_says_nothing_of_receipts(sold: Purchase) -> None:
    House.objects.all().delete()

    assert "eceipt" not in page_of(sold)


def test_the_document_says_all_that_the_law_wants(receipted: Purchase, client: Client) -> None:
    answer = client.get(f"{receipted.booking.get_absolute_url()}receipt.pdf")

    text = text_of(answer).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        *("The Little Theatre gGmbH", "Hauptstraße 1", "Tax number: 12/345/67890", "Ada Lovelace"),
        *(Receipt.objects.get().number, "Demo Night", "Admission, row A, seat 1 (A-1)", "Date of supply"),
        *("€84.00", "19 %", "€70.59", "€13.41", "Paid in full."),
    ):
        assert words in text, words
    assert answer.headers["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(answer.request["PATH_INFO"], headers=known).status_code == 304


def test_it_says_the_same_whatever_becomes_of_the_event_and_the_house(
    receipted: Purchase, client: Client
) -> None:
    address = f"{receipted.booking.get_absolute_url()}receipt.pdf"
    before = client.get(address).content
    event = receipted.booking.event
    event.title, event.vat_rate = "Another", 7
    event.save(update_fields=["title", "vat_rate"])
    House.objects.update(legal_name="Another", vat_rate=7)

    assert client.get(address, headers={"Accept-Language": "de"}).content == before


def test_a_german_booking_gets_german_papers(sold: Purchase, client: Client) -> None:
    Booking.objects.update(language="de")
    issue_due()

    text = text_of(client.get(f"{sold.booking.get_absolute_url()}receipt.pdf"))

    assert "Rechnung TEST-" in text
    assert "Vollständig bezahlt." in text
    assert "Leistungsdatum" in text


def test_another_booking_s_address_opens_it_not(receipted: Purchase, client: Client) -> None:
    other = Booking.objects.get()
    other.pk, other.reference, other.ticket_reference = None, "Z" * 26, "ZZZZ-ZZZZ"
    other.save()

    assert client.get(f"/bookings/{other.reference}/receipt.pdf").status_code == 404
    number = Receipt.objects.get().number
    assert client.get(f"/bookings/{other.reference}/receipts/{number}.pdf").status_code == 404
    assert client.get(f"{receipted.booking.get_absolute_url()}receipts/{number}.pdf").status_code == 200


def test_a_long_receipt_goes_on_on_another_page(receipted: Purchase) -> None:
    receipt = Receipt.objects.get()
    receipt.lines = receipt.lines * 40

    document = draw_page(write_page(receipt), ("Rate", "Net", "VAT", "Gross"))

    assert len(PdfReader(io.BytesIO(document)).pages) == 3


# Staff


TOTALS, EXPORT = "/admin/receipts/receipt/totals/", "/admin/receipts/receipt/export/"


def test_finance_sees_totals_by_month_and_rate(receipted: Purchase) -> None:
    page = somebody_of("Finance").get(TOTALS).content.decode()

    assert f'<th scope="row">{timezone.localdate():%B %Y}</th><td>EUR</td><td>19 %</td>' in page
    assert "<td>€70.59</td><td>€13.41</td><td>€84.00</td>" in page


def test_live_and_test_money_are_apart(receipted: Purchase) -> None:
    today = timezone.localdate()

    assert totals(between(today, today, is_live=True)) == []
    assert [row["gross"] for row in totals(between(today, today, is_live=False))] == [8400]


@pytest.mark.parametrize("bad", [{"first": "x", "last": "y"}, {"first": "2027-02-01", "last": "2027-01-01"}])
def test_odd_days_are_refused(receipted: Purchase, bad: dict[str, str]) -> None:
    finance = somebody_of("Finance")

    assert finance.get(TOTALS, bad).status_code == 200
    assert finance.get(EXPORT, bad).status_code == 400


def test_the_export_has_a_line_for_each_and_no_formula(sold: Purchase) -> None:
    Booking.objects.update(name='=HYPERLINK("https://example.com")')
    issue_due()

    answer = somebody_of("Finance").get(EXPORT)

    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    (row,) = csv.DictReader(io.StringIO(content))
    assert (row["number"], row["rate"], row["gross"]) == (Receipt.objects.get().number, "19", "84.00")
    assert row["buyer"].startswith("'=")


def test_the_box_office_reads_receipts_and_exports_none(receipted: Purchase) -> None:
    box_office, receipt = somebody_of("Box office"), Receipt.objects.get()

    assert receipt.number in box_office.get("/admin/receipts/receipt/").content.decode()
    assert "Totals" not in box_office.get("/admin/receipts/receipt/").content.decode()
    assert "€84.00" in text_of(box_office.get(f"/admin/receipts/receipt/{receipt.pk}/pdf/"))
    assert {box_office.get(address).status_code for address in (TOTALS, EXPORT)} == {403}
    assert somebody_of("Door").get(f"/admin/receipts/receipt/{receipt.pk}/pdf/").status_code == 403
