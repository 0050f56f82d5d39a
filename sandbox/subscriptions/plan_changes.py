"""Changing a subscription's items, and prorating what is already paid."""

from dataclasses import dataclass
from typing import Any

from sandbox.billing import invoice_discounts
from sandbox.billing.invoice_object import full_amount, new_line, proration_description
from sandbox.billing.renewals import new_draft
from sandbox.billing.subscription_object import items_of, new_item, period_of, price_members, with_period
from sandbox.catalog import intervals, line_items
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import merged_metadata
from sandbox.core.store import Obj

MOST = 20  # items


@dataclass(frozen=True)
class Change:
    """What an update of items comes to: the subscription afterwards, and the lines that prorate it."""

    after: Obj
    prorations: list[Obj]
    restarts: bool  # a new period begins, which is paid now
    is_billed_now: bool


def change_items(box: Box, subscription: Obj, params: Obj, given: dict[str, Any]) -> Obj | None:
    """Put the new items into ``given``, and return a draft invoice if something is due now."""
    change = planned_change(box, subscription, params)
    kept = box.store.private(subscription["id"])["pending"]
    box.store.keep(subscription["id"], pending=[*kept, *change.prorations])
    if change.restarts:
        given["billing_cycle_anchor"] = change.after["billing_cycle_anchor"]
    given["items"] = change.after["items"]
    if not change.is_billed_now:
        return None
    return new_draft(box, subscription | given, reason="subscription_update", regular=change.restarts)


def planned_change(box: Box, subscription: Obj, params: Obj) -> Change:
    """
    Return what changed items come to. The subscription stays as it is stored.

    If the interval stays the same, so does the period: the difference goes to the next invoice, or with
    ``always_invoice`` to one of its own. Another interval starts a new period, which is paid now.
    """
    behavior = params.get("proration_behavior", "create_prorations")
    items = changed_items(box, subscription, params["items"])
    check_items(items)
    after = {**subscription, "items": {**subscription["items"], "data": items}}
    in_trial = subscription["status"] == "trialing"
    restarts = not in_trial and recurring_of(after) != recurring_of(subscription)
    prorates = behavior != "none" and not in_trial
    lines = prorations(box, subscription, after, credit_only=restarts) if prorates else []
    if restarts:
        restart(box, after)
    is_billed_now = restarts or (behavior == "always_invoice" and not in_trial)
    return Change(after, lines, restarts, is_billed_now)


def changed_items(box: Box, subscription: Obj, wanted: list[Obj]) -> list[Obj]:
    """Return a subscription's items after an update. The items that it adds are the first ones."""
    items, added = {item["id"]: item for item in items_of(subscription)}, list[Obj]()
    for position, data in enumerate(wanted):
        param = f"items[{position}]"
        if "id" not in data:
            added.insert(0, added_item(box, subscription, data, param))
            continue
        if data["id"] not in items:
            raise StripeError(
                f"No such subscription item: '{data['id']}'", code="resource_missing", param=f"{param}[id]"
            )
        if data.get("deleted"):
            del items[data["id"]]
        else:
            items[data["id"]] = changed_item(box, subscription, items[data["id"]], data, param)
    return [*added, *items.values()]


def added_item(box: Box, subscription: Obj, data: Obj, param: str) -> Obj:
    if data.get("deleted"):
        raise StripeError(
            "You must pass the ID of the subscription item to delete.",
            code="parameter_missing",
            param=f"{param}[id]",
        )
    price = recurring_price(box, data, param)
    check_currency(price, subscription["currency"], f"{param}[price]")
    start, end = period_of(subscription)
    item = new_item(box, {"price": price, "quantity": data.get("quantity", 1)}, subscription["id"], end=end)
    return item | {"current_period_start": start, "metadata": merged_metadata({}, data.get("metadata", {}))}


def changed_item(box: Box, subscription: Obj, found: Obj, data: Obj, param: str) -> Obj:
    """Return a subscription's item with an update's changes."""
    changed = dict(found)
    if "quantity" in data:
        changed["quantity"] = data["quantity"]
    if "metadata" in data:
        changed["metadata"] = merged_metadata(found["metadata"], data["metadata"])
    if "price_data" in data or data.get("price", found["price"]["id"]) != found["price"]["id"]:
        price = recurring_price(box, data, param)
        check_currency(price, subscription["currency"], f"{param}[price]")
        changed |= price_members(price)
    return changed


def recurring_price(box: Box, data: Obj, param: str) -> Obj:
    """Return the price that an item names or defines; raise ``StripeError`` unless it recurs."""
    if "price" in data and "price_data" in data:
        raise StripeError(
            "You may only specify one of these parameters: price, price_data.",
            code="parameters_exclusive",
            param=f"{param}[price]",
        )
    if "price" not in data and "price_data" not in data:
        raise StripeError(
            f"Missing required param: {param}[price].", code="parameter_missing", param=f"{param}[price]"
        )
    price = line_items.price_of(box, data, param)
    if price["recurring"] is None:
        raise StripeError(
            f"The price specified is set to `type=one_time` but this field only accepts prices with "
            f"`type=recurring` ({price['id']}).",
            param=f"{param}[price]",
        )
    return price


def check_currency(price: Obj, currency: str, param: str) -> None:
    if price["currency"] != currency:
        raise StripeError(
            f"The price specified only supports `{price['currency']}`. This doesn't match the expected "
            f"currency: `{currency}`.",
            param=param,
        )


def check_items(items: list[Obj]) -> None:
    """Raise ``StripeError`` for items that one subscription can't have together."""
    if not items:
        raise StripeError(
            "A subscription must have at least one active plan. In order to cancel a subscription, please "
            "use the cancel subscription endpoint instead.",
            param="items",
        )
    if len(items) > MOST:
        raise StripeError(f"Array items exceeded maximum {MOST} allowed elements.", param="items")
    prices = [item["price"] for item in items]
    if any(price["recurring"] != prices[0]["recurring"] for price in prices):
        raise StripeError("All recurring prices must have the same interval.", param="items")
    ids = [price["id"] for price in prices]
    for wanted in ids:
        if ids.count(wanted) > 1:
            raise StripeError(
                f"Cannot add multiple subscription items with the same plan: {wanted}", param="items"
            )


def recurring_of(subscription: Obj) -> Obj:
    found: Obj = items_of(subscription)[0]["price"]["recurring"]
    return found


def prorations(box: Box, before: Obj, after: Obj, *, credit_only: bool) -> list[Obj]:
    """Return lines for the rest of the period: a credit for what ends, and the price of what begins."""
    moment, (start, end) = box.clock.now(), period_of(before)
    share, period = (end - moment, end - start), (moment, end)
    old, new = ({item["id"]: item for item in items_of(each)} for each in (before, after))
    lines = []
    for item_id in [*old, *(name for name in new if name not in old)]:
        ends, begins = old.get(item_id), new.get(item_id)
        if ends and begins and billed(ends) == billed(begins):
            continue
        if ends:
            lines.append(proration_line(box, before, ends, share, period, sign=-1))
        if begins and not credit_only:
            lines.append(proration_line(box, after, begins, share, period, sign=1))
    return lines


def billed(item: Obj) -> tuple[str, int]:
    return item["price"]["id"], item["quantity"]


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
    full = full_amount(item) - invoice_discounts.percent_off(box, subscription, full_amount(item))
    return new_line(
        subscription,
        item,
        amount=sign * ((2 * full * left + whole) // (2 * whole)),
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
