"""Rules: what was received bought tickets, was refunded or is disputed, to the cent."""

from collections.abc import Iterator
from functools import partial

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum

from bookings.models import BookedSeat, Booking, BookingStatus, StopReason, Ticket, TicketStatus
from payments.ledger.payment_state import pays_for_nothing, reasons_to_stop, recompute, status_of
from payments.ledger.refunds import create_refund
from payments.models import Cause, CounterReturn, CounterSale, Dispute, Origin, Payment, PaymentStatus, Refund
from payments.models.refund import ACCEPTED

from .batches import Batch
from .violations import Violation, rule, rule_in_batches_of


@rule_in_batches_of(Booking)
def confirmed_without_money(batch: Batch) -> Iterator[Violation]:
    """Each confirmed booking is bought by exactly one payment or counter sale."""
    sales = CounterSale.objects.filter(booking=OuterRef("pk"))
    buyers = Payment.objects.paid().filter(booking=OuterRef("pk"), problem="")
    confirmed = batch.of(Booking.objects.filter(status=BookingStatus.CONFIRMED))
    for booking in confirmed.filter(~Exists(buyers), ~Exists(sales)):
        yield Violation("confirmed_without_money", f"booking {booking}", "is confirmed, but not paid")
    for booking in batch.of(Booking.objects.filter(Exists(buyers), Exists(sales))):
        yield Violation("bought_twice", f"booking {booking}", "was paid online and at the box office")


@rule_in_batches_of(Booking)
def price_that_no_type_has(batch: Batch) -> Iterator[Violation]:
    """What a place was sold for is what its type costs, unless that was changed since."""
    sold = BookedSeat.objects.current().filter(type__isnull=False, list_price__isnull=False)
    sold = sold.filter(booking__created_at__gt=F("type__changed_at"), sold_price=None)
    for booked in batch.of(sold, "booking__pk").select_related("booking__event", "type", "seat"):
        price = booked.type.price_of(booked.place_price, booked.booking.event.currency) if booked.type else 0
        if booked.full_price != price:
            yield Violation(
                "price_that_no_type_has",
                f"booking {booked.booking}",
                f"has {booked.seat} as {booked.type} for {booked.full_price}, which costs {price}",
            )


# Payments that bought tickets, with the number of their seats, their price and what was paid for them, and
# the number of tickets. Of a seat that its customer was moved to, what was paid for the one before it counts.
SOLD = """
    WITH buyer AS (
        SELECT booking_id, reference, amount_received, amount_discount, tax_added
          FROM payments_payment
         WHERE id BETWEEN %s AND %s AND problem = '' AND amount_received IS NOT NULL
    ), sold AS (
        SELECT booking_id, count(*) AS seats, sum(coalesce(sold_price, price))::bigint AS price,
               sum(coalesce(sold_for, paid, price))::bigint AS paid
          FROM bookings_bookedseat
         WHERE replaced_at IS NULL AND booking_id IN (SELECT booking_id FROM buyer)
         GROUP BY booking_id
    ), issued AS (
        SELECT ticket.booking_id,
               count(DISTINCT ticket.seat_id) FILTER (WHERE booked.id IS NOT NULL) AS seats,
               count(*) FILTER (WHERE booked.id IS NULL AND ticket.status <> 'void') AS elsewhere
          FROM bookings_ticket AS ticket
          LEFT JOIN bookings_bookedseat AS booked ON booked.booking_id = ticket.booking_id
               AND booked.seat_id = ticket.seat_id AND booked.replaced_at IS NULL
         WHERE ticket.booking_id IN (SELECT booking_id FROM buyer)
         GROUP BY ticket.booking_id
    )
    SELECT buyer.reference, buyer.amount_received, buyer.amount_discount, buyer.tax_added,
           sold.seats, sold.price, sold.paid, coalesce(issued.seats, 0)
      FROM buyer
      LEFT JOIN sold ON sold.booking_id = buyer.booking_id
      LEFT JOIN issued ON issued.booking_id = buyer.booking_id
     WHERE sold.seats IS DISTINCT FROM issued.seats OR sold.paid <> buyer.amount_received
        OR sold.price + buyer.tax_added <> buyer.amount_received + buyer.amount_discount
        OR issued.elsewhere > 0
"""


@rule_in_batches_of(Payment)
def money_without_tickets(batch: Batch) -> Iterator[Violation]:
    """
    A payment without a problem bought every seat of its booking, for exactly their price.

    That is less the discount and with the tax that Stripe has recorded, and each seat has its share.
    """
    with connection.cursor() as cursor:
        cursor.execute(SOLD, batch.bounds)
        for reference, received, discount, tax, seats, price, paid, tickets in cursor.fetchall():
            words = f"received {received} for tickets to {tickets} seats; its {seats} seats cost {price}"
            if discount or tax or paid != price:
                words += f", less {discount}, with {tax} added, and their shares are {paid}"
            yield Violation("money_without_tickets", f"payment {reference}", words)


@rule_in_batches_of(Payment)
def status_that_does_not_follow(batch: Batch) -> Iterator[Violation]:
    """The status of a paid payment and of its tickets follows from its refunds and disputes."""
    standing = Refund.objects.standing().prefetch_related("tickets")
    changed = batch.of(_changed()).select_related("booking").prefetch_related("disputes__tickets")
    for payment in changed.prefetch_related(Prefetch("refunds", standing, to_attr="standing")):
        refunds, disputes = payment.standing, list(payment.disputes.all())
        status = status_of(payment, refunds, disputes)
        wrong = [f"is {payment.status}, should be {status}"] if status != payment.status else []
        if payment.has_bought:
            reasons = reasons_to_stop(payment, refunds, disputes)
            wrong += [
                f"ticket {ticket} is {ticket.status}, should be {reasons.get(ticket.pk, 'valid')}"
                for ticket in payment.booking.tickets.exclude(status=TicketStatus.VOID)
                if ticket.stopped_for != reasons.get(ticket.pk, "")
            ]
        for words in wrong:
            yield Violation(
                "status_that_does_not_follow",
                f"payment {payment.reference}",
                words,
                partial(_recompute, payment.pk),
            )


def _changed() -> QuerySet[Payment]:
    """Return the paid payments with a refund, a dispute, or a ticket that isn't valid."""
    refunds = Refund.objects.filter(payment=OuterRef("pk"))
    disputes = Dispute.objects.filter(payment=OuterRef("pk"))
    stopped = Ticket.objects.filter(booking=OuterRef("booking")).exclude(status=TicketStatus.VALID)
    is_plain = Q(status=PaymentStatus.SUCCEEDED, problem="")
    return Payment.objects.paid().filter(~is_plain | Exists(refunds) | Exists(disputes) | Exists(stopped))


@transaction.atomic
def _recompute(payment_id: int) -> None:
    recompute(Payment.objects.filter(pk=payment_id).lock(), cause=Cause.FSCK)


@rule_in_batches_of(Ticket)
def void_without_a_reason(batch: Batch) -> Iterator[Violation]:
    """A void ticket was replaced, refunded or disputed, or so was all the money that paid for it."""
    own = Refund.tickets.through.objects.filter(ticket=OuterRef("pk"), refund__accepted_at__isnull=False)
    disputed = Dispute.tickets.through.objects.filter(ticket=OuterRef("pk"))
    void = batch.of(Ticket.objects.unreplaced().filter(status=TicketStatus.VOID))
    back = CounterReturn.tickets.through.objects.filter(ticket=OuterRef("pk"))
    void = void.filter(~Exists(own), ~Exists(disputed), ~Exists(back)).exclude(
        stopped_for=StopReason.TEST_ENDED
    )
    for ticket in void.select_related("booking"):
        buyer = ticket.booking.payments.paid().filter(problem="").first()
        if buyer is None or not _may_all_have_gone(buyer):
            yield Violation(
                "void_without_a_reason",
                f"ticket {ticket} of booking {ticket.booking}",
                "is void, but neither refunded nor disputed",
            )


def _may_all_have_gone(payment: Payment) -> bool:
    """Whether what Stripe ever accepted to refund, and what was ever disputed, left nothing for a ticket."""
    accepted = list(payment.refunds.filter(accepted_at__isnull=False))
    refunded = sum(refund.amount for refund in accepted)
    received = payment.amount_received or 0
    return refunded >= received or pays_for_nothing(payment, accepted, list(payment.disputes.all()))


# Refunds that a customer requested, or that have a fee, with what was paid for their tickets.
FEES = """
    SELECT payment.reference, refund.reference, coalesce(refund.asked_amount, refund.amount), refund.fee,
           coalesce(sum(sold.paid), 0)::bigint
      FROM payments_refund AS refund
      JOIN payments_payment AS payment ON payment.id = refund.payment_id
      LEFT JOIN payments_refund_tickets AS given ON given.refund_id = refund.id
      LEFT JOIN bookings_ticket AS ticket ON ticket.id = given.ticket_id
      LEFT JOIN LATERAL (
           SELECT coalesce(paid, price) AS paid FROM bookings_bookedseat AS booked
            WHERE booked.booking_id = ticket.booking_id AND booked.seat_id = ticket.seat_id
            ORDER BY booked.id DESC LIMIT 1) AS sold ON TRUE
     WHERE refund.id BETWEEN %s AND %s AND (refund.origin = 'customer' OR refund.fee > 0)
     GROUP BY payment.id, refund.id
    HAVING coalesce(refund.asked_amount, refund.amount) + refund.fee <> coalesce(sum(sold.paid), 0)
"""


@rule_in_batches_of(Refund)
def fee_that_does_not_add_up(batch: Batch) -> Iterator[Violation]:
    """The refund and the fee of a customer's cancellation add up to what was paid for the tickets."""
    with connection.cursor() as cursor:
        cursor.execute(FEES, batch.bounds)
        for payment, refund, amount, fee, paid in cursor.fetchall():
            words = f"refund {refund} refunds {amount} and keeps {fee} of tickets that cost {paid}"
            yield Violation("fee_that_does_not_add_up", f"payment {payment}", words)


@rule_in_batches_of(Payment)
def more_back_than_came(batch: Batch) -> Iterator[Violation]:
    back = batch.of(Payment.objects.paid()).annotate(
        back=Sum("refunds__amount", filter=Q(refunds__status__in=ACCEPTED))
    )
    more = back.filter(back__gt=F("amount_received")).values_list("reference", "amount_received", "back")
    for reference, came, went_back in more:
        words = f"received {came}, and refunded {went_back}"
        yield Violation("more_back_than_came", f"payment {reference}", words)


@rule
def money_that_bought_nothing_and_stays() -> Iterator[Violation]:
    refunds = Refund.objects.filter(payment=OuterRef("pk"))
    idle = Payment.objects.paid().filter(~Exists(refunds), amount_received__gt=0)
    for payment in idle.exclude(problem=""):
        yield Violation(
            "money_that_bought_nothing_and_stays",
            f"payment {payment.reference}",
            f"has the problem {payment.problem}, but no refund was requested",
            partial(_refund, payment.pk),
        )


@transaction.atomic
def _refund(payment_id: int) -> None:
    payment = Payment.objects.filter(pk=payment_id).lock()
    if not payment.refunds.exists():
        create_refund(payment, amount=payment.amount_received or 0, origin=Origin.SETTLEMENT)
