from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.erasing import NotErasable, erase_customer


class Command(BaseCommand):
    help = (
        "Erase a customer: names and addresses go from bookings, tickets, payments, Stripe's events, the "
        "account and its sessions; what tells of money stays, and receipts keep the name for RECEIPT_YEARS. "
        "Can't be undone. Does nothing the second time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the customer's address")
        parser.add_argument(
            "--force",
            action="store_true",
            help="even if they have tickets for an event that is still to come",
        )

    def handle(self, *args: Any, email: str, force: bool, **options: Any) -> None:
        try:
            number = erase_customer(email, force=force)
        except NotErasable as refusal:
            for obstacle in refusal.obstacles:
                self.stdout.write(obstacle.words)
            firm = any(obstacle.firm for obstacle in refusal.obstacles)
            raise CommandError(
                "Not erased." if firm else "Not erased. --force erases all the same."
            ) from None
        if number is None:
            self.stdout.write("Nothing is kept about this address.")
        else:
            self.stdout.write(f"Erased, with {number} bookings. Stripe's own records are in its dashboard.")
