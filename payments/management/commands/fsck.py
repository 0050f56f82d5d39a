import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from payments.fsck import RULES, Finding, inspect
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
        findings = inspect()
        for finding in findings:
            self.stdout.write(str(finding))
            if fix:
                self._fix(finding)
        left = inspect() if fix and findings else findings
        for finding in left if fix else []:
            self.stdout.write(f"still there: {finding}")
        for balance in balances():
            self.stdout.write(str(balance))
        self.stdout.write(f"{len(RULES)} rules, {len(findings)} findings, {len(left)} left.")
        if left:
            raise SystemExit(1)

    def _fix(self, finding: Finding) -> None:
        if finding.fix is None:
            self.stdout.write("  only a person can repair this")
            return
        try:
            finding.fix()
            self.stdout.write("  repaired")
        except Exception as error:  # One that can't be repaired must not keep the others from it.
            logger.exception("%s could not be repaired", finding)
            self.stdout.write(f"  could not be repaired: {error!r}")
