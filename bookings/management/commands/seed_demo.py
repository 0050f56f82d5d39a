from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from bookings.models import Event, Visibility
from bookings.seats.layout import add_rows, parse_rows
from legal.models import House, Kind, LegalText, publish

# Row names, seats per row, price per seat in cents.
ROWS = [("A-B", 10, 4200), ("C-E", 12, 3200), ("F-G", 14, 2400)]


class Command(BaseCommand):
    help = "Create the event Demo Night with its seats if it is missing. If its sale is over, move its dates."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        event, created = Event.objects.get_or_create(slug="demo-night", defaults={**EVENT, **_dates(now)})
        if created:
            for rows, seats, price in ROWS:
                add_rows(event, rows=parse_rows(rows), numbers=range(1, seats + 1), price=price)
        elif event.sales_until < now:
            Event.objects.filter(pk=event.pk).update(**_dates(now))
        _describe_house()
        word = "made" if created else "there already"
        if options["verbosity"]:
            self.stdout.write(
                f"{event} is {word}: {event.seats.count()} seats, {event.seats.free().count()} free."
            )


# Customers can cancel until the day before, for a fee of 10 per cent.
EVENT = {
    "title": "Demo Night",
    "cancellation_fee_percent": 10,
    "description": "An evening that never happens, for seats that nobody sits on. Try to buy two.",
    "venue": "The Little Theatre, 12 Market Street",
    "currency": "eur",
    "visibility": Visibility.PUBLISHED,
    "organiser_name": "The Little Theatre",
    "organiser_email": "box-office@example.com",
}


def _describe_house() -> None:
    """Say who sells, so that receipts are made. There are no terms: buyers would have to agree to them."""
    House.objects.get_or_create(defaults=HOUSE)
    for kind, texts in TEXTS.items():
        if not LegalText.objects.filter(kind=kind).exists():
            publish(kind, texts)


HOUSE = {
    "legal_name": "The Little Theatre Ltd",
    "address": "12 Market Street\nLittle Town",
    "tax_number": "12/345/67890",
    "vat_rate": Decimal("7.00"),
}
TEXTS = {
    Kind.IMPRINT: {"en-gb": "A theatre that doesn’t exist.", "de": "Ein Theater, das es nicht gibt."},
    Kind.PRIVACY: {
        "en-gb": "# What is kept\n\nNothing of this demonstration leaves this machine.",
        "de": "# Was gespeichert wird\n\nVon dieser Vorführung verlässt nichts diesen Rechner.",
    },
}


def _dates(now: datetime) -> dict[str, datetime]:
    starts_at = (timezone.localtime(now) + timedelta(days=30)).replace(
        hour=20, minute=0, second=0, microsecond=0
    )
    return {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=2, minutes=30),
        "sales_from": now - timedelta(days=1),
        "sales_until": starts_at - timedelta(hours=1),
        "cancellable_until": starts_at - timedelta(days=1),
    }
