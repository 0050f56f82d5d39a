"""The page of the door: what it may use, whom it is for, and its forms for browsers without scripts."""

import re
from typing import Any

import pytest
from django.test import Client

from bookings.door.devices.pairing import invite, revoke
from bookings.door.words import words
from bookings.models import Event, Scan, Ticket, Verdict
from bookings.tickets.tokens import digest, sign
from config.middleware.security_headers import POLICY, permissions
from tests.support.at_the_door.phones import MakeDevice
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event

WASM = "'wasm-unsafe-eval'"
ELSEWHERE = [
    *("/", "/events/demo-night/", "/tickets/worker.js", "/admin/login/", "/api/door/scans", "/door"),
    *("/doors/", "/doorway", "/door/nothing/", "/static/js/door/camera/decoder.js"),
    "/static/vendor/zxing-wasm/reader/zxing_reader.wasm",
]


@shared
def sold(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid."""
    make_event()
    return box_office.sell()


@pytest.fixture
def event(sold: Purchase) -> Event:
    return sold.booking.event


@pytest.fixture
def ticket(sold: Purchase) -> Ticket:
    return sold.booking.tickets.select_related("seat__event", "booking").earliest("pk")


def said(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.parametrize("path", ["/door/", "/door/decoder.js"])
def test_only_the_door_and_its_workers_may_use_camera_and_web_assembly(
    path: str, event: Event, client: Client
) -> None:
    headers = client.get(path).headers

    assert headers["Content-Security-Policy"] == POLICY.replace(
        "script-src 'self'", f"script-src 'self' {WASM}"
    )
    assert headers["Permissions-Policy"] == permissions("camera")


@pytest.mark.parametrize("path", ELSEWHERE)
def test_no_other_address_may(path: str, event: Event, client: Client) -> None:
    headers = client.get(path).headers

    assert WASM not in headers["Content-Security-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]


def test_who_is_not_paired_is_asked_for_a_code(event: Event, client: Client) -> None:
    response = client.get("/door/")

    assert "Pair this device" in said(response)
    assert event.title not in said(response)
    assert response.headers["X-Robots-Tag"] == "noindex"


def test_a_device_is_paired_by_the_form(doors_open: Event, client: Client) -> None:
    _device, code = invite([doors_open], gate="North")

    response = client.post("/door/pair/", {"code": code, "name": "Phone 1"}, follow=True)

    assert "Demo Night North" in said(response)
    assert "Phone 1 · Steward" in said(response)


def test_a_wrong_code_is_told_on_the_form(event: Event, client: Client) -> None:
    response = client.post("/door/pair/", {"code": "00000000"})

    assert response.status_code == 403
    assert "This code is wrong, used or too old." in said(response)


def test_the_form_counts_wrong_codes_too(event: Event, client: Client) -> None:
    tried = [client.post("/door/pair/", {"code": "00000000"}).status_code for _try in range(6)]

    assert tried == [403, 403, 403, 403, 403, 429]


def test_a_typed_code_is_judged_without_scripts(
    doors_open: Event, ticket: Ticket, make_device: MakeDevice
) -> None:
    door = make_device(doors_open, gate="North")
    form = {"event": doors_open.pk, "gate": "South", "person": "Kim", "code": f" {sign(ticket).lower()} "}

    first, second = door.post("/door/scan/", form), door.post("/door/scan/", form)

    assert f"Welcome {ticket.seat.label} {ticket.holder}" in said(first)
    assert f"Already scanned {ticket.seat.label}" in said(second)
    scan = Scan.objects.earliest("pk")
    assert (scan.kind, scan.gate, scan.person, scan.verdict) == ("typed", "South", "Kim", "admitted")


def test_a_found_guest_is_judged_without_scripts(
    doors_open: Event, ticket: Ticket, make_device: MakeDevice
) -> None:
    door = make_device(doors_open)

    response = door.post("/door/scan/", {"event": doors_open.pk, "ticket": digest(ticket.code)})

    assert f"Welcome {ticket.seat.label}" in said(response)
    assert Scan.objects.get().kind == "name"


@pytest.mark.parametrize("typed", ["Lovelace", "a-1", "A-1"])
def test_a_guest_is_found_without_scripts(
    typed: str, doors_open: Event, ticket: Ticket, make_device: MakeDevice
) -> None:
    door = make_device(doors_open)
    door.scan({"token": sign(ticket)})

    response = door.get("/door/", {"event": str(doors_open.pk), "q": typed})

    assert f"{ticket.seat.label} {ticket.holder} · Already inside Check" in said(response)
    assert digest(ticket.code) in response.content.decode()
    assert ticket.code not in response.content.decode()


def test_nobody_is_found_by_another_name(doors_open: Event, make_device: MakeDevice) -> None:
    response = make_device(doors_open).get("/door/", {"q": "Nobody at all"})

    assert '<p role="status" data-found-none>Nobody found.</p>' in response.content.decode()


def test_going_out_of_an_event_without_re_entry_is_refused_in_words(
    doors_open: Event, ticket: Ticket, make_device: MakeDevice
) -> None:
    door = make_device(doors_open)

    response = door.post("/door/scan/", {"code": sign(ticket), "direction": "out"})

    assert "Guests can’t leave and come back at this event." in said(response)


@pytest.mark.parametrize("code", ["", "x" * 10_000, "https://example.com/", "\0", "ÄÖÜ", "A" * 136])
def test_what_is_no_ticket_is_told_so(code: str, doors_open: Event, make_device: MakeDevice) -> None:
    response = make_device(doors_open).post("/door/scan/", {"code": code, "event": "x", "direction": "up"})

    assert response.status_code == 200
    assert "Not our ticket" in said(response)


def test_a_revoked_device_scans_nothing_by_form(
    doors_open: Event, ticket: Ticket, make_device: MakeDevice
) -> None:
    door = make_device(doors_open)
    revoke(door.device)

    response = door.post("/door/scan/", {"code": sign(ticket)}, follow=True)

    assert "Pair this device" in said(response)
    assert not Scan.objects.exists()


def test_the_forms_need_their_token(doors_open: Event, ticket: Ticket, make_device: MakeDevice) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = make_device(doors_open).cookies

    assert strict.post("/door/scan/", {"code": sign(ticket)}).status_code == 403


def test_there_are_words_for_every_verdict() -> None:
    assert set(words()) == {*Verdict.values, "younger", "no_list", "not_kept", "else"}
    assert all(spoken["word"] for spoken in words().values())


@pytest.mark.parametrize("field", ["gate", "person", "code", "ticket", "q", "event", "direction"])
def test_no_character_is_an_error(field: str, doors_open: Event, make_device: MakeDevice) -> None:
    door = make_device(doors_open)

    assert door.post("/door/scan/", {"code": "x", field: "a\0b\u0664"}).status_code == 200
    assert door.get("/door/", {field: "a\0b\u0664"}).status_code == 200
