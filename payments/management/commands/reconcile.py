from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import CALLS_PER_SECOND, Run


class Command(BaseCommand):
    help = (
        "Check every open payment with Stripe, apply missed or failed events, and print the "
        "result. The worker does this automatically for whatever is due."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="check and print what would change, change nothing"
        )
        parser.add_argument("--due", action="store_true", help="only payments due for a check")
        parser.add_argument(
            "--rate", type=positive, default=CALLS_PER_SECOND, help="calls per second (default: %(default)s)"
        )

    def handle(self, *args: Any, dry_run: bool, due: bool, rate: float, **options: Any) -> None:
        run = reconcile(Run(rate=rate, is_dry=dry_run, say=self.stdout.write), everything=not due)
        for outcome, count in sorted(run.counts.items()):
            self.stdout.write(f"{count:6}  {outcome.replace('_', ' ')}")
        if not run.counts:
            self.stdout.write("No open payments and no missed events.")
        if run.failures:
            raise SystemExit(1)


def positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise ValueError(text)
    return value
