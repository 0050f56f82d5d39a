from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from bookings.money import format_money
from payments.ledger.going_live import end_test_payment, open_test_payments
from payments.memberships.going_live import end_test_membership, open_test_memberships
from payments.mode import is_live
from payments.models import Cause, Payment, StripeEvent, Subscription


class Command(BaseCommand):
    help = (
        "End purchases made with a test key, once the key is live: frees their seats, cancels "
        "their tickets and ends their memberships. Sends no email, deletes nothing, and leaves "
        "purchases with real money alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only list what would end")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        if not is_live():
            self.stdout.write("STRIPE_SECRET_KEY is a test key, so test purchases are still in use.")
            return
        ended = sum(self._payment(payment, dry_run) for payment in open_test_payments().with_booking())
        ended += sum(self._membership(row, dry_run) for row in open_test_memberships().select_related("plan"))
        if not dry_run:
            StripeEvent.objects.set_aside_of_test_mode()
        words = "would end. Run without --dry-run to end them." if dry_run else "ended."
        self.stdout.write(f"{ended} purchases and memberships of test mode {words}")

    def _payment(self, payment: Payment, dry_run: bool) -> bool:
        booking, price = payment.booking, format_money(payment.amount, payment.currency)
        words = f"{payment.status}, {price}, {booking.name} <{booking.email}>"
        self.stdout.write(f"{booking.event.slug} {', '.join(booking.seat_labels)}: {words}")
        return dry_run or end_test_payment(payment, cause=Cause.STAFF)

    def _membership(self, row: Subscription, dry_run: bool) -> bool:
        self.stdout.write(f"membership {row.plan}: {row.status}, {row.email}")
        return dry_run or end_test_membership(row, cause=Cause.STAFF)
