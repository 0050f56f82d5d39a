"""What a customer's membership gives them now: presale, a lower price, and for how many seats."""

from django.contrib.auth.models import User
from django.utils import timezone

from bookings.models import Event, SaleStatus
from bookings.orders.members import Advantage, Terms, is_open_for_members, seats_left
from payments.models import Plan, Subscription


def advantage_of(customer: User | None, event: Event) -> Advantage | None:
    """Return the terms of ``customer`` at ``event``, or None for a guest or an inactive membership."""
    plan = _plan_of(customer)
    if customer is None or plan is None:
        return None
    terms = terms_from(plan)
    is_presale = event.sale == SaleStatus.UPCOMING and is_open_for_members(event, terms, now=timezone.now())
    return Advantage(str(plan), terms, seats_left(event, customer, terms), is_presale, event.currency)


def terms_of(customer: User | None) -> Terms | None:
    """Return the terms on which ``customer`` buys, or None for a guest or an inactive membership."""
    plan = _plan_of(customer)
    return terms_from(plan) if plan else None


def _plan_of(customer: User | None) -> Plan | None:
    if customer is None:
        return None
    current = Subscription.objects.current().filter(customer=customer, entitled_until__gt=timezone.now())
    subscription = current.select_related("plan").first()
    return subscription.plan if subscription else None


def terms_from(plan: Plan) -> Terms:
    """Return what ``plan`` gives."""
    return Terms(
        has_presale=plan.has_presale,
        discount_percent=plan.discount_percent,
        seats_per_event=plan.seats_per_event,
    )
