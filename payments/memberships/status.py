"""A customer's membership as ``GET /api/subscription-status`` returns it, from the database alone."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Case, Value, When

from payments.models import Subscription, SubscriptionStatus
from payments.models.subscription import OVER

STATUSES = ["none", *SubscriptionStatus.values]


def membership_of(customer: User) -> Subscription | None:
    """Return the customer's current subscription, else the last one, else None."""
    is_over = Case(When(status__in=OVER, then=Value(1)), default=Value(0))
    rows = Subscription.objects.filter(customer=customer).select_related("plan")
    return rows.order_by(is_over, "-created_at", "-pk").first()


def describe_membership(subscription: Subscription | None) -> dict[str, Any]:
    """Return the JSON object; without any subscription, its status is ``none``."""
    if subscription is None:
        return {
            "status": "none",
            "plan": None,
            "entitled_until": None,
            "cancel_at_period_end": False,
            "source": None,
            "checked_at": None,
        }
    return {
        "status": subscription.status,
        "plan": subscription.plan.slug,
        "entitled_until": subscription.entitled_until,
        "cancel_at_period_end": subscription.cancel_at_period_end,
        "source": subscription.source or None,
        "checked_at": subscription.checked_at,
    }
