"""The description that the tests begin with, and its commands."""

import io
import json
from pathlib import Path
from typing import Any

from django.core.management import call_command

from bookings.models import Event

CLUB_NIGHT: dict[str, Any] = {
    "title": "Club Night",
    "slug": "club-night",
    "venue": "The Cellar",
    "time_zone": "Europe/Berlin",
    "currency": "eur",
    "published": True,
    "starts_at": "2027-03-05T22:00",
    "ends_at": "2027-03-06T04:00",
    "doors_open_at": "2027-03-05T21:00",
    "sales_from": "2026-11-01T10:00",
    "sales_until": "2027-03-05T22:00",
    "cancellable_until": "2027-03-04T22:00",
    "organiser_name": "The Cellar",
    "organiser_email": "box-office@example.com",
    "areas": [
        {
            "slug": "hall",
            "name": "Hall",
            "kind": "seated",
            "rows": [{"row": "A", "numbers": "1-4,9-12", "price": "42.00", "notes": {"1": "wheelchair"}}],
        },
        {"slug": "floor", "name": "Floor", "kind": "standing", "capacity": 200, "price": "25.00"},
    ],
    "types": [
        {"slug": "adult", "name": "Adult"},
        {"slug": "child", "name": "Child", "percent_off": 50, "quota": 10, "proof": True},
        {"slug": "carer", "name": "Carer", "price": "0.00", "areas": ["hall"]},
    ],
    "codes": [
        {"code": "SPRING", "percent_off": 20, "limit": 5},
        {"code": "FREE", "percent_off": 100, "limit": 1},
    ],
}


def described(**changes: Any) -> dict[str, Any]:
    """Return a copy with other values; one that is ``...`` is left out."""
    copy: dict[str, Any] = json.loads(json.dumps(CLUB_NIGHT))
    merged = {**copy, **changes}
    return {key: value for key, value in merged.items() if value is not ...}


def import_event(folder: Path, description: Any, *options: str) -> list[str]:
    """Import a description, or a file's text or bytes, and return the lines that say what differed."""
    file = folder / "event.json"
    if isinstance(description, bytes):
        file.write_bytes(description)
    else:
        file.write_text(description if isinstance(description, str) else json.dumps(description))
    output = io.StringIO()
    call_command("import_event", str(file), *options, stdout=output)
    return output.getvalue().splitlines()


def export_event(slug: str = "club-night") -> dict[str, Any]:
    output = io.StringIO()
    call_command("export_event", slug, stdout=output)
    description: dict[str, Any] = json.loads(output.getvalue())
    return description


def club_night() -> Event:
    return Event.objects.get(slug="club-night")
