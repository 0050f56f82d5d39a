"""Search for payments: what staff type is read as everything that it may mean."""

import re
from decimal import Decimal
from functools import reduce
from operator import and_, or_

from django.db.models import Q

from bookings.models import BookedSeat, Event
from bookings.money import to_minor
from bookings.references import REFERENCE, SPOKEN_ALPHABET
from payments.models import Dispute, Payment, Refund, StripeEvent

NOTHING = Q(pk__in=[])
# Up to twelve digits, as 1500000, 1500000.00 or, with separators that can't be decimals, 1,500,000.00.
AMOUNT = re.compile(
    r"[€£$¥]?\s*(\d{1,12}(?:[.,]\d{1,3})?|\d{1,3}(?:(?P<group>[.,  ’])\d{3})"
    r"(?:(?P=group)\d{3}){0,2}(?:(?!(?P=group))[.,]\d{1,3})?)\s*[€£$¥]?"
)
SPOKEN_REFERENCE = re.compile(f"[{SPOKEN_ALPHABET}]{{8}}")
SEAT = re.compile(r"([A-Z]{1,10})-?(\d{1,3})")
# By the prefix of Stripe's id: where it is kept. The beginning of an id is enough.
IDS = {
    "cs_": "session_id__startswith",
    "pi_": "payment_intent_id__startswith",
    "ch_": "charge_id__startswith",
    "py_": "charge_id__startswith",
}


def matching(typed: str) -> Q:
    """Return the condition for payments that match ``typed`` as a whole, or each word of it."""
    words = [_word(word) for word in typed.split()]
    return _spoken(typed) | _amount(typed) | reduce(and_, words, Q() if words else NOTHING)


def _spoken(typed: str) -> Q:
    """Match a ticket reference as people say and type it: ``k7qf 3mxn`` is ``K7QF-3MXN``."""
    letters = re.sub(r"[\s–-]", "", typed).upper()
    if not SPOKEN_REFERENCE.fullmatch(letters):
        return NOTHING
    return Q(booking__ticket_reference=f"{letters[:4]}-{letters[4:]}")


def _amount(typed: str) -> Q:
    """
    Match an amount that was asked for or received, in any currency that seats are sold in.

    Customers name what they paid in their own currency, too.
    """
    if not (found := AMOUNT.fullmatch(typed.strip())):
        return NOTHING
    sold_in = Event.objects.order_by().values_list("currency", flat=True)
    seen_in = Payment.objects.exclude(presentment_currency="").order_by().values_list("presentment_currency")
    currencies = sold_in.union(seen_in)
    return reduce(or_, [_paid(read_decimal(found[1]), currency) for currency in currencies], NOTHING)


def _paid(value: Decimal, currency: str) -> Q:
    try:
        minor = to_minor(value, currency)
    except ValueError:
        return NOTHING
    asked = Q(amount=minor, currency=currency)
    received = Q(amount_received=minor, currency_received=currency)
    return asked | received | Q(presentment_amount=minor, presentment_currency=currency)


def read_decimal(typed: str) -> Decimal:
    """
    Return a typed number, which may have a comma before its decimals.

    A separator that comes twice, or before another one, parts thousands: 1.500.000 and 1,500.00.
    """
    whole, separator, decimals = typed, "", ""
    if marks := re.findall(r"[.,]", typed):
        is_decimal = typed.count(marks[-1]) == 1
        whole, separator, decimals = typed.rpartition(marks[-1]) if is_decimal else (typed, "", "")
    return Decimal(re.sub(r"\D", "", whole) + (f".{decimals}" if separator else ""))


def _word(word: str) -> Q:
    prefix = word[:3]
    if prefix in IDS:
        return Q(**{IDS[prefix]: word})
    if "_" in word:
        return _of_another(word)
    if REFERENCE.fullmatch(word.upper()):
        return Q(booking__reference=word.upper()) | Q(reference=word.upper())
    if re.fullmatch(r"\d{4}", word):
        return Q(card_last4=word)
    if "@" in word[1:]:
        return Q(booking__email__istartswith=word)
    return Q(booking__name__icontains=word) | Q(booking__email__icontains=word) | _seat(word)


def _of_another(word: str) -> Q:
    """Match Stripe's id of a refund, a dispute or an event, or an e-mail address with an underscore."""
    owners = [
        Refund.objects.filter(refund_id=word).values("payment"),
        Dispute.objects.filter(dispute_id=word).values("payment"),
        StripeEvent.objects.filter(event_id=word).exclude(payment=None).values("payment"),
    ]
    return reduce(or_, [Q(pk__in=payments) for payments in owners]) | Q(booking__email__icontains=word)


def _seat(word: str) -> Q:
    """Match the label of a seat, with or without its dash: ``a1`` is ``A-1``."""
    labels = [word]
    if found := SEAT.fullmatch(word.upper()):
        labels.append(f"{found[1]}-{found[2]}")
    named = reduce(or_, (Q(seat__label__iexact=label) for label in labels))
    return Q(booking__in=BookedSeat.objects.filter(named).values("booking"))
