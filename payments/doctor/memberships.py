"""The checks of ``stripe_doctor`` about memberships."""

from collections.abc import Iterator

from bookings.money import format_money
from payments.doctor.findings import Finding, fault, lacking, ok, warning
from payments.gateway.account import READS_OF_MEMBERSHIPS, WRITES_OF_MEMBERSHIPS, try_reading, try_writing
from payments.gateway.billing import subscriptions
from payments.gateway.errors import StripeRefused, StripeUnavailable, UnknownToStripe
from payments.models import Plan


def examine_memberships() -> Iterator[Finding]:
    """If there are plans, check that they can be subscribed to and that members can use the portal."""
    if not Plan.objects.exists():
        return
    try:
        for what in READS_OF_MEMBERSHIPS:
            try_reading(what)
        yield from _portal(subscriptions.fetch_portal())
        yield from _plans()
    except StripeRefused as refusal:
        yield lacking("members", refusal)
    except StripeUnavailable:
        words = "Stripe doesn't answer, so memberships can't be checked."
        yield fault("members", words, "Fix the key first, then run this again.")


def _portal(portal: subscriptions.Portal | None) -> Iterator[Finding]:
    remedy = "In Stripe's dashboard, under Settings, Billing, Customer portal, {} and save."
    if portal is None:
        words = "Stripe's customer portal isn't set up, so members can't manage their membership."
        yield fault("portal", words, remedy.format("choose what members can do"))
        return
    for what in WRITES_OF_MEMBERSHIPS:
        try_writing(what)
    if not portal.may_cancel:
        yield warning(
            "portal", "Members can't cancel in the customer portal.", remedy.format("allow cancellations")
        )
    if not portal.may_change_card:
        words = "Members can't change their card in the customer portal."
        yield warning("portal", words, remedy.format("allow updating payment methods"))
    if portal.may_cancel and portal.may_change_card:
        yield ok("portal", "Members can cancel and change their card in the customer portal.")


def _plans() -> Iterator[Finding]:
    problems = [(plan, words) for plan in Plan.objects.on_offer() if (words := _problem_of(plan))]
    for plan, words in problems:
        remedy = "Withdraw the plan in the admin, or correct its price at Stripe."
        yield fault("plans", f"{plan} ({plan.price_id}): {words}", remedy)
    if not problems:
        yield ok("plans", "All offered plans match their prices at Stripe.")


def _problem_of(plan: Plan) -> str:
    try:
        price = subscriptions.fetch_price(plan.price_id)
    except subscriptions.NoPlan as problem:
        return str(problem)
    except UnknownToStripe:
        return "Its price doesn't exist at Stripe."
    ours = (plan.amount, plan.currency, plan.interval)
    if ours != (price.amount, price.currency, price.interval):
        return f"The plan says {_spell(plan)}, but Stripe charges {_spell(price)}."
    return ""


def _spell(price: Plan | subscriptions.StripePrice) -> str:
    return f"{format_money(price.amount, price.currency)} a {price.interval}"
