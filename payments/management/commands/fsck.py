import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from payments.fsck import RULES, Progress, Tell, Violation, inspect
from payments.fsck.ledger import balances

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Check the whole ledger: bookings, seats, tickets and money must agree. Prints each "
        "problem and exits with 1 if there are any. Doesn't contact Stripe, except with --fix."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fix", action="store_true", help="repair what is safe to repair")
        parser.add_argument("--progress", action="store_true", help="show progress even without a terminal")

    def handle(self, *args: Any, fix: bool, progress: bool, **options: Any) -> None:
        tell = self._teller(progress)
        violations = inspect(tell)
        for violation in violations:
            self.stdout.write(str(violation))
            if fix:
                self._fix(violation)
        left = inspect(tell) if fix and violations else violations
        for violation in left if fix else []:
            self.stdout.write(f"still there: {violation}")
        for balance in balances(tell):
            self.stdout.write(str(balance))
        self.stdout.write(f"{len(RULES)} rules, {len(violations)} findings, {len(left)} left.")
        if left:
            raise SystemExit(1)

    def _teller(self, progress: bool) -> Tell:
        """Return what says on stderr how far it is: in one line of a terminal, or in some for a log."""

        def in_one_line(at: Progress) -> None:
            self.stderr.write(f"\r\033[K{at.name}: {at.done:,} of {at.total:,}", ending="")
            if at.done == at.total:
                self.stderr.write("\r\033[K", ending="")

        def in_lines(at: Progress) -> None:
            if at.done * 10 // at.total > (at.done - 1) * 10 // at.total:  # Every tenth part of it.
                self.stderr.write(f"{at.name}: {at.done:,} of {at.total:,}")

        if self.stderr.isatty():
            return in_one_line
        return in_lines if progress else lambda at: None

    def _fix(self, violation: Violation) -> None:
        if violation.fix is None:
            self.stdout.write("  needs manual repair")
            return
        try:
            violation.fix()
            self.stdout.write("  repaired")
        except Exception as error:  # One failure must not stop the other repairs.
            logger.exception("%s couldn't be repaired", violation)
            self.stdout.write(f"  couldn't be repaired: {error!r}")
