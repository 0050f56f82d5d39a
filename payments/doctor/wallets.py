"""What signs wallet passes: whose certificates these are, and how long they last."""

from collections.abc import Iterator
from datetime import timedelta

from cryptography import x509
from django.conf import settings
from django.utils import timezone

from config.wallets.apple import CERTIFICATE, ISSUER
from payments.doctor.findings import Finding, fault, ok, warning

SOON = timedelta(days=30)
REMEDY = "Get a new one and install it: docs/operations.md, Wallet passes."


def examine_wallets() -> Iterator[Finding]:
    """Yield nothing for a wallet that isn't set up."""
    if wallet := settings.APPLE_WALLET:
        yield ok("wallet", f"Apple: passes are {wallet.pass_type_id} of team {wallet.team_id}.")
        yield _lasts(CERTIFICATE, wallet.certificate)
        yield _lasts(ISSUER, wallet.issuer)
    if google := settings.GOOGLE_WALLET:
        yield ok("wallet", f"Google: links are by {google.account} for issuer {google.issuer_id}.")


def _lasts(name: str, certificate: x509.Certificate) -> Finding:
    now, begins, ends = timezone.now(), certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < begins:
        return fault(
            "wallet", f"{name} is not valid before {begins:%Y-%m-%d}.", "Check this machine's clock."
        )
    if ends <= now:
        words = f"{name} expired on {ends:%Y-%m-%d}. Customers aren't offered Apple Wallet any more."
        return fault("wallet", words, REMEDY)
    if ends <= now + SOON:
        words = f"{name} expires on {ends:%Y-%m-%d}, in {(ends - now).days} days."
        return warning("wallet", words, REMEDY)
    return ok("wallet", f"{name} is valid until {ends:%Y-%m-%d}.")
