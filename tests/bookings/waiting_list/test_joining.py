"""Going on the waiting list of an event that is sold out, and leaving it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from bookings.models import Event, WaitingEntry, WaitingStatus
from tests.bookings.waiting_list.returning import Wait, come_back
from tests.support.worker import work

FORM = {"name": "Ada Lovelace", "email": "ada@example.com", "quantity": 2}
LINK = re.compile(r"http://testserver(/waiting/[A-Z2-7]{26}/)")


def ask(client: Client, **changes: Any) -> Any:
    return client.post("/events/demo-night/waiting-list/", {**FORM, **changes})


def link() -> str:
    """Return the address of the entry in the last mail."""
    found = LINK.search(str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_the_page_of_a_sold_out_event_asks_who_wants_to_wait(full: Event, client: Client) -> None:
    page = client.get("/events/demo-night/").content.decode()

    assert 'action="/events/demo-night/waiting-list/"' in page


def test_somebody_waits_once_their_address_is_confirmed(full: Event, client: Client) -> None:
    assert ask(client).status_code == 200
    work("mail_waiting_entry")
    before = WaitingEntry.objects.get().status
    address = link()
    assert client.get(address).status_code == 200
    assert WaitingEntry.objects.get().status == before == WaitingStatus.UNCONFIRMED
    client.post(f"{address}confirm/")
    entry = WaitingEntry.objects.get()

    assert (entry.status, entry.quantity) == (WaitingStatus.WAITING, 2)
    assert entry.waiting_since is not None
    assert "You’re on the waiting list for 2 tickets." in client.get(address).content.decode()


def test_an_address_is_on_the_list_once_and_nobody_reads_that_it_is(
    full: Event, client: Client, wait: Wait
) -> None:
    wait("ada")
    answer, new = ask(client, email="ADA@example.com"), ask(client, email="bob@example.com")
    work("mail_waiting_entry")

    assert answer.content.decode().count("ADA@example.com") == new.content.decode().count("bob@example.com")
    assert [sent.to for sent in mail.outbox] == [["bob@example.com"]]
    assert WaitingEntry.objects.count() == 2


def test_an_address_that_many_ask_for_gets_few_mails(full: Event, client: Client, wait: Wait) -> None:
    for number in range(4):
        other = Event.objects.get(pk=full.pk)
        other.pk, other.slug, other._state.adding = None, f"other-{number}", True
        other.save()
        unconfirmed = {"status": WaitingStatus.UNCONFIRMED, "waiting_since": None}
        wait("ada", event=other, **unconfirmed)
    ask(client)

    assert WaitingEntry.objects.filter(event=full).count() == 0


def test_one_network_asks_so_often_only(full: Event, client: Client) -> None:
    codes = [ask(client, email=f"guest{number}@example.com").status_code for number in range(22)]

    assert codes == [200] * 20 + [429] * 2


@pytest.mark.parametrize("wrong", [{"quantity": 0}, {"quantity": 9}, {"name": ""}, {"email": "ada"}])
def test_what_is_wrong_is_said(full: Event, client: Client, wrong: dict[str, Any]) -> None:
    assert ask(client, **wrong).status_code == 400
    assert not WaitingEntry.objects.exists()


def test_nobody_waits_for_what_can_be_bought(full: Event, client: Client, wait: Wait) -> None:
    come_back(full, "A-1", "A-2")

    assert ask(client).status_code == 409
    assert ask(client, quantity=3).status_code == 200


def test_who_comes_later_waits_though_places_are_free_for_who_was_first(
    full: Event, client: Client, wait: Wait
) -> None:
    wait("bob", 2)
    come_back(full, "A-1", "A-2")

    assert ask(client).status_code == 200


@pytest.mark.parametrize("left", [timedelta(minutes=20), -timedelta(minutes=1)])
def test_nobody_waits_when_the_sale_is_about_to_end(full: Event, client: Client, left: timedelta) -> None:
    Event.objects.update(sales_until=timezone.now() + left)

    assert ask(client).status_code == 409


def test_whoever_leaves_is_off_the_list(full: Event, client: Client, wait: Wait) -> None:
    entry = wait("ada")
    client.post(f"/waiting/{entry.reference}/leave/")
    entry.refresh_from_db()

    assert entry.status == WaitingStatus.LEFT
    assert "no longer on the waiting list" in client.get(entry.get_absolute_url()).content.decode()


def test_looking_at_the_links_changes_nothing(full: Event, client: Client, wait: Wait) -> None:
    entry = wait("ada")
    for address in ("", "confirm/", "leave/", "pay/"):
        client.get(f"/waiting/{entry.reference}/{address}")
    entry.refresh_from_db()

    assert entry.status == WaitingStatus.WAITING
