"""
Purchases made with a test key in an installation whose key is live by now.

Nobody paid for them, and Stripe can't be asked about them any more, so they must not hold seats or admit.
"""

from django.db import transaction
from django.utils import timezone

from bookings.seats.holds import release
from payments.ledger.payment_state import recompute
from payments.models import Cause, Payment, PaymentStatus, RefundStatus
from payments.models.payment import PaymentQuerySet

OVER = [PaymentStatus.FAILED, PaymentStatus.EXPIRED]


def open_test_payments() -> PaymentQuerySet:
    """Return the payments of test mode that still count for something; none while the key is a test key."""
    return Payment.objects.of_test_mode().filter(test_ended_at=None).exclude(status__in=OVER)


@transaction.atomic
def end_test_payment(payment: Payment, *, cause: Cause) -> bool:
    """
    End a purchase made in test mode, and return whether there was one to end.

    One that was never paid expires; tickets become void, and all its seats free. Refunds that weren't sent
    are withdrawn. No mail is sent, Stripe isn't asked, and nothing is deleted.
    """
    locked = Payment.objects.filter(pk=payment.pk).lock()
    if locked.test_ended_at or not open_test_payments().filter(pk=locked.pk).exists():
        return False
    locked.test_ended_at = timezone.now()
    locked.save(update_fields=["test_ended_at"])
    locked.refunds.filter(status=RefundStatus.DUE).update(status=RefundStatus.WITHDRAWN)
    if locked.is_undecided:
        release(locked.booking)
        locked.move(PaymentStatus.EXPIRED, cause=cause)
    else:
        recompute(locked, cause=cause)
    Payment.objects.filter(pk=locked.pk).update(next_check_at=None)
    return True
