"""What the door knows of people: guests are erased and told with all else, stewards after 90 days."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from bookings.models import Entry, Scan, Ticket
from privacy.erasing import erase_customer
from privacy.retention import let_go
from tests.privacy.test_erasing import EMAIL, KEPT, NAME, known, places_of
from tests.support.accounts import sign_in
from tests.support.at_the_door.rows import make_entry, make_scan
from tests.support.shop import Purchase

__all__ = ["known"]


@pytest.fixture
def entered(known: Purchase) -> Entry:
    """The customer was let in, by a steward whose name is typed, and there was trouble."""
    ticket = Ticket.objects.select_related("seat__event", "booking").filter(status="valid")[0]
    now = timezone.now()
    scan = make_scan(ticket, now, person="Sam Vimes", note=f"{NAME} was late")
    device = scan.device.name
    return make_entry(
        ticket,
        now,
        scan=scan,
        conflict="two_devices",
        undone_at=now,
        undone_by=f"{device}, Sam Vimes",
        undone_why=f"{NAME} sits elsewhere",
        settled_at=now,
        settled_by=device,
        settled_how=f"Seen: {NAME}, " + "Ada " * 100,
    )


def test_who_is_erased_is_out_of_the_doors_notes_and_the_scans_stay(entered: Entry) -> None:
    erase_customer(EMAIL)

    assert places_of(NAME) == KEPT
    entered.refresh_from_db()
    assert (entered.undone_why, entered.scan.verdict) == ("[erased] sits elsewhere", "admitted")


def test_a_customer_s_export_has_what_the_door_knows(entered: Entry) -> None:
    browser = Client()
    sign_in(browser, EMAIL)

    told = json.loads(browser.post("/account/data/").content)

    assert [row["verdict"] for row in told["scans"]] == ["admitted"]
    assert [row["seat"] for row in told["entries"]] == [entered.seat.label if entered.seat else ""]
    assert "Sam Vimes" not in json.dumps(told["scans"]) + json.dumps(told["entries"])


def test_the_names_of_stewards_go_after_90_days_and_their_devices_stay(entered: Entry) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=89), tick=False):
        let_go()
    assert Scan.objects.get().person == "Sam Vimes"

    with time_machine.travel(timezone.now() + timedelta(days=91), tick=False):
        let_go()
        let_go()

    entered.refresh_from_db()
    assert places_of("Sam Vimes") == set()
    assert (entered.undone_by, entered.settled_by) == ("North, phone 2", "North, phone 2")
