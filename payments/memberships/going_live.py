"""Memberships subscribed to with a test key, in an installation whose key is live by now."""

from django.db import transaction
from django.utils import timezone

from payments.memberships.sync import lock, record_change
from payments.models import Cause, Subscription, SubscriptionStatus
from payments.models.subscription import SubscriptionQuerySet


def open_test_memberships() -> SubscriptionQuerySet:
    """Return the memberships of test mode that aren't over; none while the key is a test key."""
    return Subscription.objects.of_test_mode().current()


@transaction.atomic
def end_test_membership(subscription: Subscription, *, cause: Cause) -> bool:
    """End a membership of test mode, and return whether there was one to end. No mail is sent."""
    row = lock(subscription)
    if row.is_over or not row.is_of_test_mode:
        return False
    before = SubscriptionStatus(row.status)
    is_begun = before != SubscriptionStatus.PENDING
    row.status = SubscriptionStatus.CANCELED if is_begun else SubscriptionStatus.EXPIRED
    row.entitled_until = row.next_check_at = None
    row.ends_at = timezone.now() if is_begun else None
    row.set_check_problem(None)
    row.save(
        update_fields=["status", "entitled_until", "next_check_at", "ends_at", "check_problem", "check_error"]
    )
    record_change(row, before=before, plan=row.plan, cause=cause)
    return True
