"""A device is paired once, by a code that staff have just made, and works for its events only."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.door.devices.codes import hash_code, hash_secret
from bookings.door.devices.pairing import InvalidCode, invite, pair, revoke
from bookings.models import Device, DeviceRole, Event
from tests.support.at_the_door.phones import MakeDevice
from tests.support.threads import at_once


def send(client: Client, code: str, **more: Any) -> Any:
    return client.post("/api/door/pair", {"code": code, **more}, content_type="application/json")


def end(event: Event) -> None:
    over = timezone.now() - timedelta(hours=13)
    Event.objects.filter(pk=event.pk).update(
        doors_open_at=None, starts_at=over - timedelta(hours=2), ends_at=over, sales_until=over
    )


def test_a_code_gives_a_cookie_that_no_script_reads(event: Event, client: Client) -> None:
    _device, code = invite([event], role=DeviceRole.SUPERVISOR, gate="North")

    response = send(client, f"{code[:4]} {code[4:]}", name="North, phone 2")

    device = Device.objects.get()
    cookie = response.cookies["door"]
    assert response.json() == {
        "device": "North, phone 2",
        "role": "supervisor",
        "gate": "North",
        "events": [{"id": event.pk, "slug": "demo-night", "title": "Demo Night"}],
        "expires_at": device.expires_at.isoformat().replace("+00:00", "Z"),
    }
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert response.headers["Cache-Control"] == "no-store"
    assert device.secret_hash == hash_secret(cookie.value)
    assert device.expires_at == event.ends_at + timedelta(hours=12)
    assert device.code_hash == ""


@pytest.mark.parametrize("typed", ["ADMIT-DOOR:{}", " {} ", "{}"])
def test_a_code_is_read_as_people_and_cameras_give_it(typed: str, event: Event, client: Client) -> None:
    _device, code = invite([event])

    assert send(client, typed.format(code)).status_code == 200


@pytest.mark.parametrize("typed", ["", "1234567", "123456789", "abcdefgh", "\u0661" * 8, "12345678\0"])
def test_what_is_no_code_pairs_nothing(typed: str, event: Event, client: Client) -> None:
    invite([event])

    assert send(client, typed).status_code in (400, 403)
    assert not Device.objects.paired().exists()


def test_a_code_works_once(event: Event, client: Client) -> None:
    _device, code = invite([event])
    assert send(client, code).status_code == 200

    again = send(Client(), code)

    assert (again.status_code, again.json()["error"]["code"]) == (403, "invalid_code")


def test_a_code_works_for_ten_minutes(event: Event, client: Client) -> None:
    device, code = invite([event])
    Device.objects.filter(pk=device.pk).update(code_until=timezone.now())

    assert send(client, code).status_code == 403


def test_a_revoked_device_is_not_paired(event: Event, client: Client) -> None:
    device, code = invite([event])
    revoke(device)

    assert send(client, code).status_code == 403


def test_five_wrong_codes_are_enough_and_right_ones_do_not_count(event: Event) -> None:
    for _phone in range(8):
        assert send(Client(), invite([event])[1]).status_code == 200
    for _try in range(5):
        assert send(Client(), "00000000").status_code == 403

    _device, code = invite([event])
    late = send(Client(), code)

    assert (late.status_code, late.json()["error"]["code"]) == (429, "throttled")
    assert 0 < int(late.headers["Retry-After"]) <= 60
    assert send(Client(REMOTE_ADDR="198.51.100.7"), code).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_wrong_codes_at_once_five_are_tried(event: Event) -> None:
    tried = at_once(lambda _number: send(Client(), "00000000").status_code, 8)

    assert sorted(tried) == [*[403] * 5, *[429] * 3]


def test_networks_of_ipv6_are_counted_as_one_customer_has_them(event: Event) -> None:
    for number in range(5):
        send(Client(REMOTE_ADDR=f"2001:db8:0:1::{number}"), "00000000")

    assert send(Client(REMOTE_ADDR="2001:db8:0:1:ffff::1"), "00000000").status_code == 429
    assert send(Client(REMOTE_ADDR="2001:db8:0:2::1"), "00000000").status_code == 403


def test_another_site_can_pair_nothing(event: Event, client: Client) -> None:
    _device, code = invite([event])

    def pair_from(origin: str) -> Any:
        return client.post(
            "/api/door/pair", {"code": code}, content_type="application/json", headers={"Origin": origin}
        )

    assert pair_from("https://evil.example").json()["error"]["code"] == "wrong_origin"
    assert pair_from("null").status_code == 403
    assert pair_from("http://testserver").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_a_code_at_once_one_is_paired(event: Event) -> None:
    _device, code = invite([event])

    def try_to(number: int) -> bool:
        try:
            return bool(pair(code, f"Phone {number}"))
        except InvalidCode:
            return False

    assert sorted(at_once(try_to, 4)) == [False, False, False, True]


def test_a_code_is_stored_as_a_hash_that_needs_the_key(event: Event, settings: Any) -> None:
    device, code = invite([event])
    assert code not in device.code_hash

    settings.SECRET_KEY = "another" * 10

    assert hash_code(code) != device.code_hash


def test_a_device_works_until_twelve_hours_after_its_last_event(
    doors_open: Event, make_device: MakeDevice
) -> None:
    phone = make_device(doors_open)
    assert phone.try_scan({"token": "x"}).status_code == 200
    end(doors_open)

    late = phone.try_scan({"token": "x"})

    assert (late.status_code, late.json()["error"]["code"]) == (401, "unpaired")


def test_a_code_for_what_is_over_pairs_nothing(event: Event, client: Client) -> None:
    _device, code = invite([event])
    end(event)

    assert send(client, code).status_code == 403


def test_a_device_without_an_event_is_not_paired(doors_open: Event, make_device: MakeDevice) -> None:
    phone = make_device(doors_open)
    phone.device.events.clear()

    assert phone.try_scan({"token": "x"}).status_code == 401
    assert phone.get("/door/").status_code == 200


def test_a_browser_keeps_the_cookie_longer_than_the_evening(event: Event, client: Client) -> None:
    """An event that is postponed later must find it there."""
    _device, code = invite([event])

    assert send(client, code).cookies["door"]["max-age"] == 400 * 24 * 60 * 60


@pytest.mark.parametrize("address", ["/api/door/pair", "/api/door/pair/"])
def test_an_answer_is_kept_by_no_cache(address: str, event: Event, client: Client) -> None:
    for code, status in ((invite([event])[1], 200), ("00000000", 403)):
        response = client.post(address, {"code": code}, content_type="application/json")
        assert (response.status_code, response.headers["Cache-Control"]) == (status, "no-store")
    refused = client.post("/api/door/scans/", {}, content_type="application/json")
    assert refused.status_code in (400, 401)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("North\n\u202eleft\t2", "North left 2"),
        ("\x07", "North"),
        ("", "North"),
        ("<b>", "<b>"),
        ("Tor\u00a0Süd", "Tor Süd"),
    ],
)
def test_a_name_is_one_line_that_can_be_read(typed: str, name: str, event: Event, client: Client) -> None:
    _device, code = invite([event], gate="North")

    assert send(client, code, name=typed).json()["device"] == name


def test_a_name_that_is_too_long_is_refused(event: Event, client: Client) -> None:
    _device, code = invite([event])

    assert send(client, code, name="x" * 101).status_code == 400
    assert send(client, code, name="x" * 100).status_code == 200


def test_a_role_that_is_raised_later_counts_at_once(doors_open: Event, make_device: MakeDevice) -> None:
    phone = make_device(doors_open)
    conflicts = f"/api/door/events/{doors_open.pk}/conflicts"
    assert phone.get(conflicts).json()["error"]["code"] == "supervisor_only"

    Device.objects.update(role=DeviceRole.SUPERVISOR)

    assert phone.get(conflicts).status_code == 200


def test_a_device_for_a_postponed_event_still_works_that_evening(
    doors_open: Event, make_device: MakeDevice
) -> None:
    phone = make_device(doors_open)
    ends_at = doors_open.ends_at + timedelta(days=9)
    Event.objects.filter(pk=doors_open.pk).update(ends_at=ends_at)
    phone.try_scan({"token": "x"})

    assert Device.objects.get().expires_at == ends_at + timedelta(hours=12)


def test_a_revoked_device_is_told_so(doors_open: Event, make_device: MakeDevice) -> None:
    phone = make_device(doors_open)
    revoke(phone.device)

    response = phone.try_scan({"token": "x"})

    assert (response.status_code, response.json()["error"]["code"]) == (401, "unpaired")


def test_the_cookie_needs_the_same_origin(doors_open: Event, make_device: MakeDevice) -> None:
    phone = make_device(doors_open)

    response = phone.post(
        "/api/door/scans",
        {"scans": []},
        content_type="application/json",
        headers={"Origin": "https://evil.example"},
    )

    assert (response.status_code, response.json()["error"]["code"]) == (403, "wrong_origin")


def test_a_device_opens_neither_the_admin_nor_anybodys_bookings(
    doors_open: Event, make_device: MakeDevice
) -> None:
    phone = make_device(doors_open)

    assert phone.get("/admin/").status_code == 302
    assert phone.get("/api/bookings/sync").status_code == 401
