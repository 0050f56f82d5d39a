"""Changing a subscription's items, and prorating what is already paid."""

from typing import Any

from sandbox.billing.invoice_object import full_amount, new_line, proration_description
from sandbox.billing.renewals import new_draft
from sandbox.billing.subscription_object import items_of, period_of, price_members, with_period
from sandbox.catalog import intervals, line_items
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import merged_metadata
from sandbox.core.store import Obj


def change_items(box: Box, subscription: Obj, params: Obj, given: dict[str, Any]) -> Obj | None:
    """
    Put the new items into ``given``, and return a draft invoice if something is due now.

    If the interval stays the same, so does the period: the difference goes to the next invoice, or with
    ``always_invoice`` to one of its own. Another interval starts a new period, which is paid now.
    """
    behavior = params.get("proration_behavior", "create_prorations")
    changed = [changed_item(box, subscription, data, n) for n, data in enumerate(params["items"])]
    items = [next((new for new in changed if new["id"] == old["id"]), old) for old in items_of(subscription)]
    check_intervals(items)
    after = {**subscription, "items": {**subscription["items"], "data": items}}
    in_trial = subscription["status"] == "trialing"
    restarts = not in_trial and recurring_of(after) != recurring_of(subscription)
    if behavior != "none" and not in_trial:
        prorate(box, subscription, after, credit_only=restarts)
    if restarts:
        restart(box, after)
        given["billing_cycle_anchor"] = after["billing_cycle_anchor"]
    given["items"] = after["items"]
    if not restarts and (behavior != "always_invoice" or in_trial):
        return None
    return new_draft(box, subscription | given, reason="subscription_update", regular=restarts)


def changed_item(box: Box, subscription: Obj, data: Obj, position: int) -> Obj:
    """Return a subscription's item with an update's changes."""
    param, items = f"items[{position}]", items_of(subscription)
    if "id" not in data:
        raise StripeError(
            "The sandbox changes items that a subscription has, by their id. Stripe also adds others.",
            param=f"{param}[id]",
        )
    found = next((item for item in items if item["id"] == data["id"]), None)
    if found is None:
        raise StripeError(
            f"No such subscription item: '{data['id']}'", code="resource_missing", param=f"{param}[id]"
        )
    changed = dict(found)
    if "quantity" in data:
        changed["quantity"] = data["quantity"]
    if "metadata" in data:
        changed["metadata"] = merged_metadata(found["metadata"], data["metadata"])
    if "price_data" in data or data.get("price", found["price"]["id"]) != found["price"]["id"]:
        price = line_items.price_of(box, data, param)
        check_price(price, subscription, f"{param}[price]")
        changed |= price_members(price)
    return changed


def check_price(price: Obj, subscription: Obj, param: str) -> None:
    if price["recurring"] is None:
        raise StripeError(
            f"The price specified is set to `type=one_time` but this field only accepts prices with "
            f"`type=recurring` ({price['id']}).",
            param=param,
        )
    if price["currency"] != subscription["currency"]:
        raise StripeError(
            f"The price specified only supports `{price['currency']}`. This doesn't match the expected "
            f"currency: `{subscription['currency']}`.",
            param=param,
        )


def check_intervals(items: list[Obj]) -> None:
    if any(item["price"]["recurring"] != items[0]["price"]["recurring"] for item in items):
        raise StripeError("All recurring prices must have the same interval.", param="items")


def recurring_of(subscription: Obj) -> Obj:
    found: Obj = items_of(subscription)[0]["price"]["recurring"]
    return found


def prorate(box: Box, before: Obj, after: Obj, *, credit_only: bool) -> None:
    """Keep lines for the next invoice: a credit for the rest of the period, and its price as changed."""
    moment, (start, end) = box.clock.now(), period_of(before)
    share = (end - moment, end - start)
    lines = []
    for old, new in zip(items_of(before), items_of(after), strict=True):
        if (old["price"]["id"], old["quantity"]) == (new["price"]["id"], new["quantity"]):
            continue
        lines.append(proration_line(box, before, old, share, (moment, end), sign=-1))
        if not credit_only:
            lines.append(proration_line(box, after, new, share, (moment, end), sign=1))
    kept = box.store.private(before["id"])["pending"]
    box.store.keep(before["id"], pending=[*kept, *lines])


def proration_line(
    box: Box,
    subscription: Obj,
    item: Obj,
    share: tuple[int, int],
    period: tuple[int, int],
    *,
    sign: int,
) -> Obj:
    """Return the line for ``share`` = (left, whole) of a period: a charge (``sign`` 1) or a credit (-1)."""
    left, whole = share
    return new_line(
        subscription,
        item,
        amount=sign * ((2 * full_amount(item) * left + whole) // (2 * whole)),
        description=proration_description(box, item, period[0], unused=sign < 0),
        period=period,
        proration=True,
    )


def restart(box: Box, subscription: Obj) -> None:
    """Start a period now, from which later ones are counted."""
    moment = box.clock.now()
    end = intervals.boundary(moment, recurring_of(subscription), 1)
    subscription["billing_cycle_anchor"] = moment
    subscription["items"] = with_period(subscription, moment, end)


def trial_until(box: Box, subscription: Obj, trial_end: int) -> dict[str, Any]:
    """Return the members that change if the time until ``trial_end`` is a trial."""
    moment = box.clock.now()
    is_new = subscription["status"] != "trialing"
    start = moment if is_new else subscription["trial_start"]
    box.store.keep(subscription["id"], is_noticed=False)
    return {
        "billing_cycle_anchor": trial_end,
        "items": with_period(subscription, start, trial_end),
        "status": "trialing",
        "trial_end": trial_end,
        "trial_start": start,
    }
