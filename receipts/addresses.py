"""
The buyer's address on a receipt: German law wants it above 250 € (§ 33 UStDV), and nobody else is asked.

The receipt of such a purchase waits for its buyer to state one, or that they need none, and for a week at
most. What is issued has what was stated by then, for good.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import Booking
from bookings.validators import is_readable
from payments.models import Payment
from receipts.models import BuyerAddress, Receipt, ReceiptKind

LIMITS = {"eur": 250_00}  # minor units, tax included: up to these a receipt needs no address
WAIT = timedelta(days=7)
LINES, LONGEST_LINE = 6, 80


class NotStated(Exception):
    """The address can't be taken; the message says why, to the buyer."""


def waits_for_address(at: datetime) -> Q:
    """Return the condition of payments whose receipt waits for an address at that time."""
    is_above = Q(pk__in=[])
    for currency, limit in LIMITS.items():
        is_above |= Q(currency_received=currency, amount_received__gt=limit)
    stated = BuyerAddress.objects.filter(booking=OuterRef("booking"))
    return is_above & Q(processed_at__gt=at - WAIT) & Q(~Exists(stated))


def asks_for_address(payment: Payment) -> bool:
    """Whether the receipt of ``payment`` waits for its buyer."""
    return Payment.objects.filter(waits_for_address(timezone.now()), pk=payment.pk).exists()


def state_address(booking: Booking, typed: str) -> None:
    """
    Keep what the buyer of ``booking`` wants on the receipt, before that is made; empty for no address.

    Raise ``NotStated``: it can't be printed, nothing is awaited, or the receipt is made already.
    """
    address = _clean(typed)
    with transaction.atomic():
        payment = Payment.objects.of_booking(booking)
        # Whoever issues has the row, too: what is stated before that is on the receipt.
        locked = payment and Payment.objects.filter(pk=payment.pk).lock()
        is_known = BuyerAddress.objects.filter(booking=booking).exists()
        if not locked or not (is_known or asks_for_address(locked)) or _is_issued(locked):
            raise NotStated(_("The receipt is made already, and what is on it stays as it is."))
        BuyerAddress.objects.update_or_create(booking=booking, defaults={"address": address})
    booking.publish()


def take_address(booking: Booking) -> str:
    """Return what the buyer of ``booking`` has stated, which is the receipt's to keep from now on."""
    stated = BuyerAddress.objects.filter(booking=booking).first()
    if stated is None:
        return ""
    stated.delete()
    return stated.address


def _is_issued(payment: Payment) -> bool:
    return Receipt.objects.filter(payment=payment, kind=ReceiptKind.RECEIPT).exists()


def _clean(typed: str) -> str:
    lines = [" ".join(line.split()) for line in typed.splitlines()]
    lines = [line for line in lines if line]
    is_short = len(lines) <= LINES and all(len(line) <= LONGEST_LINE for line in lines)
    if not is_short or not all(map(is_readable, "".join(lines))):
        words = _("Please write the address in at most %(lines)d lines, in characters that can be read.")
        raise NotStated(words % {"lines": LINES})
    return "\n".join(lines)
