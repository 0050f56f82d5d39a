from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from bookings.event_changes.changing import Author, Move, NotChangeable, apply_move, move_event
from bookings.models import BookingStatus, Event
from bookings.when.words import spell, spell_span
from bookings.when.zones import moments, zone_of


class Command(BaseCommand):
    help = "Reschedule an event or change its place, and email its ticket holders. Their tickets stay valid."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument(
            "--starts-at", required=True, help="ISO 8601; without an offset, in the event's time zone"
        )
        parser.add_argument("--ends-at", required=True)
        parser.add_argument("--venue", help="new place")
        parser.add_argument("--reason", default="", help="shown to customers")
        parser.add_argument("--returnable-until", help="full refund until")
        parser.add_argument("--dry-run", action="store_true", help="only print what would change")

    def handle(self, *args: Any, slug: str, dry_run: bool, **options: Any) -> None:
        event = Event.objects.filter(slug=slug).first()
        if event is None:
            raise CommandError(f"There is no event {slug}.")
        until = options["returnable_until"]
        move = Move(
            starts_at=_read(event, options["starts_at"], "--starts-at"),
            ends_at=_read(event, options["ends_at"], "--ends-at"),
            venue=options["venue"] or event.venue,
            returnable_until=_read(event, until, "--returnable-until") if until else None,
        )
        try:
            self._tell(event, apply_move(event, move))
            if not dry_run:
                move_event(event, move, Author(reason=options["reason"].strip()))
        except NotChangeable as error:
            raise CommandError(str(error)) from error
        words = (
            "Nothing was changed. Run without --dry-run to reschedule." if dry_run else "Event rescheduled."
        )
        self.stdout.write(words)

    def _tell(self, event: Event, moved: Event) -> None:
        before, after = (spell_span(it, "WEEKDAY_DATE_TIME") for it in (event, moved))
        self.stdout.write(f"From {before}, {event.venue}\nto {after}, {moved.venue}")
        sale_ends = spell(moved.sales_until, "DATE_TIME", moved.time_zone)
        self.stdout.write(f"Sale ends {sale_ends}.")
        told = event.bookings.filter(status=BookingStatus.CONFIRMED).count()
        self.stdout.write(f"{told} bookings get an email.")


def _read(event: Event, typed: str, option: str) -> datetime:
    """Return a typed time; an hour that comes twice is the first. Raise ``CommandError``."""
    try:
        at = parse_datetime(typed)
    except ValueError:
        at = None
    if at is None:
        raise CommandError(f"{option}: write it as 2027-05-01T19:30.")
    if at.tzinfo is not None:
        return at
    if not (found := moments(at, zone_of(event.time_zone))):
        raise CommandError(f"{option}: the clocks go forward then, so this time doesn't exist.")
    return found[0]
