"""The shop's own calls."""

from tests.contract.play import Play
from tests.contract.recipes.orders import CANCELLED, SUCCESS, offer, open_session, order, plan, seat
from tests.contract.table import recipe

SESSIONS = "/v1/checkout/sessions"
STORY = {"expand": ["line_items", "payment_intent.latest_charge"]}


@recipe()
def session(play: Play) -> None:
    """A session for two seats, opened, asked for with everything the shop reads, and expired"""
    session = play.post(SESSIONS, order(), step="open")
    play.note("minutes until it expires", round((session["expires_at"] - session["created"]) / 60))
    path = f"{SESSIONS}/{session['id']}"
    play.get(path, STORY, step="ask")
    play.get(f"{path}/line_items", {"limit": 1}, step="its first line")
    play.post(f"{path}/expire", step="expire")
    play.get(path, step="ask again")


@recipe()
def bare_session(play: Play) -> None:
    """A session with as few parameters as Stripe allows"""
    params = {"mode": "payment", "line_items": [seat("Seat", currency="usd")], "success_url": SUCCESS}
    session = play.post(SESSIONS, params, step="open")
    play.note("hours until it expires", round((session["expires_at"] - session["created"]) / 3_600))


@recipe()
def known_customer(play: Play) -> None:
    """A session for a customer that Stripe knows"""
    customer = play.post("/v1/customers", {"email": "ada@example.com", "name": "Ada Lovelace"})
    play.later("DELETE", f"/v1/customers/{customer['id']}")
    params = {
        "mode": "payment",
        "customer": customer["id"],
        "line_items": [seat("Seat", currency="usd")],
        "success_url": SUCCESS,
        "cancel_url": CANCELLED,
    }
    play.post(SESSIONS, params, step="open")


@recipe()
def membership(play: Play) -> None:
    """A session in which a membership begins, and its expiry"""
    session = play.post(SESSIONS, offer(plan(play)), step="open")
    play.post(f"{SESSIONS}/{session['id']}/expire", step="expire")


@recipe()
def metadata(play: Play) -> None:
    """An open session's metadata, changed and unset"""
    path = f"{SESSIONS}/{open_session(play)['id']}"
    play.post(path, {"metadata": {"payment": "p2", "shop": ""}}, step="change")
    play.post(path, {"metadata": ""}, step="unset")


@recipe()
def sessions_of_an_email(play: Play) -> None:
    """The list of sessions of one e-mail address"""
    address = f"only-{play.unique}@example.com"
    open_session(play, customer_email=address)
    found = play.get(SESSIONS, {"customer_details": {"email": address}})
    play.note("sessions", len(found["data"]))
    play.note("more", found["has_more"])


@recipe()
def expired_twice(play: Play) -> None:
    """Expiring a session that has expired"""
    path = f"{SESSIONS}/{open_session(play)['id']}"
    play.post(f"{path}/expire")
    play.post(f"{path}/expire", step="again")


@recipe()
def coupon(play: Play) -> None:
    """A session with a coupon of 25 %, and one that lets promotion codes be typed"""
    made = play.post(
        "/v1/coupons", {"id": play.unique, "percent_off": "25", "duration": "once"}, step="coupon"
    )
    play.later("DELETE", f"/v1/coupons/{made['id']}")
    params = order(discounts=[{"coupon": made["id"]}], expand=["total_details.breakdown"])
    play.post(SESSIONS, params, step="discounted")
    play.post(SESSIONS, order(allow_promotion_codes=True), step="codes may be typed")


@recipe()
def features(play: Play) -> None:
    """A session with what a good checkout asks for: an invoice, a tax ID, a phone number, a button's word"""
    params = order(
        submit_type="book",
        invoice_creation={"enabled": True},
        tax_id_collection={"enabled": True},
        phone_number_collection={"enabled": True},
        billing_address_collection="required",
        payment_intent_data={"description": "Demo night", "statement_descriptor_suffix": "DEMO"},
    )
    play.post(SESSIONS, params, step="open")


@recipe()
def recovery(play: Play) -> None:
    """A session that can be recovered after its expiry"""
    session = open_session(play, after_expiration={"recovery": {"enabled": True}})
    play.post(f"{SESSIONS}/{session['id']}/expire", step="expire")


@recipe()
def portal(play: Play) -> None:
    """A session of the billing portal, and one that leads to its page for payment methods"""
    customer = play.post("/v1/customers", {"email": "ada@example.com"})
    play.later("DELETE", f"/v1/customers/{customer['id']}")
    params = {"customer": customer["id"], "return_url": "http://shop.test/account"}
    path = "/v1/billing_portal/sessions"
    play.post(path, params, step="open")
    play.post(path, {**params, "flow_data": {"type": "payment_method_update"}}, step="flow")
