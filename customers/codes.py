"""Email codes that verify an address, within limits that strangers can't use up for its owner."""

import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.mail.at_once import MailUnavailable, send_now
from bookings.mail.outgoing import Refused
from customers import emails
from customers.accounts import why_no_code
from customers.devices import known_device
from customers.limits import DAY, HOUR, LimitReached, count_alone, network_of, require_fewer
from customers.models import KnownDevice, MailedCode, Purpose, SignInEvent, Step
from customers.models.mailed_code import fingerprint

# A network can be a whole hotel. From one of them, an address gets ten codes an hour.
HERE = [(["email", "network"], HOUR, 10), (["email", "network"], DAY, 30)]
NETWORK = [(["network"], HOUR, 60), (["network"], DAY, 400)]
# From all networks together, so that nobody's mailbox is flooded. Guessing one address's code allows 60 codes
# with 5 tries each a day: 300 of 100 million.
ADDRESS = [(["email", "device"], HOUR, 20), (["email", "device"], DAY, 60)]
KNOWN = [(["email", "device"], HOUR, 10), (["email", "device"], DAY, 30)]


class NoCode(Exception):
    """No code was sent. ``message`` is for the customer, who can try again in ``wait`` seconds."""

    def __init__(self, message: str, *, status: int, wait: int) -> None:
        super().__init__(message)
        self.message, self.status, self.wait = message, status, wait


def mail_code(
    request: HttpRequest, email: str, purpose: Purpose = Purpose.SIGN_IN, customer: User | None = None
) -> MailedCode:
    """
    Email a new code to ``email`` and return its row; raise ``NoCode`` if that isn't possible.

    The code is for signing in, for changing the address of ``customer``, or for booking with ``email``. If
    that must not get codes to sign in, an email that explains this is sent instead, and the returned row has
    a code that nobody knows: a stranger can't find out which addresses have accounts.
    """
    code = _new_code()
    try:
        row = _record_code(request, email, code, purpose, customer)
    except LimitReached as limit:
        raise NoCode(_too_often(limit.minutes), status=429, wait=limit.wait) from limit
    # The old address of an account may be closed or staff's by now; then its change ends without a code too.
    if purpose != Purpose.BOOKING and (reason := why_no_code(email)):
        mail = emails.write_refusal(email, reason)
    else:
        mail = emails.write_code(email, code, purpose)
    try:
        send_now(mail)
    except Refused as error:
        raise NoCode(_refused(), status=400, wait=120) from error
    except MailUnavailable as error:
        raise NoCode(_unsent(), status=503, wait=120) from error
    return row


def _new_code() -> str:
    """Return eight random digits in two groups."""
    digits = f"{secrets.randbelow(10**8):08}"
    return f"{digits[:4]} {digits[4:]}"


@transaction.atomic
def _record_code(
    request: HttpRequest, email: str, code: str, purpose: Purpose, customer: User | None
) -> MailedCode:
    """Store a code's fingerprint; raise ``LimitReached`` if there were too many."""
    network = network_of(request.META["REMOTE_ADDR"])
    device = known_device(request, user__emailaddress__email=email, user__emailaddress__verified=True)
    count_alone(email=email, network=network)
    _require_within_limits(email, network, device)
    return MailedCode.objects.create(
        email=email,
        network=network,
        device=device,
        purpose=purpose,
        customer=customer,
        fingerprint=fingerprint(email, code),
    )


def _require_within_limits(email: str, network: str, device: KnownDevice | None) -> None:
    """
    Raise ``LimitReached`` if there were too many codes for this browser, or from here, or for this address.

    What browsers that the owner doesn't know have asked for never stops one that they do.
    """
    limits = KNOWN if device else [*HERE, *NETWORK]
    _require(limits, email=email, network=network, device=device)
    if not device:
        try:
            _require(ADDRESS, email=email, device=None)  # All codes that unknown browsers asked for.
        except LimitReached:
            if not _has_signed_in_from(network, email):
                raise


def _require(limits: list[tuple[list[str], timedelta, int]], **source: str | KnownDevice | None) -> None:
    for fields, period, most in limits:
        require_fewer(most, period, MailedCode.objects.filter(**{name: source[name] for name in fields}))


def _has_signed_in_from(network: str, email: str) -> bool:
    owner = {"user__emailaddress__email": email, "user__emailaddress__verified": True}
    return SignInEvent.objects.filter(network=network, step=Step.SIGNED_IN, **owner).exists()


def _refused() -> str:
    return _("We can’t email this address: its mail server refuses our emails. Check it, or use another one.")


def _unsent() -> str:
    return _("We can’t email this address right now. Check it, or try again in a few minutes.")


def _too_often(minutes: int) -> str:
    return ngettext(
        "That’s a lot of codes. Try again in a minute.",
        "That’s a lot of codes. Try again in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}
