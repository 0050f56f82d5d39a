"""
Issuing receipts and their corrections, by a job of its own shortly after the money.

Numbers without gaps need one row that is locked from the counting to the commit. The transaction that
confirms a booking must not wait for such a row, so it only leaves the payment to be found here.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext

from bookings.models import BookedSeat
from legal.models import House
from payments.mode import is_live
from payments.models import Dispute, Payment, Refund
from payments.models.dispute import LOST_UNENTERED
from payments.models.payment import BOUGHT_UNRECEIPTED
from payments.models.refund import PAID_UNENTERED
from receipts.addresses import take_address, waits_for_address
from receipts.models import Receipt, ReceiptKind, ReceiptRate, Series
from receipts.vat import Share, at_rate, reduce

BATCH = 50  # payments: their rows are locked until all of them have their receipts


def issuing_house() -> House | None:
    """
    Return the house whose receipts are made here; None if it isn't described, or if Stripe makes them.

    With ``STRIPE_INVOICES``, Stripe numbers an invoice for each purchase; there must not be two.
    """
    house = House.current()
    is_ours = house is not None and house.is_complete and not settings.STRIPE_CHECKOUT_OPTIONS["invoices"]
    return house if is_ours else None


def issue_due(*, hurried: Collection[int] = ()) -> int:
    """
    Issue what is due, and return how many payments that was about.

    Those ``hurried``, by their ids, don't wait for their buyer's address.
    """
    house, issued = issuing_house(), 0
    if house is None:
        return 0
    while done := _issue_batch(house, hurried):
        issued += done
        if done < BATCH:
            break
    return issued


def awaits_receipt(payment: Payment, house: House) -> bool:
    """Whether ``payment`` is one that gets a receipt: it has bought, and cost something."""
    is_in_time = house.receipts_from is not None and payment.created_at >= house.receipts_from
    return is_in_time and payment.has_bought and bool(payment.amount_received)


@transaction.atomic
def _issue_batch(house: House, hurried: Collection[int]) -> int:
    ids = [pk for pks in _due(house, hurried) for pk in pks.values_list("pk", flat=True)[:BATCH]]
    # Whoever has a row now may be changing what the receipt says: it is this job's next turn.
    rows = Payment.objects.filter(pk__in=sorted(set(ids))[:BATCH]).with_booking()
    payments = list(rows.order_by("pk").select_for_update(no_key=True, of=["self"], skip_locked=True))
    for payment in payments:
        _enter(payment, house)
    return len(payments)


def _due(house: House, hurried: Collection[int]) -> Iterator[QuerySet[Payment]]:
    unreceipted = Payment.objects.filter(BOUGHT_UNRECEIPTED, created_at__gte=house.receipts_from)
    yield unreceipted.exclude(waits_for_address(timezone.now())).order_by("created_at")
    if hurried:
        yield unreceipted.filter(pk__in=hurried)
    back = Refund.objects.filter(PAID_UNENTERED).order_by("pk").values("payment")[:BATCH]
    yield Payment.objects.filter(pk__in=back)
    taken = Dispute.objects.filter(LOST_UNENTERED).order_by("pk").values("payment")[:BATCH]
    yield Payment.objects.filter(pk__in=taken)


def _enter(payment: Payment, house: House) -> None:
    """Issue the receipt of ``payment``, which is locked, and what corrects it."""
    receipt = payment.receipts.filter(kind=ReceiptKind.RECEIPT).first()
    if receipt is None and awaits_receipt(payment, house):
        receipt = _issue_receipt(payment, house)
    if not payment.is_receipted and payment.has_bought:
        payment.is_receipted = True
        payment.save(update_fields=["is_receipted"])
    sources: list[Refund | Dispute] = [
        *payment.refunds.filter(PAID_UNENTERED),
        *payment.disputes.filter(LOST_UNENTERED),
    ]
    for source in sources:
        source.is_entered = not source.is_entered
        source.save(update_fields=["is_entered"])
        if receipt:
            _correct(receipt, payment, source, house)


def _issue_receipt(payment: Payment, house: House) -> Receipt:
    shares = shares_of(payment, house)
    return _write(payment, house, ReceiptKind.RECEIPT, lambda: _lines_of(payment), shares)


def shares_of(payment: Payment, house: House) -> list[Share]:
    """
    Return what was paid, by rate of VAT: that of the event, else the house's.

    Where Stripe has added a tax, that is the tax. A rate by the type of ticket would be decided here.
    """
    event, gross = payment.booking.event, payment.amount_received or 0
    if payment.tax_added:
        return [Share(None, gross, payment.tax_added)]
    if event.vat_rate is not None:
        return [at_rate(gross, event.vat_rate, event.vat_exempt_reason)]
    return [at_rate(gross, house.vat_rate or Decimal(0), house.vat_exempt_reason)]


def _lines_of(payment: Payment) -> list[dict[str, Any]]:
    booked = payment.booking.booked_seats.as_sold().with_places()  # Whatever they were moved to since.
    return [{"text": _admission(one), "amount": one.worth} for one in booked]


def _admission(booked: BookedSeat) -> str:
    seat = booked.seat
    if seat.area and seat.area.is_standing:
        text = gettext("Admission, %(label)s") % {"label": seat.label}
    else:
        words = gettext("Admission, row %(row)s, seat %(number)s (%(label)s)")
        text = words % {"row": seat.row, "number": seat.number, "label": seat.label}
    code = booked.booking.code
    kind = [str(booked.type)] if booked.type else []
    less = [gettext("reduced with the code %(code)s") % {"code": code}] if booked.discount and code else []
    return ", ".join([text, *kind, *less])


def gone(payment: Payment) -> int:
    """Return what has gone back of ``payment``, as far as it is entered: refunds, and what banks took."""
    refunded = sum(payment.refunds.filter(is_entered=True).values_list("amount", flat=True))
    taken = sum(one.part for one in payment.disputes.filter(is_entered=True).select_related("payment"))
    return min(refunded + taken, payment.amount_received or 0)


def _correct(receipt: Receipt, payment: Payment, source: Refund | Dispute, house: House) -> None:
    """Issue what leads from the receipts of ``payment`` so far to what is left of it now, if that differs."""
    left = (payment.amount_received or 0) - gone(payment)
    now = payment.receipts.gross()
    if left == now:
        return
    kind = ReceiptKind.CORRECTION if left < now else ReceiptKind.REINSTATEMENT
    whole = [Share(one.basis_points, one.gross, one.vat, one.reason) for one in receipt.rates.all()]
    shares = _difference(reduce(whole, left), payment)
    lines = lambda: [{"text": _spell(source, kind), "amount": left - now}]  # noqa: E731
    _write(payment, house, kind, lines, shares, corrects=receipt, source=source)


def _difference(target: Sequence[Share], payment: Payment) -> list[Share]:
    """Return what is missing for each rate of ``payment`` to come to ``target``."""
    known = list(ReceiptRate.objects.of(payment))
    differences = []
    for share in target:
        mine = [one for one in known if one.basis_points == share.basis_points]
        gross = share.gross - sum(one.gross for one in mine)
        vat = share.vat - sum(one.vat for one in mine)
        if gross or vat:
            differences.append(Share(share.basis_points, gross, vat, share.reason))
    return differences


def _spell(source: Refund | Dispute, kind: ReceiptKind) -> str:
    if kind == ReceiptKind.REINSTATEMENT:
        if isinstance(source, Refund):
            return gettext("A refund that didn’t arrive")
        return gettext("The bank has returned what it took")
    if isinstance(source, Dispute):
        return gettext("Taken back by the customer’s bank")
    seats = ", ".join(ticket.seat.label for ticket in source.tickets.select_related("seat").order_by("seat"))
    return gettext("Refunded: seats %(seats)s") % {"seats": seats} if seats else gettext("Refunded")


SELLER = ("legal_name", "address", "tax_number", "vat_id")


def _write(
    payment: Payment,
    house: House,
    kind: ReceiptKind,
    lines: Callable[[], list[dict[str, Any]]],
    shares: Sequence[Share],
    *,
    corrects: Receipt | None = None,
    source: Refund | Dispute | None = None,
) -> Receipt:
    booking, event = payment.booking, payment.booking.event
    series = Series.lock(house, is_live=is_live() if payment.livemode is None else payment.livemode)
    position, number = series.next_number()
    series.save(update_fields=["last"])
    with translation.override(booking.language):
        receipt = Receipt.objects.create(
            series=series,
            position=position,
            number=number,
            kind=kind,
            payment=payment,
            corrects=corrects,
            refund=source if isinstance(source, Refund) else None,
            dispute=source if isinstance(source, Dispute) else None,
            issued_at=timezone.now(),
            supplied_on=timezone.localdate(event.starts_at),
            language=booking.language,
            seller={name: getattr(house, name) for name in SELLER},
            buyer=booking.name,
            buyer_address=corrects.buyer_address if corrects else take_address(booking),
            title=event.title,
            venue=event.venue,
            currency=payment.currency_received,
            lines=lines(),
            net=sum(share.net for share in shares),
            vat=sum(share.vat for share in shares),
            gross=sum(share.gross for share in shares),
        )
    ReceiptRate.objects.bulk_create(
        ReceiptRate(
            receipt=receipt,
            basis_points=share.basis_points,
            reason=share.reason,
            net=share.net,
            vat=share.vat,
            gross=share.gross,
        )
        for share in shares
    )
    booking.publish()
    return receipt
