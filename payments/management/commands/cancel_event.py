from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.event_changes.changing import Author, NotChangeable, call_off
from bookings.models import Event, EventStatus
from bookings.money import format_money
from payments.event_changes.forecast import Forecast, forecast


class Command(BaseCommand):
    help = (
        "Cancel an event: sales stop, every paid booking is refunded in full, and customers get an "
        "email. The worker does this in the background."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--reason", required=True, help="shown to customers")
        parser.add_argument("--dry-run", action="store_true", help="only print what would change")

    def handle(self, *args: Any, slug: str, reason: str, dry_run: bool, **options: Any) -> None:
        event = Event.objects.filter(slug=slug).first()
        if event is None:
            raise CommandError(f"There is no event {slug}.")
        if event.status == EventStatus.CANCELLED:
            self.stdout.write("Already cancelled. The worker continues with what's left.")
            return
        self._tell(event, forecast(event))
        if dry_run:
            self.stdout.write("Nothing was changed. Run without --dry-run to cancel the event.")
            return
        try:
            call_off(event, Author(reason=reason.strip()))
        except NotChangeable as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Event cancelled. The worker sends the refunds; follow them in the admin.")

    def _tell(self, event: Event, seen: Forecast) -> None:
        amount = format_money(seen.amount, event.currency)
        self.stdout.write(f"{event.title}, {event.slug}")
        self.stdout.write(f"{seen.bookings} bookings with {seen.tickets} tickets: {amount} to refund")
        self.stdout.write(
            f"{seen.unpaid} open payment pages will close, {seen.on_its_way} payments in progress"
        )
        if seen.fees_of:
            fees = format_money(seen.fees, event.currency)
            self.stdout.write(f"{fees} in fees kept by Stripe (known for {seen.fees_of} payments)")
        if seen.left is None:
            self.stdout.write("Stripe balance: unknown")
        else:
            self.stdout.write(f"Balance afterwards: {format_money(seen.left, event.currency)}")
        for stuck in seen.stuck:
            self.stdout.write(f"{stuck.booking} can't be refunded: {stuck.why}")
