from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from payments.doctor.checks import examine
from payments.doctor.findings import Severity


class Command(BaseCommand):
    help = (
        "Check everything between this installation and Stripe: key, webhook endpoint and secrets, "
        "clocks, prices, plans. Changes nothing. Exits with 1 on any failure."
    )
    # They would stop the command at what it has to report, such as a live key with DEBUG.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-probe", action="store_true", help="don't send signed probes to the webhook at SITE_URL"
        )

    def handle(self, *args: Any, no_probe: bool, **options: Any) -> None:
        findings = []
        for finding in examine(sends_probe=not no_probe):
            findings.append(finding)
            self.stdout.write(f"{finding.severity:8} {finding.check:11} {finding.words}")
            if finding.remedy:
                self.stdout.write(f"{'':20} → {finding.remedy}")
        faults, warnings = (
            sum(finding.severity == severity for finding in findings)
            for severity in (Severity.FAULT, Severity.WARNING)
        )
        self.stdout.write(f"{len(findings)} checks, {faults} faults, {warnings} warnings.")
        if faults:
            raise SystemExit(1)
