"""Which handler an event belongs to: by what its object is, then by its type."""

from payments.gateway.objects import Json
from payments.models import Payment, Plan, Subscription
from payments.webhook import memberships, payments
from payments.webhook.handlers import Handler


def handler_of(event: Json) -> Handler[Payment] | Handler[Subscription]:
    """Return what is to be done with ``event``; an event of either kind enters only its own table."""
    if is_about_membership(event["data"]["object"]):
        return memberships.HANDLERS.get(event["type"], memberships.RECORDED)
    return payments.HANDLERS.get(event["type"], payments.RECORDED)


def is_about_membership(subject: Json) -> bool:
    """Whether an event's object is a subscription, an invoice of one, or a session that opens one."""
    match subject.get("object"):
        case "subscription":
            return True
        case "invoice":
            parent = subject.get("parent")
            is_of_one = isinstance(parent, dict) and parent.get("type") == "subscription_details"
            return is_of_one or bool(subject.get("subscription"))  # Before 2025-03-31 there was no parent.
        case "checkout.session":
            return subject.get("mode") == "subscription"
    return False


def needed_types() -> frozenset[str]:
    """Return the types of events that this shop can't do without; those of memberships only if it has any."""
    return payments.APPLIED | memberships.APPLIED if Plan.objects.exists() else payments.APPLIED
