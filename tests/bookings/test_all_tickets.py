"""The page of all tickets of a booking, and what lets tickets be shown without a network."""

import pytest
from django.test import Client

from bookings.models import Ticket
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin
from tests.support.accounts import sign_in
from tests.support.shop import Purchase
from tests.support.worker import work


def address_of(purchase: Purchase) -> str:
    return f"{purchase.booking.get_absolute_url()}tickets/"


def page_of(client: Client, purchase: Purchase) -> str:
    return client.get(address_of(purchase)).content.decode()


def test_the_page_shows_the_code_the_seat_and_the_name_of_each_ticket(paid: Purchase, client: Client) -> None:
    first, second = paid.booking.tickets.all()
    Ticket.objects.filter(pk=second.pk).update(name="Grace Hopper")

    page = page_of(client, paid)

    for ticket in (first, second):
        assert f"/tickets/{ticket.code}/qr.svg" in page
    for words in ("Row A, seat 1", "Ada Lovelace", "Row A, seat 2", "Grace Hopper"):
        assert words in page


def test_a_stopped_ticket_has_no_code_beside_the_others(paid: Purchase, client: Client) -> None:
    first, second = paid.booking.tickets.all()
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF, amount=4200, tickets=[first])

    page = page_of(client, paid)

    assert f"/tickets/{first.code}/qr.svg" not in page
    assert f"/tickets/{second.code}/qr.svg" in page
    assert page.count("On hold") == 1
    assert 'data-valid="true"' in page


def test_a_page_without_a_valid_ticket_is_not_to_be_kept(paid: Purchase, client: Client) -> None:
    request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
    work("send_refund")

    assert page_of(client, paid).count("Not valid") == 2
    assert 'data-valid="false"' in page_of(client, paid)


def test_a_booking_without_tickets_leads_back_to_itself(purchase: Purchase, client: Client) -> None:
    answer = client.get(address_of(purchase))

    assert (answer.status_code, answer.headers["Location"]) == (302, purchase.booking.get_absolute_url())


def test_nobody_but_the_customers_browser_keeps_the_page(paid: Purchase, client: Client) -> None:
    answer = client.get(address_of(paid))

    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert '<meta name="robots" content="noindex">' in answer.content.decode()


def test_an_unknown_booking_has_no_tickets(client: Client, db: None) -> None:
    for name in ("tickets/", "tickets.pdf", "event.ics"):
        assert client.get(f"/bookings/{'A' * 26}/{name}").status_code == 404
    assert client.get(f"/tickets/{'A' * 26}/ticket.pdf").status_code == 404


def test_the_booking_leads_to_its_tickets_and_files(paid: Purchase, client: Client) -> None:
    for page in (paid.booking.get_absolute_url(), f"/payments/success/?session_id={paid.session_id}"):
        words = client.get(page).content.decode()
        for name in ("tickets/", "tickets.pdf", "event.ics"):
            assert f'href="{paid.booking.get_absolute_url()}{name}"' in words


def test_the_worker_comes_from_beside_the_tickets_and_is_asked_for_each_time(client: Client) -> None:
    answer = client.get("/tickets/worker.js")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]


def test_whoever_signs_out_leaves_nothing_in_the_browser(client: Client, db: None) -> None:
    sign_in(client, "ada@example.com")

    signed_in, signed_out = client.get("/"), client.post("/account/logout/")

    assert "Clear-Site-Data" not in signed_in.headers
    assert signed_out.headers["Clear-Site-Data"] == '"storage"'


@pytest.mark.parametrize("cookie", ["door", "__Host-door"])
def test_signing_out_keeps_what_was_scanned_at_the_door(cookie: str, client: Client, db: None) -> None:
    sign_in(client, "ada@example.com")
    client.cookies[cookie] = "its secret"

    assert "Clear-Site-Data" not in client.post("/account/logout/").headers
