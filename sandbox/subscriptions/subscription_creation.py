"""Subscriptions that the API or the Dashboard creates. Those of customers begin in Checkout."""

from typing import Any

from sandbox.billing import invoice_collection, invoice_lifecycle, renewals
from sandbox.billing.invoice_object import new_invoice, regular_lines
from sandbox.billing.subscription_object import change_silently, new_subscription
from sandbox.billing.subscription_status import set_timers
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import merged_metadata
from sandbox.core.store import Obj
from sandbox.payments.customers import own_payment_method
from sandbox.subscriptions import subscription_discounts
from sandbox.subscriptions.plan_changes import check_currency, check_items, recurring_price
from sandbox.subscriptions.subscription_changes import cancellation, check_behavior, check_result, collection
from sandbox.webhooks.events import emit


def create(box: Box, params: Obj) -> Obj:
    """Return a new subscription, after its first invoice was paid, sent or refused."""
    customer = box.find("customer", params["customer"], param="customer")
    check_behavior(params, "allow_incomplete", "default_incomplete", "error_if_incomplete")
    check_trial(box, params)
    lines = [line_of(box, data, f"items[{n}]") for n, data in enumerate(params["items"])]
    check_items(lines)
    currency = params.get("currency", lines[0]["price"]["currency"]).lower()
    for position, line in enumerate(lines):
        check_currency(line["price"], currency, f"items[{position}][price]")
    party = {"customer": customer["id"], "currency": currency}
    subscription = new_subscription(box, party, lines, data_of(params))
    add_metadata(subscription, params["items"])
    change_silently(box, subscription, **settings(box, customer, subscription, params))
    begin(box, subscription, params)
    return box.store.get(subscription["id"])


def check_trial(box: Box, params: Obj) -> None:
    if "trial_end" in params and "trial_period_days" in params:
        raise StripeError(
            "You may only specify one of these parameters: trial_end, trial_period_days.",
            code="parameters_exclusive",
            param="trial_end",
        )
    end = params.get("trial_end", "now")
    if end != "now" and end <= box.clock.now():
        raise StripeError("`trial_end` must be a timestamp in the future.", param="trial_end")


def line_of(box: Box, data: Obj, param: str) -> Obj:
    return {"price": recurring_price(box, data, param), "quantity": data.get("quantity", 1)}


def data_of(params: Obj) -> Obj:
    """Return the parameters that Checkout calls ``subscription_data``."""
    names = ("description", "trial_period_days", "trial_settings")
    data = {name: params[name] for name in names if name in params}
    if params.get("trial_end", "now") != "now":
        data["trial_end"] = params["trial_end"]
    return data | {"metadata": params.get("metadata") or {}}


def add_metadata(subscription: Obj, given: list[Obj]) -> None:
    for item, data in zip(subscription["items"]["data"], given, strict=True):
        item["metadata"] = merged_metadata({}, data.get("metadata", {}))


def settings(box: Box, customer: Obj, subscription: Obj, params: Obj) -> dict[str, Any]:
    """Return the members that say how the subscription is paid, and when it ends."""
    given = {**collection(subscription, params), **cancellation(box, subscription, params)}
    if "default_payment_method" in params:
        method = own_payment_method(box, customer, params["default_payment_method"], "default_payment_method")
        given["default_payment_method"] = method["id"]
    if "discounts" in params:
        given["discounts"] = subscription_discounts.applied(box, subscription, params["discounts"])
    if given["collection_method"] == "send_invoice" and subscription["status"] == "incomplete":
        given["status"] = "active"
    return given


def begin(box: Box, subscription: Obj, params: Obj) -> None:
    """Write the first invoice and emit the creation, then pay or send the invoice."""
    in_trial = subscription["status"] == "trialing"
    waits = params.get("payment_behavior") == "default_incomplete"
    if subscription["status"] == "incomplete" and not waits:
        check_can_pay(box, subscription)
    invoice = new_invoice(
        box, subscription, regular_lines(box, subscription, free=in_trial), reason="subscription_create"
    )
    change_silently(box, subscription, latest_invoice=box.store.add(invoice)["id"])
    set_timers(box, subscription)
    emit(box, "customer.subscription.created", subscription)
    emit(box, "invoice.created", invoice)
    if subscription["collection_method"] == "send_invoice" and invoice["amount_due"]:
        renewals.schedule_finalization(box, subscription, invoice)
        return
    renewals.finalize(box, invoice)
    if invoice["amount_due"] == 0:
        invoice_lifecycle.settle(box, invoice)
    elif not waits:
        check_result(params, invoice_collection.collect(box, invoice))


def check_can_pay(box: Box, subscription: Obj) -> None:
    """Raise ``StripeError`` if there is nothing to charge. A subscription without a price needs nothing."""
    is_free = not any(line["amount"] for line in regular_lines(box, subscription))
    if is_free or invoice_collection.default_payment_method(box, subscription):
        return
    raise StripeError(invoice_collection.NO_METHOD.message or "", code="resource_missing")
