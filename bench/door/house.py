"""Events whose tickets are all sold, and paired devices at their doors."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone

from bench.support.client import Answer, Connection

SQL = Path(__file__).with_name("house.sql")


@dataclass(frozen=True)
class Guest:
    """What the door's rows need, and the token of the ticket."""

    ticket_id: int
    seat_id: int
    token: str


@dataclass(frozen=True)
class House:
    """An event whose doors are open, its first guests in the order of their seats, and its devices."""

    event_id: int
    tickets: int
    guests: list[Guest]
    device_ids: list[int]
    cookies: list[dict[str, str]]

    @property
    def list_path(self) -> str:
        return f"/api/door/events/{self.event_id}/list"

    async def scan(self, connection: Connection, device: int, guest: Guest) -> Answer:
        """Scan a ticket that nobody has come in with; fail unless it is admitted."""
        body = {"event": self.event_id, "scans": [_element(guest)]}
        headers = {**self.cookies[device], "Content-Type": "application/json"}
        answer = await connection.ask("POST", "/api/door/scans", json.dumps(body).encode(), headers)
        (scan,) = answer.json()["scans"]
        assert scan["verdict"] == "admitted", scan
        return answer


def _element(guest: Guest) -> dict[str, str]:
    return {"nonce": str(uuid4()), "token": guest.token, "scanned_at": timezone.now().isoformat()}


def open_house(tickets: int, *, devices: int, guests: int = 0) -> House:
    """Sell ``tickets`` for an event of their own, open its doors and pair ``devices``; sign some."""
    from bookings.models import Event, Ticket
    from bookings.tickets.tokens import sign

    now = timezone.now()
    event = Event.objects.create(
        title=f"House of {tickets}",
        slug=f"house-{tickets}",
        visibility="published",
        venue="Here",
        doors_open_at=now - timedelta(minutes=30),
        starts_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=3),
        sales_from=now - timedelta(days=9),
        sales_until=now + timedelta(hours=1),
        organiser_name="Bench",
        organiser_email="bench@example.com",
    )
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in SQL.read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"tickets": tickets, "event": event.pk})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    sold = Ticket.objects.filter(seat__event=event).select_related("seat").defer("qr_png").order_by("seat")
    signed = [Guest(ticket.pk, ticket.seat_id, sign(ticket)) for ticket in sold[:guests]]
    paired = [_pair(event, f"Phone {number}") for number in range(devices)]
    return House(event.pk, tickets, signed, [pk for pk, _ in paired], [cookie for _, cookie in paired])


def _pair(event: object, name: str) -> tuple[int, dict[str, str]]:
    from bookings.door.devices.authentication import cookie_name
    from bookings.door.devices.pairing import invite, pair

    _device, code = invite([event], name=name, gate="North")  # type: ignore[list-item]
    device, secret = pair(code)
    return device.pk, {"Cookie": f"{cookie_name()}={secret}"}
