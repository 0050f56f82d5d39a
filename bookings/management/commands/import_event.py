import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from bookings.describing.errors import BadDescription
from bookings.describing.json_text import LARGEST, parse
from bookings.describing.making import follow

STDIN = "-"


class Command(BaseCommand):
    help = (
        "Create or update an event from a JSON description. Seats on hold or sold stay unchanged. "
        "See docs/events.md for the keys."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file; - reads standard input")
        parser.add_argument("--dry-run", action="store_true", help="only print what would change")

    def handle(self, *args: Any, file: str, dry_run: bool, **options: Any) -> None:
        try:
            event, differences = follow(parse(_read(file)), dry_run=dry_run)
        except BadDescription as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(f"The database doesn't answer. Nothing was changed: {error}") from error
        if not options["verbosity"]:
            return
        for difference in differences:
            self.stdout.write(difference)
        self.stdout.write(f"{event.slug}: {_sum(len(differences), dry_run=dry_run)}")


def _read(file: str) -> bytes:
    try:
        if file == STDIN:
            return sys.stdin.buffer.read(LARGEST + 1)
        with Path(file).open("rb") as opened:
            return opened.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # A name may have characters that no file has.
        raise CommandError(f"{file} can't be read: {error}") from error


def _sum(count: int, *, dry_run: bool) -> str:
    if not count:
        return "no changes."
    differences = "1 difference" if count == 1 else f"{count} differences"
    return f"{differences}. Nothing was changed." if dry_run else f"{differences}. Done."
