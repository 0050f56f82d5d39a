"""What Stripe refuses, and in which words."""

from tests.contract.play import Play
from tests.contract.recipes.orders import offer, open_session, order, plan
from tests.contract.table import recipe
from tests.contract.targets import NO_KEY

SESSIONS = "/v1/checkout/sessions"


@recipe()
def no_key(play: Play) -> None:
    """A request without an API key"""
    play.get("/v1/charges", step="refused", Authorization=NO_KEY)


@recipe()
def wrong_key(play: Play) -> None:
    """A request with an API key that doesn't exist"""
    play.get("/v1/charges", step="refused", Authorization="Bearer sk_prod_of_nobody")


@recipe()
def unknown_path(play: Play) -> None:
    """A path that Stripe doesn't have, asked for and posted to"""
    play.get("/v1/chargess", step="get")
    play.post("/v1/chargess", step="post")


@recipe()
def wrong_method(play: Play) -> None:
    """A method that a path doesn't have"""
    play.delete("/v1/charges", step="refused")


@recipe()
def missing_objects(play: Play) -> None:
    """Ids that nobody has, in the path"""
    for path in (
        *("charges/ch_1", "checkout/sessions/cs_test_1", "coupons/c1", "customers/cus_1", "disputes/du_1"),
        *("events/evt_1", "invoices/in_1", "payment_intents/pi_1", "payment_methods/pm_1", "prices/price_1"),
        *("products/prod_1", "promotion_codes/promo_1", "refunds/re_1", "subscriptions/sub_1"),
        *("balance_transactions/txn_1", "webhook_endpoints/we_1", "radar/early_fraud_warnings/issfr_1"),
    ):
        play.get(f"/v1/{path}", step=path)


@recipe()
def missing_parameters(play: Play) -> None:
    """Ids that nobody has, as parameters"""
    play.post(SESSIONS, order(customer_email=None, customer="cus_1"), step="customer")
    play.post(SESSIONS, order(line_items=[{"price": "price_1", "quantity": 1}]), step="price")
    play.post(SESSIONS, order(discounts=[{"coupon": "c1"}]), step="coupon")
    play.post("/v1/refunds", {"payment_intent": "pi_1"}, step="payment intent")
    play.post("/v1/refunds", {"charge": "ch_1"}, step="charge")
    play.post("/v1/billing_portal/sessions", {"customer": "cus_1"}, step="portal")
    play.get("/v1/charges", {"starting_after": "ch_1"}, step="cursor")


@recipe()
def unknown_parameter(play: Play) -> None:
    """Parameters that Stripe doesn't have"""
    play.post(SESSIONS, order(bogus=1), step="top")
    play.post(SESSIONS, order(payment_intent_data={"bogus": 1}), step="nested")
    play.post(SESSIONS, order(payment_method_types=["card"]), step="payment_method_types")
    play.get("/v1/charges", {"bogus": 1}, step="query")


@recipe()
def required_parameters(play: Play) -> None:
    """Parameters that are missing"""
    play.post(SESSIONS, {}, step="mode")
    play.post(SESSIONS, order(line_items=None), step="line_items")
    play.post(SESSIONS, order(success_url=None), step="success_url")
    play.post("/v1/refunds", {}, step="refund")
    play.post("/v1/prices", {"unit_amount": 100}, step="currency")
    play.post("/v1/products", {}, step="name")
    play.post("/v1/webhook_endpoints", {"url": "https://example.com/hook"}, step="enabled_events")


@recipe()
def wrong_values(play: Play) -> None:
    """Values of the wrong kind"""
    play.post(SESSIONS, order(mode="pay"), step="enumeration")
    play.post(SESSIONS, order(expires_at="soon"), step="integer")
    play.post(SESSIONS, order(allow_promotion_codes="perhaps"), step="boolean")
    play.post(SESSIONS, order(success_url=""), step="empty")
    play.post(SESSIONS, order(success_url="nowhere"), step="address")
    play.post(SESSIONS, order(customer_email="ada"), step="e-mail")
    play.post(SESSIONS, order(line_items="A-1"), step="array")
    play.post(SESSIONS, order(payment_intent_data="p1"), step="object")
    play.post(SESSIONS, order(locale="tlh"), step="locale")


@recipe()
def exclusive(play: Play) -> None:
    """Parameters that exclude each other"""
    customer = play.post("/v1/customers", {"email": "ada@example.com"})
    play.later("DELETE", f"/v1/customers/{customer['id']}")
    play.post(SESSIONS, order(customer=customer["id"]), step="customer and customer_email")
    both = {"allowed_payment_method_types": ["card"], "excluded_payment_method_types": ["sepa_debit"]}
    play.post(SESSIONS, order(**both), step="allowed and excluded methods")
    play.get("/v1/events", {"type": "charge.succeeded", "types": ["charge.failed"]}, step="type and types")


@recipe()
def modes(play: Play) -> None:
    """Prices in the wrong mode"""
    price = plan(play)
    line = [{"price": price["id"], "quantity": 1}]
    play.post(SESSIONS, order(line_items=line), step="recurring in payment mode")
    once = plan(play, recurring=None)
    play.post(SESSIONS, offer(once), step="one-time in subscription mode")
    params = offer(price, payment_intent_data={"description": "Demo night"})
    play.post(SESSIONS, params, step="payment_intent_data in subscription mode")


@recipe()
def descriptors(play: Play) -> None:
    """What may not be on a card's statement"""
    for name, given in {
        "on cards": {"statement_descriptor": "DEMO NIGHT"},
        "forbidden characters": {"statement_descriptor_suffix": "DEMO <NIGHT>"},
        "too long": {"statement_descriptor_suffix": "D" * 23},
        "no letter": {"statement_descriptor_suffix": "12345"},
    }.items():
        play.post(SESSIONS, order(payment_intent_data=given), step=name)


@recipe()
def other_accounts(play: Play) -> None:
    """An account that the key has no access to"""
    play.get("/v1/charges", step="header", Stripe_Account="acct_1NobodysAccount00")
    play.get("/v1/accounts/acct_1NobodysAccount00", step="path")
    params = order(payment_intent_data={"on_behalf_of": "acct_1NobodysAccount00"})
    play.post(SESSIONS, params, step="on_behalf_of")


@recipe()
def expansions(play: Play) -> None:
    """What can't be expanded, and too deep an expansion"""
    path = f"{SESSIONS}/{open_session(play)['id']}"
    play.get(path, {"expand": ["bogus"]}, step="unknown")
    play.get(path, {"expand": ["amount_total"]}, step="a number")
    deep = ["payment_intent.latest_charge.balance_transaction.source.customer"]
    play.get(path, {"expand": deep}, step="too deep")
