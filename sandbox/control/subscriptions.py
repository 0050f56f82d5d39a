"""Control of subscriptions and of billing's settings."""

from dataclasses import asdict

from sandbox.billing import billing_rules, invoice_collection, renewals, subscription_status
from sandbox.billing.subscription_object import ENDED, period_of
from sandbox.control.surface import Refused, as_form, control
from sandbox.core import timers
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj
from sandbox.payments import cards
from sandbox.payments.payer import Method, Payer
from sandbox.portal import portal_actions
from sandbox.subscriptions import subscription_creation
from sandbox.subscriptions.subscription_changes import apply
from sandbox.subscriptions.subscription_params import CREATE

DEFAULT_CARD = "4242424242424242"
Answer = tuple[int, dict[str, Obj]]


@control("GET", "billing")
def show_rules(box: Box, given: Obj) -> Obj:
    return asdict(billing_rules.rules(box.store))


@control("POST", "billing")
def set_rules(box: Box, given: Obj) -> Obj:
    """Change billing's settings: ``{"after_retries": "unpaid", "retries": [86400]}``."""
    try:
        return asdict(billing_rules.set_rules(box.store, given))
    except ValueError as error:
        raise Refused(str(error)) from None


@control("POST", "subscriptions")
def create(box: Box, given: Obj) -> Obj:
    """
    Create a subscription as in the Dashboard: ``{"customer": "cus_…", "price": "price_…", "quantity": 1}``.

    Any parameter of ``POST /v1/subscriptions`` can be given, such as ``items`` in place of the price.
    """
    wanted = dict(given)
    if "price" in wanted:
        item = {name: wanted.pop(name) for name in ("price", "quantity") if name in wanted}
        wanted["items"] = [item]
    try:
        params = CREATE.parse(as_form(wanted), "")
        with box.store.transaction():
            subscription = subscription_creation.create(box, params)
    except StripeError as error:
        raise Refused(str(error)) from None
    return answer(box, subscription["id"])


@control("GET", "subscriptions/{subscription_id}")
def show(box: Box, given: Obj, subscription_id: str) -> Obj:
    return answer(box, subscription_id)


@control("POST", "subscriptions/{subscription_id}/renew")
def renew(box: Box, given: Obj, subscription_id: str) -> Obj:
    """Move the clock past the end of the period and the hour in which the invoice is a draft."""
    subscription = find_running(box, subscription_id)
    if subscription["status"] in ("incomplete", "paused"):
        raise Refused(f"A subscription that is {subscription['status']} doesn't renew.", 409)
    at = period_of(subscription)[1] + billing_rules.rules(box.store).finalize_after
    timers.advance(box, max(0, at - box.clock.exact()))
    return answer(box, subscription_id)


@control("POST", "subscriptions/{subscription_id}/retry")
def retry(box: Box, given: Obj, subscription_id: str) -> Obj:
    """Move the clock to the next retry of the open invoice."""
    at = next_retry(box, find_running(box, subscription_id))
    if at is None:
        raise Refused("No retry is due.", 409)
    timers.advance(box, max(0, at - box.clock.exact()))
    return answer(box, subscription_id)


@control("POST", "subscriptions/{subscription_id}/fail")
def fail(box: Box, given: Obj, subscription_id: str) -> Obj:
    """Decline the next payment, whatever the card, and move the clock to it: a retry or a renewal."""
    subscription = find_running(box, subscription_id)
    with box.store.transaction():
        box.store.keep(subscription_id, is_to_fail=True)
    if next_retry(box, subscription) is not None:
        return retry(box, given, subscription_id)
    return renew(box, given, subscription_id)


def next_retry(box: Box, subscription: Obj) -> int | None:
    waiting = [
        invoice["next_payment_attempt"]
        for invoice in subscription_status.unfinished_invoices(box, subscription)
    ]
    return min((at for at in waiting if at is not None), default=None)


@control("POST", "subscriptions/{subscription_id}/card")
def change_card(box: Box, given: Obj, subscription_id: str) -> Obj:
    """Give the customer another card, as in the portal: ``{"card": "4000000000000341"}``."""
    subscription = find_running(box, subscription_id)
    save(box, subscription, given)
    return answer(box, subscription_id)


def save(box: Box, subscription: Obj, given: Obj) -> Obj:
    card = cards.find(str(given.get("card", DEFAULT_CARD)).replace(" ", ""))
    if card.refusal:
        raise Refused(f"The card was refused: {card.refusal.message}", 402)
    customer = box.store.get(subscription["customer"])
    with box.store.transaction():
        payer = Payer(customer["email"], customer["name"])
        return portal_actions.use_card(box, customer, Method(card=card), payer)


@control("POST", "subscriptions/{subscription_id}/pay")
def pay(box: Box, given: Obj, subscription_id: str) -> Answer:
    """Pay the oldest open invoice as on its page, with the saved card or ``{"card": …}``."""
    subscription = box.store.find(subscription_id, "subscription")
    if subscription is None:
        raise Refused("No such subscription.", 404)
    invoices = [
        each
        for each in subscription_status.unfinished_invoices(box, subscription)
        if each["status"] == "open"
    ]
    if not invoices:
        raise Refused("No invoice is open.", 409)
    if "card" in given:
        save(box, subscription, given)
        subscription = box.store.get(subscription_id)
    with box.store.transaction():
        method = invoice_collection.default_payment_method(box, subscription)
        result = invoice_collection.pay_now(box, invoices[0], method, on_session=True, passed=True)
    body = {"outcome": result.outcome, "message": result.message, **answer(box, subscription_id)}
    return (200 if result.outcome == "paid" else 402), body


@control("POST", "subscriptions/{subscription_id}/cancel")
def cancel(box: Box, given: Obj, subscription_id: str) -> Obj:
    """Cancel at the end of the period, as in the portal; with ``{"now": true}`` at once."""
    subscription = find_running(box, subscription_id)
    with box.store.transaction():
        if given.get("now", False):
            subscription_status.end(box, subscription, reason="cancellation_requested")
        else:
            portal_actions.cancel_at_end(box, subscription)
    return answer(box, subscription_id)


@control("POST", "subscriptions/{subscription_id}/keep")
def keep(box: Box, given: Obj, subscription_id: str) -> Obj:
    """Undo a scheduled cancellation."""
    subscription = find_running(box, subscription_id)
    with box.store.transaction():
        portal_actions.undo_cancellation(box, subscription)
    return answer(box, subscription_id)


@control("POST", "subscriptions/{subscription_id}/plan")
def change_plan(box: Box, given: Obj, subscription_id: str) -> Obj:
    """Change the price of an ``item``, or of the first: ``{"price": "…", "proration_behavior": "none"}``."""
    subscription = find_running(box, subscription_id)
    changed = str(given.get("item", subscription["items"]["data"][0]["id"]))
    item = {"id": changed, "price": str(given.get("price", ""))}
    behavior = given.get("proration_behavior", "create_prorations")
    try:
        with box.store.transaction():
            apply(box, subscription, {"items": [item], "proration_behavior": behavior})
    except StripeError as error:
        raise Refused(str(error)) from None
    return answer(box, subscription_id)


@control("POST", "subscriptions/{subscription_id}/pause")
def pause(box: Box, given: Obj, subscription_id: str) -> Obj:
    """Pause a subscription; with ``{"collection": "void"}`` only its collection."""
    subscription = find_running(box, subscription_id)
    with box.store.transaction():
        if "collection" in given:
            apply(box, subscription, {"pause_collection": {"behavior": given["collection"]}})
        else:
            renewals.pause(box, subscription, kind="pause_requested")
    return answer(box, subscription_id)


@control("POST", "subscriptions/{subscription_id}/resume")
def resume(box: Box, given: Obj, subscription_id: str) -> Obj:
    """End either kind of pause."""
    subscription = find_running(box, subscription_id)
    with box.store.transaction():
        if subscription["status"] == "paused":
            renewals.resume(box, subscription)
        else:
            apply(box, subscription, {"pause_collection": ""})
    return answer(box, subscription_id)


def find_running(box: Box, subscription_id: str) -> Obj:
    subscription = box.store.find(subscription_id, "subscription")
    if subscription is None:
        raise Refused("No such subscription.", 404)
    if subscription["status"] in ENDED:
        raise Refused(f"This subscription is {subscription['status']}.", 409)
    return subscription


def answer(box: Box, subscription_id: str) -> Obj:
    subscription = box.store.get(subscription_id)
    return {"subscription": subscription, "invoice": box.store.find(subscription["latest_invoice"] or "")}
