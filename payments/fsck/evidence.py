"""Rules: every status follows from what is recorded, and nothing waits for ever."""

from collections.abc import Iterator
from functools import partial

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from payments.durations import OVERDUE_AFTER
from payments.ledger.verification import ask
from payments.models import Cause, Outcome, Payment, PaymentStatus, StripeEvent
from payments.models.payment import UNPROCESSED
from payments.webhook import intake

from .batches import Batch
from .violations import Violation, rule, rule_in_batches_of

BROKEN_CHAINS = """
    WITH step AS (
        SELECT payment_id, from_status, to_status,
               lag(to_status, 1, 'pending') OVER (PARTITION BY payment_id ORDER BY id) AS before,
               lead(from_status) OVER (PARTITION BY payment_id ORDER BY id) IS NULL AS is_last
          FROM payments_transition WHERE payment_id BETWEEN %(first)s AND %(last)s
    ), chain AS (
        SELECT payment_id, bool_or(from_status <> before) AS is_broken,
               max(to_status) FILTER (WHERE is_last) AS last
          FROM step
         GROUP BY payment_id
    )
    SELECT payment.reference, payment.status
      FROM payments_payment AS payment LEFT JOIN chain ON chain.payment_id = payment.id
     WHERE payment.id BETWEEN %(first)s AND %(last)s
       AND (chain.is_broken OR payment.status <> coalesce(chain.last, 'pending'))
"""


@rule_in_batches_of(Payment)
def status_without_its_steps(batch: Batch) -> Iterator[Violation]:
    with connection.cursor() as cursor:
        cursor.execute(BROKEN_CHAINS, {"first": batch.first, "last": batch.last})
        for reference, status in cursor.fetchall():
            words = f"is {status}, but its transitions don't lead there"
            yield Violation("status_without_its_steps", f"payment {reference}", words)


@rule_in_batches_of(Payment)
def money_without_a_word_of_stripe(batch: Batch) -> Iterator[Violation]:
    """A paid payment has an event of Stripe's that was applied, or an answer of Stripe's."""
    events = StripeEvent.objects.filter(payment=OuterRef("pk"), outcome=Outcome.APPLIED)
    for payment in batch.of(Payment.objects.paid()).filter(~Exists(events), checked_at=None):
        yield Violation(
            "money_without_a_word_of_stripe",
            f"payment {payment.reference}",
            f"is {payment.status}, without an event or answer from Stripe",
        )


@rule
def event_not_applied() -> Iterator[Violation]:
    died = Q(outcome=Outcome.RECEIVED, retry_at__lte=timezone.now())
    for event in StripeEvent.objects.of_this_mode().filter(died | Q(outcome=Outcome.FAILED)):
        yield Violation(
            "event_not_applied",
            f"event {event.event_id}",
            f"{event.type} is {event.outcome}",
            partial(_apply, event.pk),
        )


def _apply(event_id: int) -> None:
    intake.apply_again(StripeEvent.objects.get(pk=event_id))


@rule
def payment_long_overdue() -> Iterator[Violation]:
    """The session of a pending payment is over, but the reconciler hasn't asked how it ended."""
    over = Payment.objects.filter(status=PaymentStatus.PENDING, expires_at__lt=timezone.now() - OVERDUE_AFTER)
    for payment in over.select_related("booking"):
        yield Violation(
            "payment_long_overdue",
            f"payment {payment.reference}",
            f"is pending, though its session ended at {payment.expires_at:%Y-%m-%d %H:%M}",
            partial(ask, payment, cause=Cause.FSCK) if payment.session_id else None,
        )


@rule
def payment_nobody_will_check() -> Iterator[Violation]:
    for payment in Payment.objects.filter(status__in=UNPROCESSED, next_check_at=None, test_ended_at=None):
        yield Violation(
            "payment_nobody_will_check",
            f"payment {payment.reference}",
            f"is {payment.status}, but no further check is due",
            Payment.objects.filter(pk=payment.pk, next_check_at=None).check_soon,
        )
