import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.describing.writing import describe
from bookings.events.addresses import find_event
from bookings.models import Event


class Command(BaseCommand):
    help = "Export an event as JSON, in the format import_event reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")

    def handle(self, *args: Any, slug: str, **options: Any) -> None:
        event = find_event(slug, Event.objects.all)
        if event is None:
            raise CommandError(f"There is no event {slug}.")
        self.stdout.write(json.dumps(describe(event), ensure_ascii=False, indent=1))
