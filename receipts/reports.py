"""What the house's books need: the receipts of a time as CSV, and their sums by month and rate."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from bookings.documents.csv_lines import csv_lines as lines_of
from bookings.money import to_major
from receipts.models import Receipt, ReceiptRate

COLUMNS = [
    *("number", "kind", "corrects", "issued", "supplied", "booking", "buyer", "event"),
    *("currency", "rate", "net", "vat", "gross", "reason", "payment", "refund", "dispute"),
]


def between(first: date, last: date, *, is_live: bool) -> QuerySet[ReceiptRate]:
    """Return the rates of what was issued from ``first`` to ``last``, both days included."""
    bounds = [_midnight(first), _midnight(last + timedelta(days=1))]
    return ReceiptRate.objects.filter(
        receipt__issued_at__gte=bounds[0], receipt__issued_at__lt=bounds[1], receipt__series__is_live=is_live
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def totals(rates: QuerySet[ReceiptRate]) -> list[Any]:
    """Return the sums of ``rates`` by month, currency and rate, the newest month first."""
    months = rates.annotate(month=TruncMonth("receipt__issued_at")).order_by()
    return list(
        months.values("month", "receipt__currency", "basis_points")
        .annotate(number=Count("receipt", distinct=True), net=Sum("net"), vat=Sum("vat"), gross=Sum("gross"))
        .order_by("-month", "receipt__currency", "-basis_points")
    )


def csv_lines(rates: QuerySet[ReceiptRate]) -> Iterator[str]:
    """Yield the lines of a CSV with a row for each receipt and rate, in the order of the numbers."""
    rows = rates.select_related(
        "receipt__corrects", "receipt__payment__booking", "receipt__refund", "receipt__dispute"
    )
    ordered = rows.order_by("receipt", "-basis_points").iterator(chunk_size=2000)
    return lines_of(COLUMNS, (_row(rate, rate.receipt) for rate in ordered))


def _row(rate: ReceiptRate, receipt: Receipt) -> list[Any]:
    amounts = [to_major(amount, receipt.currency) for amount in (rate.net, rate.vat, rate.gross)]
    return [
        *(receipt.number, receipt.kind, receipt.corrects or ""),
        *(timezone.localdate(receipt.issued_at).isoformat(), receipt.supplied_on.isoformat()),
        *(receipt.payment.booking, receipt.buyer, receipt.title, receipt.currency.upper()),
        *("" if rate.percent is None else f"{rate.percent:f}", *map(str, amounts), rate.reason),
        receipt.payment.payment_intent_id or receipt.payment.session_id or "",
        receipt.refund or "",
        receipt.dispute or "",
    ]
