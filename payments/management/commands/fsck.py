import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from payments.fsck import RULES, Violation, inspect
from payments.fsck.ledger import balances

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Check the whole ledger: bookings, seats, tickets and money must tell one story. Names each problem "
        "and exits with 1 if there is one. Asks Stripe nothing, unless --fix has to."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--fix", action="store_true", help="repair what is safe, by the functions that all else uses"
        )

    def handle(self, *args: Any, fix: bool, **options: Any) -> None:
        violations = inspect()
        for violation in violations:
            self.stdout.write(str(violation))
            if fix:
                self._fix(violation)
        left = inspect() if fix and violations else violations
        for violation in left if fix else []:
            self.stdout.write(f"still there: {violation}")
        for balance in balances():
            self.stdout.write(str(balance))
        self.stdout.write(f"{len(RULES)} rules, {len(violations)} findings, {len(left)} left.")
        if left:
            raise SystemExit(1)

    def _fix(self, violation: Violation) -> None:
        if violation.fix is None:
            self.stdout.write("  only a person can repair this")
            return
        try:
            violation.fix()
            self.stdout.write("  repaired")
        except Exception as error:  # One failure must not stop the other repairs.
            logger.exception("%s could not be repaired", violation)
            self.stdout.write(f"  could not be repaired: {error!r}")
