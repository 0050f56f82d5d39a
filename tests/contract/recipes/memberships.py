"""Memberships that begin on the hosted page."""

from typing import Any

from tests.contract.play import Play
from tests.contract.recipes.orders import offer, plan
from tests.contract.shapes import Obj
from tests.contract.table import recipe

SESSIONS = "/v1/checkout/sessions"


def begun(play: Play, card: str = "4242424242424242", **changes: Any) -> Obj:
    """Return a session in which somebody has subscribed."""
    session = play.post(SESSIONS, offer(plan(play), **changes))
    play.pay(session, card)
    play.settle()
    return play.get(f"{SESSIONS}/{session['id']}")


@recipe(browser=True)
def started(play: Play) -> None:
    """A membership that is paid: session, subscription and invoice"""
    session = begun(play)
    play.get(f"{SESSIONS}/{session['id']}", step="the session")
    path = f"/v1/subscriptions/{session['subscription']}"
    play.later("DELETE", path)
    play.get(path, step="the subscription")
    play.get(f"/v1/invoices/{session['invoice']}", {"expand": ["payments"]}, step="the invoice")
    play.get(f"/v1/customers/{session['customer']}", step="the customer")


@recipe(browser=True)
def trial(play: Play) -> None:
    """A membership that begins with a trial"""
    session = begun(play, subscription_data={"trial_period_days": 14})
    play.get(f"{SESSIONS}/{session['id']}", step="the session")
    path = f"/v1/subscriptions/{session['subscription']}"
    play.later("DELETE", path)
    play.get(path, step="the subscription")


@recipe(browser=True)
def declined(play: Play) -> None:
    """A membership whose first card is declined"""
    session = begun(play, "4000000000000002")
    play.note("session", [session["status"], session["payment_status"]])


@recipe(browser=True)
def refunded(play: Play) -> None:
    """A membership's payment that goes back: the invoice stays paid, the subscription active"""
    session = begun(play)
    path = f"/v1/subscriptions/{session['subscription']}"
    play.later("DELETE", path)
    payments = play.get("/v1/invoice_payments", {"invoice": session["invoice"]})["data"]
    intent = payments[0]["payment"]["payment_intent"]
    play.post("/v1/refunds", {"payment_intent": intent}, step="refund")
    play.settle()
    play.note("invoice", play.get(f"/v1/invoices/{session['invoice']}")["status"])
    play.note("subscription", play.get(path)["status"])
