"""Mailing codes: how many an address and a network get, and what goes to those that get none."""

import ipaddress
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers import mails
from customers.accounts import why_not
from customers.models import MailedCode, fingerprint

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A network may be a whole hotel's. With five tries a code, an address has 150 of a hundred million a day.
LIMITS = [("email", HOUR, 10), ("email", DAY, 30), ("network", HOUR, 60), ("network", DAY, 400)]


class NoCode(Exception):
    """There is no code now: ``words`` tell the customer, ``wait`` says in how many s there may be one."""

    def __init__(self, words: str, *, status: int, wait: int) -> None:
        super().__init__(words)
        self.words, self.status, self.wait = words, status, wait


def mail_code(email: str, *, address: str, customer: User | None = None) -> MailedCode:
    """
    Mail a new code to ``email``, as asked for from the IP ``address``, or raise ``NoCode``.

    It signs in, or else proves the new address of ``customer``. Whether ``email`` has an account makes no
    difference. Where a code may not open anything, a mail that says so is sent in its place, and the row is
    that of a code which nobody has seen: all that a stranger can watch stays the same.
    """
    code = _new_code()
    row = _count(email, network_of(address), code, customer)
    if reason := why_not(email):
        mail = mails.write_refusal(email, reason)
    else:
        mail = mails.write_code(email, code, is_change=customer is not None)
    try:
        mails.send_now(mail)
    except mails.MailUnavailable as error:
        raise NoCode(_unsent(), status=503, wait=120) from error
    return row


def network_of(address: str) -> str:
    """Return what ``address`` is counted as: with IPv6, one customer has 2⁶⁴ of them."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # A socket of the machine itself has no address.
        return "::"
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ipaddress.ip_network((ip, 64), strict=False)[0]) if ip.version == 6 else str(ip)


def _new_code() -> str:
    """Return eight digits, in two groups to read and type."""
    digits = f"{secrets.randbelow(10**8):08}"
    return f"{digits[:4]} {digits[4:]}"


@transaction.atomic
def _count(email: str, network: str, code: str, customer: User | None) -> MailedCode:
    """Keep a row of a code, within the limits; those who ask at the same moment take turns."""
    source = {"email": email, "network": network}
    with connection.cursor() as cursor:
        for number, value in enumerate(source.values()):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [number, value])
    for field, period, most in LIMITS:
        _require_fewer(most, period, **{field: source[field]})
    return MailedCode.objects.create(**source, customer=customer, fingerprint=fingerprint(email, code))


def _require_fewer(most: int, period: timedelta, **source: str) -> None:
    """Raise ``NoCode`` if ``most`` codes of the last ``period`` came from ``source``."""
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
