from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bookings.door.devices.codes import CODE_LIFE
from bookings.door.devices.pairing import WORKS_AFTER, invite
from bookings.events.addresses import find_event
from bookings.models import DeviceRole, Event


class Command(BaseCommand):
    help = "Print eight digits that pair one phone at /door/ with an event, as the admin's button does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--role", choices=DeviceRole.values, default=DeviceRole.STEWARD)
        parser.add_argument("--gate", default="", help="such as North")

    def handle(self, *args: Any, slug: str, role: str, gate: str, **options: Any) -> None:
        event = find_event(slug, Event.objects.all)
        if event is None:
            raise CommandError(f"There is no event {slug}.")
        if event.is_cancelled:
            raise CommandError(f"{event} is cancelled.")
        if event.ends_at + WORKS_AFTER <= timezone.now():
            raise CommandError(f"{event} is over.")
        if len(gate) > 60 or not gate.isprintable():
            raise CommandError("--gate: at most 60 characters, in a single line.")
        device, code = invite([event], role=DeviceRole(role), gate=gate)
        self.stdout.write(code)
        minutes = CODE_LIFE.seconds // 60
        self.stderr.write(f"Device {device.pk}: type this at /door/ within {minutes} minutes. It works once.")
