"""Email codes that verify an address, within limits per address and per network."""

import ipaddress
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers import emails
from customers.accounts import why_no_code
from customers.models import MailedCode, fingerprint

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A network can be a whole hotel. Guessing one address's code allows 30 codes with 5 tries each a day: 150 of
# 100 million.
LIMITS = [("email", HOUR, 10), ("email", DAY, 30), ("network", HOUR, 60), ("network", DAY, 400)]


class NoCode(Exception):
    """No code was sent. ``message`` is for the customer, who can try again in ``wait`` seconds."""

    def __init__(self, message: str, *, status: int, wait: int) -> None:
        super().__init__(message)
        self.message, self.status, self.wait = message, status, wait


def mail_code(email: str, *, address: str, customer: User | None = None) -> MailedCode:
    """
    Email a new code to ``email`` for a request from the IP ``address``; raise ``NoCode`` if that isn't
    possible.

    The code is for signing in, or with ``customer`` for verifying their new address. If ``email`` must not
    get codes, an email that explains this is sent instead, and the returned row has a code that nobody knows:
    a stranger can't find out which addresses have accounts.
    """
    code = _new_code()
    row = _record_code(email, network_of(address), code, customer)
    if reason := why_no_code(email):
        mail = emails.write_refusal(email, reason)
    else:
        mail = emails.write_code(email, code, is_change=customer is not None)
    try:
        emails.send_now(mail)
    except emails.MailUnavailable as error:
        raise NoCode(_unsent(), status=503, wait=120) from error
    return row


def network_of(address: str) -> str:
    """Return the network that ``address`` counts for: the address itself, or its /64 with IPv6."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # Requests over a Unix socket have no address.
        return "::"
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ipaddress.ip_network((ip, 64), strict=False)[0]) if ip.version == 6 else str(ip)


def _new_code() -> str:
    """Return eight random digits in two groups."""
    digits = f"{secrets.randbelow(10**8):08}"
    return f"{digits[:4]} {digits[4:]}"


@transaction.atomic
def _record_code(email: str, network: str, code: str, customer: User | None) -> MailedCode:
    """Store a code's fingerprint; raise ``NoCode`` if its address or network has reached a limit."""
    source = {"email": email, "network": network}
    # There may be no rows to lock yet. Without advisory locks, requests at the same moment would each count
    # before the others are stored, and exceed the limit together.
    with connection.cursor() as cursor:
        for number, value in enumerate(source.values()):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [number, value])
    for field, period, most in LIMITS:
        _require_fewer(most, period, **{field: source[field]})
    return MailedCode.objects.create(**source, customer=customer, fingerprint=fingerprint(email, code))


def _require_fewer(most: int, period: timedelta, **source: str) -> None:
    """Raise ``NoCode`` if there were ``most`` codes for ``source`` within the last ``period``."""
    start = timezone.now() - period
    asked = MailedCode.objects.filter(**source, created_at__gt=start).order_by("-created_at")
    if oldest := asked[most - 1 : most].first():
        wait = int((oldest.created_at - start).total_seconds()) + 1
        raise NoCode(_too_often(-(-wait // 60)), status=429, wait=wait)


def _unsent() -> str:
    return _("We can’t send mail to this address just now. Please check it, or try again in a few minutes.")


def _too_often(minutes: int) -> str:
    return ngettext(
        "Codes were asked for very often. Please try again in a minute.",
        "Codes were asked for very often. Please try again in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}
