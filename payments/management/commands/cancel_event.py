from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.event_changes.changing import Author, NotChangeable, call_off
from bookings.models import Event, EventStatus
from bookings.money import format_money
from payments.event_changes.forecast import Forecast, forecast


class Command(BaseCommand):
    help = (
        "Call an event off: nobody can buy any more, each paid booking is refunded in full, and customers "
        "are told by mail. The worker does it, booking by booking."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--reason", required=True, help="as customers read it")
        parser.add_argument("--dry-run", action="store_true", help="only say what it would do")

    def handle(self, *args: Any, slug: str, reason: str, dry_run: bool, **options: Any) -> None:
        event = Event.objects.filter(slug=slug).first()
        if event is None:
            raise CommandError(f"There is no event {slug}.")
        if event.status == EventStatus.CANCELLED:
            self.stdout.write("It was called off before. The worker goes on with what is left.")
            return
        self._tell(event, forecast(event))
        if dry_run:
            self.stdout.write("Nothing was changed. Without --dry-run it is called off.")
            return
        try:
            call_off(event, Author(reason=reason.strip()))
        except NotChangeable as error:
            raise CommandError(str(error)) from error
        self.stdout.write("It is called off. The worker sends the money back; see it in the admin.")

    def _tell(self, event: Event, seen: Forecast) -> None:
        amount = format_money(seen.amount, event.currency)
        self.stdout.write(f"{event.title}, {event.slug}")
        self.stdout.write(f"{seen.bookings} bookings with {seen.tickets} tickets: {amount} goes back")
        self.stdout.write(
            f"{seen.unpaid} unpaid payment pages are closed, {seen.on_its_way} payments are on their way"
        )
        if seen.fees_of:
            fees = format_money(seen.fees, event.currency)
            self.stdout.write(f"{fees} in fees stay with Stripe (known of {seen.fees_of} payments)")
        if seen.left is None:
            self.stdout.write("Stripe doesn't say what the balance is.")
        else:
            self.stdout.write(f"The balance after that: {format_money(seen.left, event.currency)}")
        for stuck in seen.stuck:
            self.stdout.write(f"{stuck.booking} can't be refunded: {stuck.why}")
