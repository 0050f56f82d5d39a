"""Staff pair and stop devices, for the events that they have to do with."""

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from bookings.models import Device, Event, EventScope
from tests.support.door import DoorClient, MakeDevice, open_doors
from tests.support.shop import make_event
from tests.support.staff import log_in, make_user, somebody_of

LIST = "/admin/bookings/device/"
DIGITS = re.compile(r"<strong>(\d{4}) (\d{4})</strong>")


@pytest.fixture
def door(event: Event) -> Client:
    open_doors(event)
    return somebody_of("Door")


def add(staff: Client, *events: Event, **fields: Any) -> Any:
    return staff.post(
        f"{LIST}add/", {"events": [event.pk for event in events], "role": "steward", "gate": "", **fields}
    )


def pair(page: Any) -> Any:
    found = DIGITS.search(page.content.decode())
    assert found
    return Client().post("/api/door/pair", {"code": f"{found[1]}{found[2]}"}, content_type="application/json")


def test_a_new_device_shows_its_code_as_digits_and_as_a_picture(door: Client, event: Event) -> None:
    page = add(door, event, gate="North", role="supervisor")

    assert "<svg" in page.content.decode()
    answer = pair(page).json()
    assert (answer["role"], answer["gate"], answer["device"]) == ("supervisor", "North", "New device")
    assert answer["events"][0]["slug"] == "demo-night"


def test_another_code_replaces_the_first(door: Client, event: Event) -> None:
    first = add(door, event)
    second = door.post(f"{LIST}{Device.objects.get().pk}/pair/")

    assert pair(first).status_code == 403
    assert pair(second).status_code == 200
    assert door.post(f"{LIST}{Device.objects.get().pk}/pair/").status_code == 302


def test_revoked_devices_stop_at_once(door: Client, event: Event, make_device: MakeDevice) -> None:
    phone = make_device(event)

    door.post(LIST, {"action": "revoke_chosen", "_selected_action": [phone.device.pk]})

    assert phone.try_scan({"token": "x"}).status_code == 401
    assert "Revoked" in door.get(LIST).content.decode()


def test_a_device_cannot_be_deleted(door: Client, event: Event, make_device: MakeDevice) -> None:
    phone: DoorClient = make_device(event)

    assert door.post(f"{LIST}{phone.device.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("fields", [{"gate": "A\nB"}, {"name": "A\nB"}, {"role": "boss"}, {"gate": "x" * 61}])
def test_what_is_wrong_is_said(fields: dict[str, str], door: Client, event: Event) -> None:
    page = add(door, event, **fields)

    assert "errorlist" in page.content.decode()
    assert not Device.objects.exists()


def test_a_device_is_for_an_event(door: Client, event: Event) -> None:
    assert "errorlist" in add(door).content.decode()


@pytest.mark.parametrize("group", ["Box office", "Finance", "Events"])
def test_others_pair_none(group: str, event: Event) -> None:
    assert somebody_of(group).get(f"{LIST}add/").status_code == 403


def test_limited_staff_have_the_devices_of_their_events(event: Event, make_device: MakeDevice) -> None:
    other = open_doors(make_event(slug="other", title="Hamlet"))
    open_doors(event)
    mine, both = make_device(event, name="Mine"), make_device(event, other, name="Both")
    user = make_user("Door")
    EventScope.objects.create(user=user).events.set([event])
    staff = log_in(user)

    page = staff.get(LIST).content.decode()

    assert ("Mine" in page, "Both" in page) == (True, False)
    assert staff.get(f"{LIST}{both.device.pk}/change/").status_code == 404
    assert staff.get(f"{LIST}{mine.device.pk}/change/").status_code == 200
    assert "Hamlet" not in staff.get(f"{LIST}add/").content.decode()
    assert "errorlist" in add(staff, other).content.decode()


# Commands


def run(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_a_command_prints_a_code_and_another_stops_the_device(event: Event) -> None:
    open_doors(event)
    code = run("pair_door_device", "demo-night", "--role", "supervisor", "--gate", "North")

    phone = DoorClient()
    answer = phone.post("/api/door/pair", {"code": code}, content_type="application/json")

    assert re.fullmatch(r"\d{8}", code)
    assert (answer.json()["role"], answer.json()["gate"]) == ("supervisor", "North")
    device = Device.objects.get()
    assert run("revoke_door_device", str(device.pk)) == f"{device} is revoked."
    assert phone.try_scan({"token": "x"}).status_code == 401


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["pair_door_device", "nothing"], "There is no event nothing."),
        (["pair_door_device", "demo-night", "--gate", "x" * 61], "--gate: at most 60"),
        (["revoke_door_device", "7"], "There is no door device 7."),
    ],
)
def test_a_command_says_what_is_wrong(command: list[str], words: str, event: Event) -> None:
    with pytest.raises(CommandError, match=words):
        run(*command)
