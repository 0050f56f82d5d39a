"""What a customer's membership gives them at the shop, at this moment."""

from django.contrib.auth.models import User
from django.utils import timezone

from bookings.members import Terms
from payments.models import Plan, Subscription


def terms_of(customer: User | None) -> Terms | None:
    """Return the terms on which ``customer`` buys, or None for a guest and for who is no member now."""
    if customer is None:
        return None
    current = Subscription.objects.current().filter(customer=customer, entitled_until__gt=timezone.now())
    subscription = current.select_related("plan").first()
    return terms_by(subscription.plan) if subscription else None


def terms_by(plan: Plan) -> Terms:
    """Return what ``plan`` gives."""
    return Terms(
        has_presale=plan.has_presale,
        discount_percent=plan.discount_percent,
        seats_per_event=plan.seats_per_event,
    )
