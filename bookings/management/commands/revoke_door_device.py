from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.door.devices.pairing import revoke
from bookings.models import Device


class Command(BaseCommand):
    help = "Stop a door device for good, such as a lost phone. What it has scanned stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("device", type=int, metavar="id")

    def handle(self, *args: Any, device: int, **options: Any) -> None:
        found = Device.objects.filter(pk=device).first()
        if found is None:
            raise CommandError(f"There is no door device {device}.")
        revoke(found)
        self.stdout.write(f"{found} is revoked.")
