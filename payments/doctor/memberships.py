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
        words = "Stripe doesn't answer, so nothing about memberships is known."
        yield fault("members", words, "See what is said of the key, then ask here again.")


def _portal(portal: subscriptions.Portal | None) -> Iterator[Finding]:
    remedy = "In Stripe's dashboard, under Settings, Billing, Customer portal, {} and save."
    if portal is None:
        words = "Stripe's billing portal was never saved, so members can't change or end anything."
        yield fault("portal", words, remedy.format("choose what members may do"))
        return
    for what in WRITES_OF_MEMBERSHIPS:
        try_writing(what)
    if not portal.may_cancel:
        yield warning("portal", "Members can't end a membership there.", remedy.format("let them cancel"))
    if not portal.may_change_card:
        words = "Members whose card fails can't change it there."
        yield warning("portal", words, remedy.format("let them update payment methods"))
    if portal.may_cancel and portal.may_change_card:
        yield ok("portal", "Members can end a membership there, and change their card.")


def _plans() -> Iterator[Finding]:
    problems = [(plan, words) for plan in Plan.objects.on_offer() if (words := _problem_of(plan))]
    for plan, words in problems:
        remedy = "Withdraw the plan in the admin, or put its price right at Stripe."
        yield fault("plans", f"{plan} ({plan.price_id}): {words}", remedy)
    if not problems:
        yield ok("plans", "Each plan on offer can be subscribed to, for what it says.")


def _problem_of(plan: Plan) -> str:
    try:
        price = subscriptions.fetch_price(plan.price_id)
    except subscriptions.NoPlan as problem:
        return str(problem)
    except UnknownToStripe:
        return "Stripe doesn't know its price."
    ours = (plan.amount, plan.currency, plan.interval)
    if ours != (price.amount, price.currency, price.interval):
        return f"It says {_spell(plan)}, but Stripe charges {_spell(price)}."
    return ""


def _spell(price: Plan | subscriptions.StripePrice) -> str:
    return f"{format_money(price.amount, price.currency)} a {price.interval}"
