from django import template

from customers.claims import signed_in_user
from payments.memberships.messages import INVOICE_STATES, Words, benefits_of, words_of
from payments.memberships.status import membership_of
from payments.models import Plan, Subscription

register = template.Library()


@register.filter
def membership_words(subscription: Subscription) -> Words:
    """Return what a member reads about the state of their membership."""
    return words_of(subscription)


@register.filter
def benefits(plan: Plan) -> list[str]:
    """Return the benefits of a plan, each as a sentence."""
    return benefits_of(plan)


@register.filter
def invoice_state(status: str) -> str:
    """Return our word for Stripe's ``status`` of an invoice."""
    return str(INVOICE_STATES.get(status, status))


@register.simple_tag(takes_context=True)
def leads_to_membership(context: template.Context) -> bool:
    """Return whether a plan is on offer, or the customer has a membership."""
    account = signed_in_user(context["request"])
    return Plan.objects.on_offer().exists() or bool(account and membership_of(account))
