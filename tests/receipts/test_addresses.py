"""Above 250 € a receipt has its buyer's address, if they state one before it is made."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from bookings.models import Booking, Seat
from payments.fsck import inspect
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin, Payment
from privacy.erasing import erase_customer
from receipts.issuing import issue_due
from receipts.models import BuyerAddress, Receipt
from tests.legal.house import make_house
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.threads import at_once
from tests.support.worker import work

ADDRESS = "Lovelace & Söhne GmbH\nEngine Lane 1\n10115 Berlin"
ASKED = "Business and address"
SEATS = [f"A-{number}" for number in range(1, 8)]  # 42.00 each: 294.00


def sell(box_office: BoxOffice, *seats: str) -> Purchase:
    purchase = box_office.buy(*seats)
    box_office.stripe.pay(purchase.session_id)
    box_office.deliver("completed", purchase)
    return purchase


@shared
def sold(box_office: BoxOffice) -> Purchase:
    """A sale of 294.00 whose receipt is still to be made."""
    make_house()
    make_event()
    return sell(box_office, *SEATS)


def page_of(purchase: Purchase, language: str = "en") -> str:
    client = Client(headers={"Accept-Language": language})
    return client.get(purchase.booking.get_absolute_url()).content.decode()


def state(purchase: Purchase, **typed: str) -> Any:
    return Client().post(f"{purchase.booking.get_absolute_url()}receipt-address/", typed)


def test_a_receipt_waits_for_the_address_and_has_it(sold: Purchase, client: Client) -> None:
    assert issue_due() == 0
    assert ASKED in page_of(sold)
    assert "Ohne Adresse erstellen" in page_of(sold, "de")

    answer = state(sold, address=f"  {ADDRESS.replace(chr(10), chr(13) + chr(10) * 2)}  ")

    assert (answer.status_code, answer["Location"]) == (302, sold.booking.get_absolute_url())
    assert "Your receipt is being made." in page_of(sold)
    assert issue_due() == 1
    receipt = Receipt.objects.get()
    assert (receipt.buyer, receipt.buyer_address) == ("Ada Lovelace", ADDRESS)
    assert not BuyerAddress.objects.exists()
    document = client.get(f"{sold.booking.get_absolute_url()}receipt.pdf").content
    [page] = PdfReader(io.BytesIO(document)).pages
    assert f"Ada Lovelace\n{ADDRESS}" in page.extract_text()
    assert ASKED not in page_of(sold)
    assert inspect() == []


def test_who_needs_none_has_the_receipt_at_once(sold: Purchase) -> None:
    state(sold, none="1", address="Never mind")

    assert issue_due() == 1
    assert Receipt.objects.get().buyer_address == ""


def test_a_receipt_waits_no_longer_than_a_week(sold: Purchase) -> None:
    Payment.objects.update(processed_at=timezone.now() - timedelta(days=6, hours=23))
    assert issue_due() == 0
    assert inspect() == []  # A sale whose receipt waits isn't one without.

    Payment.objects.update(processed_at=timezone.now() - timedelta(days=7, hours=1))
    assert ASKED not in page_of(sold)
    assert [violation.rule for violation in inspect()] == ["sale_without_receipt"]
    assert issue_due() == 1


def test_up_to_the_limit_nobody_is_asked(db: None, box_office: BoxOffice) -> None:
    make_house()
    make_event()
    Seat.objects.filter(label="A-1").update(price=250_00)
    small = sell(box_office, "A-1")

    assert ASKED not in page_of(small)
    assert state(small, address=ADDRESS).status_code == 400
    assert not BuyerAddress.objects.exists()


def test_what_is_issued_stays(sold: Purchase) -> None:
    state(sold, address=ADDRESS)
    issue_due()

    refused = state(sold, address="Another")

    assert refused.status_code == 400
    assert "The receipt is made already" in refused.content.decode()
    assert Receipt.objects.get().buyer_address == ADDRESS
    for change in ({"buyer_address": "Another"}, {"buyer_address": ""}, {"buyer": ""}):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            Receipt.objects.update(**change)
    Receipt.objects.update(buyer="", buyer_address="")


def test_until_it_is_issued_it_can_be_corrected(sold: Purchase) -> None:
    state(sold, address="A mistake")
    assert state(sold, address=ADDRESS).status_code == 302

    issue_due()

    assert Receipt.objects.get().buyer_address == ADDRESS


@pytest.mark.parametrize("typed", ["", " \n ", "x" * 81, "\n".join("abcdefg"), "Evil\u202eLane", "Nul\0"])
def test_what_can_not_be_printed_is_refused(typed: str, sold: Purchase) -> None:
    answer = state(sold, address=typed)

    assert answer.status_code == 400
    assert ASKED in answer.content.decode()
    assert not BuyerAddress.objects.exists()


def test_a_correction_has_the_address_of_what_it_corrects(sold: Purchase) -> None:
    state(sold, address=ADDRESS)
    issue_due()
    tickets = sold.booking.tickets.filter(seat__label="A-1")
    request_refund(sold.payment, origin=Origin.STAFF, cause=Cause.STAFF, tickets=tickets)
    work("send_refund")
    issue_due()

    assert [receipt.buyer_address for receipt in Receipt.objects.all()] == [ADDRESS, ADDRESS]


def test_money_that_goes_back_waits_for_nobody(sold: Purchase) -> None:
    request_refund(sold.payment, origin=Origin.STAFF, cause=Cause.STAFF)
    work("send_refund")

    issue_due()

    assert sorted(receipt.kind for receipt in Receipt.objects.all()) == ["correction", "receipt"]
    assert inspect() == []


def test_without_a_house_nobody_is_asked(db: None, box_office: BoxOffice) -> None:
    make_event()
    purchase = sell(box_office, *SEATS)

    assert ASKED not in page_of(purchase)
    assert state(purchase, address=ADDRESS).status_code == 404


def test_who_is_erased_leaves_a_receipt_and_no_address(sold: Purchase) -> None:
    erase_customer("ada@example.com", force=True)

    assert Receipt.objects.get().buyer == "Ada Lovelace"
    assert not BuyerAddress.objects.exists()
    assert Booking.objects.get().name == ""


@pytest.mark.django_db(transaction=True)
def test_what_is_stated_while_it_is_issued_is_on_it_or_refused(sold: Purchase) -> None:
    state(sold, address="First")

    def do(number: int) -> Any:
        return issue_due() if number == 0 else state(sold, address=ADDRESS).status_code

    _issued, status = at_once(do, 2)
    issue_due()

    assert Receipt.objects.get().buyer_address == (ADDRESS if status == 302 else "First")
    assert not BuyerAddress.objects.exists()
