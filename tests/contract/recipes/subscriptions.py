"""Subscriptions by the API, on a test clock."""

from typing import Any

from tests.contract.play import Clock, Play
from tests.contract.recipes.orders import plan, subscriber
from tests.contract.shapes import Obj
from tests.contract.table import recipe

SUBSCRIPTIONS = "/v1/subscriptions"


def start(play: Play, clock: Clock, card: str = "pm_card_visa", **more: Any) -> Obj:
    """Return a subscription of a customer who lives by ``clock``."""
    customer = subscriber(play, card, **clock.params)
    made = play.post(
        SUBSCRIPTIONS, {"customer": customer["id"], "items": [{"price": plan(play)["id"]}], **more}
    )
    play.settle()
    return play.get(f"{SUBSCRIPTIONS}/{made['id']}")


@recipe()
def first_payment(play: Play) -> None:
    """A subscription that is paid at once, with its invoice"""
    customer = subscriber(play, **play.clock().params)
    params = {
        "customer": customer["id"],
        "items": [{"price": plan(play)["id"]}],
        "metadata": {"member": "m1"},
    }
    made = play.post(SUBSCRIPTIONS, params, step="start")
    play.settle()
    play.get(f"{SUBSCRIPTIONS}/{made['id']}", step="ask")
    play.get(f"/v1/invoices/{made['latest_invoice']}", {"expand": ["payments"]}, step="its invoice")


@recipe()
def renewal(play: Play) -> None:
    """A month later: a second invoice, paid"""
    clock = play.clock()
    made = start(play, clock)
    clock.advance(days=32)
    clock.advance(hours=3)
    found = play.get(f"{SUBSCRIPTIONS}/{made['id']}", step="ask")
    play.get(f"/v1/invoices/{found['latest_invoice']}", step="its invoice")
    invoices = play.get("/v1/invoices", {"subscription": made["id"]})["data"]
    play.note("reasons", [it["billing_reason"] for it in invoices])


@recipe()
def failing_renewal(play: Play) -> None:
    """A month later the card is declined"""
    clock = play.clock()
    made = start(play, clock)
    customer = made["customer"]
    path = "/v1/payment_methods/pm_card_chargeCustomerFail/attach"
    method = play.post(path, {"customer": customer})
    settings = {"invoice_settings": {"default_payment_method": method["id"]}}
    play.post(f"/v1/customers/{customer}", settings)
    clock.advance(days=32)
    clock.advance(hours=3)
    found = play.get(f"{SUBSCRIPTIONS}/{made['id']}", step="ask")
    play.get(f"/v1/invoices/{found['latest_invoice']}", step="its invoice")


@recipe()
def trial(play: Play) -> None:
    """A trial of seven days, and what comes after it"""
    clock = play.clock()
    made = start(play, clock, trial_period_days=7)
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    play.get(path, step="in the trial")
    clock.advance(days=8)
    clock.advance(hours=3)
    play.get(path, step="after it")


@recipe()
def cancel_at_the_end(play: Play) -> None:
    """A cancellation at the end of the period, undone, and done again"""
    clock = play.clock()
    path = f"{SUBSCRIPTIONS}/{start(play, clock)['id']}"
    play.post(path, {"cancel_at_period_end": True}, step="cancel")
    play.post(path, {"cancel_at_period_end": False}, step="undo")
    play.post(path, {"cancel_at_period_end": True})
    clock.advance(days=32)
    play.get(path, step="after the end")


@recipe()
def cancel_now(play: Play) -> None:
    """A cancellation at once, and what can't be done afterwards"""
    path = f"{SUBSCRIPTIONS}/{start(play, play.clock())['id']}"
    details = {"comment": "Moved away", "feedback": "unused"}
    play.delete(path, {"cancellation_details": details}, step="cancel")
    play.delete(path, step="cancel again")
    play.post(path, {"items": [{"price": plan(play)["id"]}]}, step="change")


@recipe()
def declined(play: Play) -> None:
    """A card that attaches, and is declined by the first payment"""
    customer = subscriber(play, "pm_card_chargeCustomerFail", **play.clock().params)
    params = {"customer": customer["id"], "items": [{"price": plan(play)["id"]}]}
    made = play.post(SUBSCRIPTIONS, params, step="start")
    play.settle()
    play.get(f"/v1/invoices/{made['latest_invoice']}", step="its invoice")


@recipe()
def no_card(play: Play) -> None:
    """A customer without a card"""
    customer = play.post("/v1/customers", {"email": "ada@example.com"})
    play.later("DELETE", f"/v1/customers/{customer['id']}")
    params = {"customer": customer["id"], "items": [{"price": plan(play)["id"]}]}
    play.post(SUBSCRIPTIONS, params, step="start")


@recipe()
def missing_price(play: Play) -> None:
    """A price that doesn't exist"""
    customer = subscriber(play)
    params = {"customer": customer["id"], "items": [{"price": "invalid"}]}
    play.post(SUBSCRIPTIONS, params, step="start")


@recipe()
def another_plan(play: Play) -> None:
    """Another price, with a proration"""
    clock = play.clock()
    made = start(play, clock)
    clock.advance(days=10)
    dearer = plan(play, 2400)
    item = made["items"]["data"][0]["id"]
    params = {"items": [{"id": item, "price": dearer["id"]}], "proration_behavior": "create_prorations"}
    play.post(f"{SUBSCRIPTIONS}/{made['id']}", params, step="change")


@recipe()
def paused(play: Play) -> None:
    """Collection paused, and resumed"""
    path = f"{SUBSCRIPTIONS}/{start(play, play.clock())['id']}"
    play.post(path, {"pause_collection": {"behavior": "void"}}, step="pause")
    play.post(path, {"pause_collection": ""}, step="resume")


@recipe()
def send_invoice(play: Play) -> None:
    """A subscription whose invoices are sent"""
    customer = subscriber(play, **play.clock().params)
    params = {
        "customer": customer["id"],
        "items": [{"price": plan(play)["id"]}],
        "collection_method": "send_invoice",
        "days_until_due": 14,
    }
    made = play.post(SUBSCRIPTIONS, params, step="start")
    play.get(f"/v1/invoices/{made['latest_invoice']}", step="its invoice")
