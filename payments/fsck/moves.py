"""Rules: whoever was moved to other seats got back what those cost less, and what they exchanged."""

from collections.abc import Iterator

from django.db import connection

from bookings.tickets.moving import newest_versions
from payments.ledger.refunds import refundable_tickets
from payments.models import Payment

from .batches import Batch
from .violations import Violation, rule_in_batches_of

# Payments whose seats cost less than what was paid for those before them, and what was ever asked back
# without a ticket: what Stripe refused is a matter for staff, who are told.
DIFFERENCES = """
    SELECT payment.reference, moved.less, coalesce(back.amount, 0)
      FROM payments_payment AS payment
     CROSS JOIN LATERAL (
           SELECT sum(sold_for - coalesce(paid, price))::bigint AS less
             FROM bookings_bookedseat
            WHERE booking_id = payment.booking_id AND replaced_at IS NULL AND sold_for IS NOT NULL) AS moved
     CROSS JOIN LATERAL (
           SELECT sum(coalesce(asked_amount, amount))::bigint AS amount
             FROM payments_refund AS refund
            WHERE refund.payment_id = payment.id AND replaces_id IS NULL AND NOT EXISTS (
                  SELECT FROM payments_refund_tickets AS given WHERE given.refund_id = refund.id)) AS back
     WHERE payment.id BETWEEN %s AND %s AND payment.problem = '' AND payment.amount_received IS NOT NULL
       AND moved.less > coalesce(back.amount, 0)
"""


@rule_in_batches_of(Payment)
def moved_without_the_difference(batch: Batch) -> Iterator[Violation]:
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCES, batch.bounds)
        for reference, less, back in cursor.fetchall():
            words = f"has seats that cost {less} less than those before them, but only {back} was refunded"
            yield Violation("moved_without_the_difference", f"payment {reference}", words)


@rule_in_batches_of(Payment)
def exchanged_and_kept(batch: Batch) -> Iterator[Violation]:
    """Once an exchange is paid, a refund of the tickets that it replaces was asked for."""
    paid = batch.of(Payment.objects.paid()).filter(problem="", exchange_of__isnull=False)
    for payment in paid.select_related("exchange_of__booking"):
        old = payment.exchange_of
        newest = [ticket.pk for ticket in newest_versions(payment.exchanged_tickets.all())]
        if old is None:
            continue
        asked = old.refunds.exclude(tickets=None).values("tickets")
        if refundable_tickets(old).filter(pk__in=newest).exclude(pk__in=asked).exists():
            yield Violation(
                "exchanged_and_kept",
                f"payment {payment.reference}",
                f"bought other seats, but the tickets of {old.reference} it replaces weren't refunded",
            )
