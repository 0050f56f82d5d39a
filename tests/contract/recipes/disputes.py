"""Disputes, inquiries and early fraud warnings."""

from collections.abc import Callable

from tests.contract.play import Play
from tests.contract.recipes.orders import paid
from tests.contract.shapes import Obj
from tests.contract.table import recipe

DISPUTES = "/v1/disputes"
EVIDENCE = "uncategorized_text"


def disputed(play: Play, card: str) -> tuple[Obj, Obj]:
    """Return a session that was paid with a card which is disputed at once, and the dispute."""
    session = paid(play, card)
    path = f"{DISPUTES}?payment_intent={session['payment_intent']}"
    return session, play.wait(path, has_one)["data"][0]


def has_one(page: Obj) -> bool:
    return bool(page["data"])


def has(status: str) -> Callable[[Obj], bool]:
    return lambda it: bool(it["status"] == status)


@recipe(browser=True)
def opened(play: Play) -> None:
    """A fraudulent dispute, its charge, and a refund that comes too late"""
    session, dispute = disputed(play, "4000000000000259")
    play.get(f"{DISPUTES}/{dispute['id']}", step="the dispute")
    play.get(f"/v1/charges/{dispute['charge']}", step="its charge")
    play.post("/v1/refunds", {"payment_intent": session["payment_intent"]}, step="refund")


@recipe(browser=True)
def won(play: Play) -> None:
    """Evidence that wins"""
    _, dispute = disputed(play, "4000000000000259")
    path = f"{DISPUTES}/{dispute['id']}"
    play.post(path, {"evidence": {EVIDENCE: "winning_evidence"}}, step="evidence")
    play.wait(path, has("won"))
    play.get(path, step="the dispute")


@recipe(browser=True)
def lost(play: Play) -> None:
    """Evidence that loses"""
    _, dispute = disputed(play, "4000000000002685")
    path = f"{DISPUTES}/{dispute['id']}"
    play.post(path, {"evidence": {EVIDENCE: "losing_evidence"}})
    play.wait(path, has("lost"))
    play.get(path, step="the dispute")


@recipe(browser=True)
def given_up(play: Play) -> None:
    """A dispute that is closed without evidence, twice"""
    _, dispute = disputed(play, "4000000000000259")
    play.post(f"{DISPUTES}/{dispute['id']}/close", step="close")
    play.post(f"{DISPUTES}/{dispute['id']}/close", step="close again")


@recipe(browser=True)
def inquiry(play: Play) -> None:
    """An inquiry, which takes no money"""
    _, dispute = disputed(play, "4000000000001976")
    play.get(f"{DISPUTES}/{dispute['id']}", step="the inquiry")
    play.get(f"/v1/charges/{dispute['charge']}", step="its charge")


@recipe(browser=True)
def escalated(play: Play) -> None:
    """An inquiry that becomes a dispute"""
    _, dispute = disputed(play, "4000000000001976")
    path = f"{DISPUTES}/{dispute['id']}"
    play.post(path, {"evidence": {EVIDENCE: "escalate_inquiry_evidence"}})
    play.wait(path, has("needs_response"))
    play.get(path, step="the dispute")


@recipe(browser=True)
def warned(play: Play) -> None:
    """An early fraud warning"""
    session = paid(play, "4000000000005423")
    path = f"/v1/radar/early_fraud_warnings?payment_intent={session['payment_intent']}"
    warning = play.wait(path, has_one)["data"][0]
    play.get(f"/v1/radar/early_fraud_warnings/{warning['id']}", step="the warning")
