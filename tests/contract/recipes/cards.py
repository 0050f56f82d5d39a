"""Cards on the hosted page: which are taken, which are declined, and what is known afterwards."""

from tests.contract.play import Play
from tests.contract.recipes.orders import open_session, paid
from tests.contract.table import recipe

SESSIONS = "/v1/checkout/sessions"
STORY = {"expand": ["payment_intent.latest_charge.balance_transaction", "line_items"]}


def declined(play: Play, card: str) -> None:
    """Pay with a card that is declined; record the session and the payment."""
    session = open_session(play)
    play.pay(session, card)
    play.settle()
    found = play.get(f"{SESSIONS}/{session['id']}", {"expand": ["payment_intent"]}, step="the session")
    if isinstance(found["payment_intent"], dict):
        charge = found["payment_intent"]["latest_charge"]
        play.get(f"/v1/charges/{charge}", step="the charge")


@recipe(browser=True)
def accepted(play: Play) -> None:
    """A card that is taken: session, payment, charge and balance transaction"""
    session = paid(play)
    play.get(f"{SESSIONS}/{session['id']}", STORY, step="the session")
    play.get(f"/v1/payment_intents/{session['payment_intent']}", step="the payment")
    play.get("/v1/charges", {"payment_intent": session["payment_intent"]}, step="its charges")
    play.post(f"{SESSIONS}/{session['id']}/expire", step="expire")


@recipe(browser=True)
def generic_decline(play: Play) -> None:
    """A card that is declined without a reason"""
    declined(play, "4000000000000002")


@recipe(browser=True)
def no_funds(play: Play) -> None:
    """A card without funds"""
    declined(play, "4000000000009995")


@recipe(browser=True)
def lost(play: Play) -> None:
    """A lost card"""
    declined(play, "4000000000009987")


@recipe(browser=True)
def expired(play: Play) -> None:
    """An expired card"""
    declined(play, "4000000000000069")


@recipe(browser=True)
def wrong_cvc(play: Play) -> None:
    """A card with a wrong security code"""
    declined(play, "4000000000000127")


@recipe(browser=True)
def processing_error(play: Play) -> None:
    """A card that can't be processed"""
    declined(play, "4000000000000119")


@recipe(browser=True)
def three_d_secure(play: Play) -> None:
    """A card that asks for 3-D Secure, which is passed"""
    session = paid(play, "4000002760003184")
    play.get(f"{SESSIONS}/{session['id']}", STORY, step="the session")


@recipe(browser=True)
def second_try(play: Play) -> None:
    """A declined card, then one that is taken: one payment, two charges"""
    session = open_session(play)
    play.pay(session, "4000000000000002")
    play.pay(session, "4242424242424242")
    play.settle()
    found = play.get(f"{SESSIONS}/{session['id']}")
    charges = play.get("/v1/charges", {"payment_intent": found["payment_intent"]})["data"]
    play.note("charges, newest first", [it["status"] for it in charges])
    play.note("session", [found["status"], found["payment_status"]])


@recipe(browser=True)
def other_brands(play: Play) -> None:
    """Mastercard and American Express"""
    for card in ("5555555555554444", "378282246310005"):
        session = paid(play, card)
        path = f"/v1/payment_intents/{session['payment_intent']}"
        charge = play.get(path, {"expand": ["latest_charge"]})["latest_charge"]
        details = charge["payment_method_details"]["card"]
        play.note(card, {name: details[name] for name in ("brand", "country", "funding", "last4", "network")})


@recipe(browser=True)
def manual_capture(play: Play) -> None:
    """A card that is only authorised: captured in part, and a second one canceled"""
    hold = {"capture_method": "manual"}
    session = paid(play, payment_intent_data=hold)
    play.get(f"{SESSIONS}/{session['id']}", step="the session")
    path = f"/v1/payment_intents/{session['payment_intent']}"
    play.get(path, step="the payment")
    play.post(f"{path}/capture", {"amount_to_capture": 2100}, step="capture")
    play.post(f"{path}/capture", step="capture again")
    second = paid(play, payment_intent_data=hold)
    play.post(f"/v1/payment_intents/{second['payment_intent']}/cancel", step="cancel")


@recipe(browser=True)
def promotion(play: Play) -> None:
    """A discounted session, paid"""
    coupon = play.post("/v1/coupons", {"id": play.unique, "percent_off": "25", "duration": "once"})
    play.later("DELETE", f"/v1/coupons/{coupon['id']}")
    session = paid(play, discounts=[{"coupon": coupon["id"]}])
    story = {"expand": ["line_items.data.discounts", "total_details.breakdown"]}
    play.get(f"{SESSIONS}/{session['id']}", story, step="the session")


@recipe(browser=True)
def free(play: Play) -> None:
    """A coupon of 100 %: nothing to pay, no payment"""
    coupon = play.post("/v1/coupons", {"id": play.unique, "percent_off": "100", "duration": "once"})
    play.later("DELETE", f"/v1/coupons/{coupon['id']}")
    session = open_session(play, discounts=[{"coupon": coupon["id"]}])
    play.pay(session, "")
    play.settle()
    play.get(f"{SESSIONS}/{session['id']}", step="the session")
