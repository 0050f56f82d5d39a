from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.erasing import NotErasable, erase_customer


class Command(BaseCommand):
    help = (
        "Erase a customer: removes names and addresses from bookings, tickets, payments, Stripe "
        "events, the account and its sessions. Payment records stay, and receipts keep the name "
        "for RECEIPT_YEARS. Can't be undone. Safe to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the customer's address")
        parser.add_argument(
            "--force",
            action="store_true",
            help="even if they have tickets for an upcoming event",
        )

    def handle(self, *args: Any, email: str, force: bool, **options: Any) -> None:
        try:
            number = erase_customer(email, force=force)
        except NotErasable as refusal:
            for obstacle in refusal.obstacles:
                self.stdout.write(obstacle.words)
            firm = any(obstacle.firm for obstacle in refusal.obstacles)
            raise CommandError(
                "Not erased." if firm else "Not erased. Use --force to erase anyway."
            ) from None
        if number is None:
            self.stdout.write("No data stored for this address.")
        else:
            self.stdout.write(
                f"Customer erased from {number} bookings. Delete Stripe's own records in its dashboard."
            )
