from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from bookings.demo.events import make_programme
from bookings.demo.hanging import hang, keep_pictures
from bookings.demo.programme import PROGRAMME
from bookings.models import Event
from branding.models import Shop
from legal.models import House, Kind, LegalText, publish
from payments.demo.sales import sell_programme


class Command(BaseCommand):
    help = (
        "Create the demo's six events, including Demo Night, if they're missing. Reschedule those "
        "whose sale has ended."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", metavar="SLUG", help="create one of them")
        parser.add_argument("--plain", action="store_true", help="leave out the pictures and the shop's name")
        parser.add_argument("--lively", action="store_true", help="add bookings to events without any")

    def handle(self, *args: Any, only: str | None, lively: bool, plain: bool, **options: Any) -> None:
        if only and only not in {show.slug for show in PROGRAMME}:
            raise CommandError(f"The demo has no {only}.")
        pictures = {} if plain else keep_pictures(only)
        with transaction.atomic():
            programme = make_programme(only)
            hang(pictures, programme)
            _describe_house()
            if not plain:
                Shop.objects.get_or_create(defaults={"name": SHOP})
            if lively:
                sell_programme(programme)
        if options["verbosity"]:
            self._report(programme)

    def _report(self, programme: dict[str, list[Event]]) -> None:
        for event in (date for dates in programme.values() for date in dates):
            total, free = event.seats.count(), event.seats.free().count()
            self.stdout.write(f"{event}, {event.starts_at:%d %B}: {total} places, {free} free.")


def _describe_house() -> None:
    """Say who sells, so that receipts are made. There are no terms: buyers would have to agree to them."""
    House.objects.get_or_create(defaults=HOUSE)
    for kind, texts in TEXTS.items():
        if not LegalText.objects.filter(kind=kind).exists():
            publish(kind, texts)


SHOP = "The Little Theatre"
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
