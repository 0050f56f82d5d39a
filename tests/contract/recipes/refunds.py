"""Refunds of card payments."""

from tests.contract.play import Play
from tests.contract.recipes.orders import paid
from tests.contract.table import recipe

REFUNDS = "/v1/refunds"


@recipe(browser=True)
def whole(play: Play) -> None:
    """All of a payment, and once more"""
    session = paid(play)
    params = {"payment_intent": session["payment_intent"], "metadata": {"refund": "r1"}}
    made = play.post(REFUNDS, params, step="refund")
    play.settle()
    play.get(f"{REFUNDS}/{made['id']}", {"expand": ["balance_transaction"]}, step="ask")
    play.get(f"/v1/charges/{made['charge']}", {"expand": ["refunds"]}, step="its charge")
    play.post(REFUNDS, params, step="again")


@recipe(browser=True)
def parts(play: Play) -> None:
    """Two parts of a payment, then more than is left"""
    session = paid(play)
    params = {"payment_intent": session["payment_intent"], "reason": "requested_by_customer"}
    play.post(REFUNDS, {**params, "amount": 1000}, step="a part")
    play.post(REFUNDS, {**params, "amount": 500}, step="another")
    play.post(REFUNDS, {**params, "amount": 9999}, step="too much")
    play.post(REFUNDS, {**params, "amount": 0}, step="nothing")
    listed = play.get(REFUNDS, {"payment_intent": session["payment_intent"]})
    play.note("amounts, newest first", [it["amount"] for it in listed["data"]])


@recipe(browser=True)
def slow(play: Play) -> None:
    """A card whose refunds are pending at first"""
    session = paid(play, "4000000000007726")
    made = play.post(REFUNDS, {"payment_intent": session["payment_intent"]}, step="refund")
    play.wait(f"{REFUNDS}/{made['id']}", lambda it: it["status"] != "pending")
    play.get(f"{REFUNDS}/{made['id']}", step="later")


@recipe(browser=True)
def failing(play: Play) -> None:
    """A card whose refunds fail later"""
    session = paid(play, "4000000000005126")
    made = play.post(REFUNDS, {"payment_intent": session["payment_intent"]}, step="refund")
    play.wait(f"{REFUNDS}/{made['id']}", lambda it: it["status"] == "failed")
    play.get(f"{REFUNDS}/{made['id']}", step="later")
    play.get(f"/v1/charges/{made['charge']}", step="its charge")


@recipe(browser=True)
def changed(play: Play) -> None:
    """A refund's metadata, and a cancellation that is too late"""
    session = paid(play)
    made = play.post(REFUNDS, {"payment_intent": session["payment_intent"], "amount": 100})
    play.post(f"{REFUNDS}/{made['id']}", {"metadata": {"why": "kindness"}}, step="change")
    play.post(f"{REFUNDS}/{made['id']}/cancel", step="cancel")
