"""Which of a subscription's items is the plan's: add-ons may stand beside it, or before it."""

from dataclasses import dataclass, replace

from payments.gateway.billing.subscription_objects import StripeItem, StripeSubscription
from payments.models import CheckProblem, Interval, Plan, Subscription

MONTHS = 12


@dataclass(frozen=True)
class PlanItem:
    """
    A subscription whose ``item`` is its plan's, and the plan; None if no plan here has the price of any.

    ``problem`` says in ``words`` what staff have to decide.
    """

    subscription: StripeSubscription
    plan: Plan | None
    problem: CheckProblem | None = None
    words: str = ""


def find_plan_item(told: StripeSubscription, *, row: Subscription) -> PlanItem:
    """
    Find the item of ``told`` that has a plan's price, wherever it stands; its period is the subscription's.

    Without one, it is the item with the price that ``row`` has had, else the first one. Of two plans, the
    dearer one counts, since both are paid for.
    """
    plans = {plan.price_id: plan for plan in Plan.objects.filter(price_id__in=_prices(told))}
    offers = [(item, plans[item.price_id]) for item in told.items if item.price_id in plans]
    if not offers:
        words = f"No plan here has the price {', '.join(_prices(told)) or 'of it, since it has none'}."
        return PlanItem(replace(told, item=_known_item(told, row)), None, CheckProblem.NO_PLAN, words)
    item, plan = max(offers, key=lambda offer: (_per_year(offer[1]), offer[0].price_id == row.price_id))
    found = replace(told, item=item)
    if len({plan.pk for _item, plan in offers}) == 1:
        return PlanItem(found, plan)
    names = ", ".join(str(each) for _item, each in offers)
    words = f"Stripe charges for several plans: {names}. It gives what {plan} gives. Remove the others there."
    return PlanItem(found, plan, CheckProblem.TWO_PLANS, words)


def _prices(told: StripeSubscription) -> list[str]:
    return [item.price_id for item in told.items if item.price_id]


def _known_item(told: StripeSubscription, row: Subscription) -> StripeItem | None:
    own = [item for item in told.items if item.price_id and item.price_id == row.price_id]
    return next(iter([*own, *told.items]), None)


def _per_year(plan: Plan) -> int:
    return plan.amount * (MONTHS if plan.interval == Interval.MONTH else 1)
