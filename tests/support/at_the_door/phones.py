"""Phones at the door, and an event whose doors are open."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from bookings.door.devices.pairing import invite
from bookings.models import Device, DeviceRole, Event

MakeDevice = Callable[..., "DoorClient"]


class DoorClient(Client):
    """A phone at the door, paired by its code."""

    device: Device

    def scan(self, *elements: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Send scans, of which each has what isn't said, and return the answer."""
        response = self.try_scan(*elements, **more)
        assert response.status_code == 200, response.content
        body: dict[str, Any] = response.json()
        return body

    def try_scan(self, *elements: dict[str, Any], **more: Any) -> Any:
        now = timezone.now()
        scans = [{"nonce": str(uuid4()), "scanned_at": now.isoformat(), **element} for element in elements]
        return self.send(scans, **{"sent_at": now.isoformat(), **more})

    def send(self, scans: list[dict[str, Any]], **more: Any) -> Any:
        body = {"sent_at": timezone.now().isoformat(), "list_version": "", "queued": 0, **more}
        return self.post("/api/door/scans", {**body, "scans": scans}, content_type="application/json")

    def verdict(self, token: str, **more: Any) -> str:
        """Return what one ticket comes to."""
        (answer,) = self.scan({"token": token, **more})["scans"]
        return str(answer["verdict"])


def pair_device(*events: Event, role: str = "steward", gate: str = "", name: str = "Phone") -> DoorClient:
    """Return a client that was paired for these events by its code."""
    device, code = invite(events, role=DeviceRole(role), gate=gate)
    client = DoorClient()
    response = client.post("/api/door/pair", {"code": code, "name": name}, content_type="application/json")
    assert response.status_code == 200, response.content
    client.device = Device.objects.get(pk=device.pk)
    return client


def open_doors(event: Event, now: datetime | None = None) -> Event:
    now = now or timezone.now()
    times = {"starts_at": now + timedelta(hours=1), "ends_at": now + timedelta(hours=3)}
    times |= {"doors_open_at": now - timedelta(minutes=30), "sales_until": now + timedelta(hours=1)}
    Event.objects.filter(pk=event.pk).update(**times)
    event.refresh_from_db()
    return event
