"""The same objects in older API versions."""

from tests.contract.play import Play
from tests.contract.recipes.orders import open_session, plan, subscriber
from tests.contract.table import recipe

BEFORE_DAHLIA, BEFORE_BASIL = "2026-02-25.clover", "2024-06-20"


@recipe()
def unknown(play: Play) -> None:
    """Versions that never were"""
    play.get("/v1/charges", {"limit": 1}, step="a word", Stripe_Version="banana")
    play.get("/v1/charges", {"limit": 1}, step="a day", Stripe_Version="2024-06-21")
    play.get("/v1/charges", {"limit": 1}, step="another name", Stripe_Version="2026-10-28.banana")


@recipe()
def older_session(play: Play) -> None:
    """A session before dahlia, whose `ui_mode` had other values"""
    path = f"/v1/checkout/sessions/{open_session(play)['id']}"
    play.note("ui_mode now", play.get(path)["ui_mode"])
    older = play.get(path, Stripe_Version=BEFORE_DAHLIA)
    play.note("ui_mode before dahlia", older["ui_mode"])


@recipe()
def older_subscription(play: Play) -> None:
    """A subscription and its invoice before basil, when the invoice named the subscription"""
    items = {"customer": subscriber(play)["id"], "items": [{"price": plan(play)["id"]}]}
    made = play.post("/v1/subscriptions", items)
    play.settle()
    path = f"/v1/subscriptions/{made['id']}"
    play.later("DELETE", path)
    older = play.get(path, Stripe_Version=BEFORE_BASIL)
    for name in ("current_period_start", "current_period_end", "items", "latest_invoice"):
        play.note(f"the subscription has {name}", name in older)
    item = older["items"]["data"][0]
    play.note("the item has a period", "current_period_end" in item)
    invoice = play.get(f"/v1/invoices/{made['latest_invoice']}", Stripe_Version=BEFORE_BASIL)
    for name in ("subscription", "parent", "payment_intent", "charge", "paid", "payments", "total_taxes"):
        play.note(f"the invoice has {name}", name in invoice)


@recipe()
def none(play: Play) -> None:
    """A request that names the version of this library"""
    play.get("/v1/refunds", {"charge": "ch_nobody", "limit": 1}, step="named")
