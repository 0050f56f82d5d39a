"""Staff pair and stop devices, for the events that they have to do with."""

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from bookings.door.devices.pairing import invite
from bookings.models import Device, Event, EventScope, EventStatus, Visibility
from tests.support.at_the_door.phones import DoorClient, MakeDevice, open_doors
from tests.support.shop import make_event
from tests.support.staff import log_in, make_user, somebody_of, told

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


def test_events_of_one_title_are_told_apart(door: Client, event: Event, make_device: MakeDevice) -> None:
    now = timezone.now()
    days = [
        make_event(slug=f"day-{day}", title="Hamlet", starts_at=now + timedelta(days=day)) for day in (28, 29)
    ]
    form = door.get(f"{LIST}add/").content.decode()
    make_device(*days, event)
    page = door.get(LIST)
    listed, (by_event, *_others) = page.content.decode(), page.context["cl"].filter_specs

    labels = re.findall(r"Hamlet · ([^<\n]+)", form)
    assert len(set(labels)) == 2
    assert "add_id_events" not in form
    assert re.search(r"Demo Night · [^<]+ and 2 more<", listed)
    assert {f"Hamlet · {label}" for label in labels} < {label for _event, label in by_event.lookup_choices}


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


def test_all_devices_of_an_event_are_revoked_together(
    door: Client, event: Event, make_device: MakeDevice
) -> None:
    other = open_doors(make_event(slug="other", title="Hamlet"))
    north, both, apart = make_device(event), make_device(event, other), make_device(other)
    waiting = add(door, event)
    address = f"{LIST}revoke/{event.pk}/"
    assert "also for Hamlet" in door.get(address).content.decode()
    assert north.try_scan({"token": "x"}).status_code == 200

    done = door.post(address, follow=True)

    assert told(done) == ["3 devices revoked."]
    codes = [phone.try_scan({"token": "x"}).status_code for phone in (north, both, apart)]
    assert codes == [401, 401, 200]
    assert pair(waiting).status_code == 403
    assert told(door.post(address, follow=True)) == ["0 devices revoked."]


def test_only_their_own_events_devices_are_revoked_by_limited_staff(
    event: Event, make_device: MakeDevice
) -> None:
    other = open_doors(make_event(slug="other", title="Hamlet"))
    open_doors(event)
    mine, both, others = make_device(event), make_device(event, other), make_device(other)
    user = make_user("Door")
    EventScope.objects.create(user=user).events.set([event])
    staff = log_in(user)

    staff.post(f"{LIST}revoke/{event.pk}/")

    assert staff.post(f"{LIST}revoke/{other.pk}/").status_code == 404
    assert somebody_of("Finance").post(f"{LIST}revoke/{other.pk}/").status_code == 403
    codes = [phone.try_scan({"token": "x"}).status_code for phone in (mine, both, others)]
    assert codes == [401, 200, 200]


def test_who_made_and_stopped_a_device_is_recorded(door: Client, event: Event) -> None:
    add(door, event)
    device = Device.objects.get()
    door.post(f"{LIST}{device.pk}/pair/")
    door.post(LIST, {"action": "revoke_chosen", "_selected_action": [device.pk]})

    entries = LogEntry.objects.filter(object_id=str(device.pk)).order_by("pk")
    assert [entry.get_change_message() for entry in entries] == ["Added.", "Given a new code.", "Revoked."]
    assert {entry.user for entry in entries} == {device.made_by}


def test_the_list_tells_whether_a_device_is_there(
    door: Client, event: Event, make_device: MakeDevice
) -> None:
    phone = make_device(event, name="North, phone 2")
    listed = timezone.now() - timedelta(minutes=14, seconds=30)
    behind = (timezone.now() - timedelta(minutes=3)).isoformat()
    phone.scan({"token": "x"}, sent_at=behind, queued=7, list_version=str(round(listed.timestamp() * 1000)))

    page = door.get(f"{LIST}?events__id__exact={event.pk}").content.decode()

    row = page.partition("North, phone 2")[2]
    for said in ("Working", "14\xa0minutes", ">7<", "Wrong: -180 s"):
        assert said in row


def test_the_page_about_the_door_leads_to_its_devices(event: Event, make_device: MakeDevice) -> None:
    make_device(open_doors(event))

    page = somebody_of("Door").get(f"/admin/bookings/event/{event.pk}/door/").content.decode()

    assert f"{LIST}?events__id__exact={event.pk}" in page
    assert f"{LIST}revoke/{event.pk}/" in page


def test_changing_a_device_keeps_what_happened_to_it_meanwhile(
    door: Client, event: Event, make_device: MakeDevice
) -> None:
    phone = make_device(event)
    form = {"events": [event.pk], "role": "supervisor", "gate": "South", "name": "Phone"}

    door.post(f"{LIST}{phone.device.pk}/change/", form)

    device = Device.objects.get()
    assert (device.role, device.gate, device.name) == ("supervisor", "South", "Phone")
    assert phone.try_scan({"token": "x"}).status_code == 200


def test_a_device_that_is_over_or_paired_gets_no_other_code(
    door: Client, event: Event, make_device: MakeDevice
) -> None:
    paired, (waiting, _code) = make_device(event).device, invite([event])
    over = timezone.now() - timedelta(hours=13)
    words = "It is paired or revoked, or its event is over. Pair another device."
    assert told(door.post(f"{LIST}{paired.pk}/pair/", follow=True)) == [words]

    Event.objects.filter(pk=event.pk).update(
        doors_open_at=None, starts_at=over - timedelta(hours=2), ends_at=over, sales_until=over
    )

    assert told(door.post(f"{LIST}{waiting.pk}/pair/", follow=True)) == [words]


def test_a_draft_can_be_rehearsed_and_a_cancelled_event_has_no_door(door: Client, event: Event) -> None:
    Event.objects.filter(pk=event.pk).update(visibility=Visibility.DRAFT)
    assert pair(add(door, event)).status_code == 200

    Event.objects.filter(pk=event.pk).update(status=EventStatus.CANCELLED)

    assert "errorlist" in add(door, event).content.decode()
    with pytest.raises(CommandError, match="is cancelled"):
        run("pair_door_device", "demo-night")


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
