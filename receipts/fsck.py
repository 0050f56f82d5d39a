"""Rules: what was sold has its receipt, receipts agree with the ledger, and no number is missing."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.db.models import Count, F, Max, Min, Q
from django.utils import timezone

from payments.fsck.batches import Batch
from payments.fsck.violations import Violation, rule, rule_in_batches_of
from payments.models import Payment
from receipts.addresses import waits_for_address
from receipts.issuing import issue_due, issuing_house
from receipts.models import Receipt, Series

GRACE = timedelta(minutes=15)  # in which the job has had its turn many times


@rule_in_batches_of(Payment)
def sale_without_receipt(batch: Batch) -> Iterator[Violation]:
    house = issuing_house()
    if house is None:
        return
    bought = batch.of(Payment.objects.paid().filter(problem="", amount_received__gt=0))
    late = bought.filter(created_at__gte=house.receipts_from, processed_at__lt=timezone.now() - GRACE)
    for payment in late.filter(receipts=None).exclude(waits_for_address(timezone.now())):
        words = "has tickets, but no receipt"
        yield Violation("sale_without_receipt", f"payment {payment.reference}", words, issue_due)


# Payments whose receipts come to something else than what is left of the money, where the books have all.
DIFFERENCES = """
    SELECT payment.reference, papers.gross, payment.amount_received - least(
               payment.amount_received, back.amount + bank.part), papers.rates
      FROM payments_payment AS payment
     CROSS JOIN LATERAL (
           SELECT sum(gross)::bigint AS gross, sum(rates.sum)::bigint AS rates
             FROM receipts_receipt AS receipt
             LEFT JOIN LATERAL (SELECT sum(gross) FROM receipts_receiptrate
                                 WHERE receipt_id = receipt.id) AS rates ON TRUE
            WHERE payment_id = payment.id) AS papers
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0)::bigint AS amount,
                  coalesce(bool_or((status = 'succeeded' AND amount > 0) <> is_entered), FALSE) AS is_due
             FROM payments_refund WHERE payment_id = payment.id) AS back
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(least(payment.amount_received,
                      CASE WHEN share IS NOT NULL THEN share
                           WHEN currency = payment.currency_received THEN amount
                           ELSE payment.amount_received END))
                      FILTER (WHERE effect = 'lost'), 0)::bigint AS part,
                  coalesce(bool_or((effect = 'lost') <> is_entered), FALSE) AS is_due
             FROM payments_dispute WHERE payment_id = payment.id) AS bank
     WHERE payment.id BETWEEN %s AND %s AND papers.gross IS NOT NULL AND NOT back.is_due AND NOT bank.is_due
       AND (papers.rates IS DISTINCT FROM papers.gross OR papers.gross <> payment.amount_received - least(
               payment.amount_received, back.amount + bank.part))
"""


@rule_in_batches_of(Payment)
def receipts_that_do_not_add_up(batch: Batch) -> Iterator[Violation]:
    """A receipt and its corrections come to what is left of the money, and so do their rates."""
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCES, batch.bounds)
        for reference, gross, left, rates in cursor.fetchall():
            words = f"has receipts for {gross}, by rates {rates}, but {left} of it is left"
            yield Violation("receipts_that_do_not_add_up", f"payment {reference}", words)


@rule
def receipt_numbers_with_gaps() -> Iterator[Violation]:
    counted = Series.objects.annotate(
        number=Count("receipts"), first=Min("receipts__position"), highest=Max("receipts__position")
    )
    for series in counted.filter(~Q(number=F("last")) | ~Q(highest=F("last")) | ~Q(first=1), last__gt=0):
        words = (
            f"has {series.number} receipts from {series.first} to {series.highest}, and counts {series.last}"
        )
        yield Violation("receipt_numbers_with_gaps", f"series {series}", words)


@rule_in_batches_of(Receipt)
def receipt_lines_that_do_not_add_up(batch: Batch) -> Iterator[Violation]:
    for receipt in batch.of(Receipt.objects.only("number", "lines", "gross")):
        total = sum(line["amount"] for line in receipt.lines)
        if total != receipt.gross:
            words = f"has lines for {total}, and a sum of {receipt.gross}"
            yield Violation("receipt_lines_that_do_not_add_up", f"receipt {receipt}", words)
