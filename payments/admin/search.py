"""Search for payments: what staff type is read as everything that it may mean."""

import re
from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

from django.db.models import Q, QuerySet

from bookings import search
from bookings.money import THREE_DECIMAL, ZERO_DECIMAL
from bookings.references import REFERENCE
from bookings.typed_money import readings_of_any
from payments.models import Dispute, Payment, Refund, StripeEvent
from payments.models.payment import RECEIVED_ANOTHER_SUM

# By the prefix of Stripe's id: where it is kept. The beginning of an id is enough.
IDS = {
    "cs_": "session_id__startswith",
    "pi_": "payment_intent_id__startswith",
    "ch_": "charge_id__startswith",
    "py_": "charge_id__startswith",
}


def find_payments(typed: str, among: QuerySet[Payment] | None = None) -> list[int]:
    """Return the ids of the newest payments, ``among`` these, that match ``typed`` or each word of it."""
    rows = Payment.objects.all() if among is None else among.order_by().prefetch_related(None)
    return search.newest(
        [
            *(rows.filter(booking__in=bookings) for bookings in search.spoken(typed)),
            *(rows.filter(amount) for amount in _amounts(typed)),
            *search.read_words(typed, partial(_read_word, rows), rows),
        ]
    )


def _amounts(typed: str) -> Iterator[Q]:
    """
    Yield the conditions for an amount that was asked for or received, in each kind of currency.

    Customers name what they paid in their own currency, too.
    """
    for number, (decimals, of_kind) in product(readings_of_any(typed), CURRENCIES.items()):
        minor = number.scaleb(decimals)
        if minor != minor.to_integral_value():
            continue
        yield of_kind("currency") & Q(amount=int(minor))
        yield of_kind("currency_received") & Q(amount_received=int(minor)) & RECEIVED_ANOTHER_SUM
        yield of_kind("presentment_currency") & Q(presentment_amount=int(minor))


# By the number of decimals: the condition that a column has a currency with so many.
CURRENCIES = {
    0: lambda column: Q(**{f"{column}__in": ZERO_DECIMAL}),
    2: lambda column: ~Q(**{f"{column}__in": ZERO_DECIMAL | THREE_DECIMAL}),
    3: lambda column: Q(**{f"{column}__in": THREE_DECIMAL}),
}


def _read_word(rows: QuerySet[Payment], word: str) -> list[QuerySet[Payment]]:
    prefix = word[:3]
    if prefix in IDS:
        return [rows.filter(**{IDS[prefix]: word})]
    readings = [rows.filter(booking__in=bookings) for bookings in search.read_word(word)]
    if REFERENCE.fullmatch(word.upper()):
        readings.append(rows.filter(reference=word.upper()))
    if re.fullmatch(r"\d{4}", word):
        readings.append(rows.filter(card_last4=word))
    if "_" in word:
        readings += [rows.filter(pk__in=payments) for payments in _of_another(word)]
    return readings


def _of_another(word: str) -> list[QuerySet[Any, Any]]:
    """Return the payments of a refund, a dispute or an event of Stripe's with this id."""
    return [
        Refund.objects.filter(refund_id=word).values("payment"),
        Dispute.objects.filter(dispute_id=word).values("payment"),
        StripeEvent.objects.filter(event_id=word).exclude(payment=None).values("payment"),
    ]
