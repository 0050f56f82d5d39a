"""Which handler an event belongs to: by what its object is, then by its type."""

from dataclasses import replace
from typing import Any

from payments.gateway.objects import Json
from payments.models import Plan, Subscription
from payments.models.stripe_event import Owner
from payments.webhook import memberships, payments
from payments.webhook.handlers import Handler


def handler_of(event: Json) -> Handler[Any]:
    """Return what is to be done with ``event``; an event of either kind enters only its own table."""
    if is_about_membership(event["data"]["object"]):
        return memberships.HANDLERS.get(event["type"], memberships.RECORDED)
    return EITHER.get(event["type"]) or payments.HANDLERS.get(event["type"], payments.RECORDED)


def of_either(payment: Handler[Any], membership: Handler[Any]) -> Handler[Any]:
    """
    Return the handler of an event that may be about a payment or about a membership's invoice.

    What is known here is looked at before Stripe is asked.
    """

    def find_owner(event: Json) -> Owner | None:
        known = memberships.find_by_money(event)
        return known or payment.find_owner(event) or membership.find_owner(event)

    def ask(event: Json, owner: Owner | None) -> None:
        return (membership if isinstance(owner, Subscription) else payment).ask(event, owner)

    def apply(event: Json, owner: Owner | None) -> Owner | None:
        return (membership if isinstance(owner, Subscription) else payment).apply(event, owner)

    return replace(payment, find_owner=find_owner, ask=ask, apply=apply)


EITHER = {kind: of_either(payments.HANDLERS[kind], other) for kind, other in memberships.REVERSALS.items()}


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
