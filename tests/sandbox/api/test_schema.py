"""Requests that Stripe's schema refuses are refused, and all replies are valid to it."""

from typing import Any
from urllib.parse import urlencode

import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.support.process import Sandbox, order
from tests.sandbox.support.subscribers import plan, subscribe
from tests.support.stripe_schema import check as stripe_schema

EXAMPLES = settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)

# A good request of each route; the ids are filled in by the test.
GOOD: dict[str, list[tuple[str, str]]] = {
    "POST /v1/checkout/sessions": [
        ("mode", "payment"),
        ("success_url", "http://shop.test/paid"),
        ("cancel_url", "http://shop.test/cancelled"),
        ("client_reference_id", "BOOKING-1"),
        ("customer_email", "ada@example.com"),
        ("metadata[payment]", "p1"),
        ("payment_intent_data[metadata][payment]", "p1"),
        ("payment_intent_data[capture_method]", "automatic"),
        ("line_items[0][quantity]", "2"),
        ("line_items[0][price_data][currency]", "eur"),
        ("line_items[0][price_data][unit_amount]", "2100"),
        ("line_items[0][price_data][product_data][name]", "Seat"),
        ("line_items[0][price_data][product_data][images][0]", "http://shop.test/seat.png"),
        ("line_items[0][adjustable_quantity][enabled]", "false"),
        ("allow_promotion_codes", "false"),
        ("allowed_payment_method_types[0]", "card"),
        ("locale", "de"),
        ("expand[0]", "line_items"),
    ],
    "POST /v1/checkout/sessions/{session}": [("metadata[a]", "1"), ("expand[0]", "line_items")],
    "GET /v1/checkout/sessions/{session}": [("expand[0]", "payment_intent.latest_charge")],
    "GET /v1/checkout/sessions": [
        ("limit", "5"),
        ("status", "open"),
        ("created[gte]", "1"),
        ("customer_details[email]", "ada@example.com"),
        ("expand[0]", "data.payment_intent"),
    ],
    "GET /v1/checkout/sessions/{session}/line_items": [("limit", "5"), ("expand[0]", "data.price.product")],
    "POST /v1/checkout/sessions/{session}/expire": [("expand[0]", "line_items")],
    "GET /v1/payment_intents": [("limit", "5"), ("created", "1"), ("customer", "cus_1")],
    "GET /v1/payment_intents/{intent}": [("expand[0]", "latest_charge.balance_transaction")],
    "POST /v1/payment_intents/{intent}/capture": [("amount_to_capture", "100"), ("metadata[a]", "1")],
    "POST /v1/payment_intents/{intent}/cancel": [("cancellation_reason", "duplicate")],
    "GET /v1/charges": [("payment_intent", "pi_1"), ("created[lt]", "1"), ("transfer_group", "G")],
    "GET /v1/charges/{charge}": [("expand[0]", "payment_intent")],
    "GET /v1/events": [("types[0]", "charge.*"), ("delivery_success", "true"), ("limit", "100")],
    "GET /v1/events/{id}": [],
    "POST /v1/webhook_endpoints": [
        ("url", "http://shop.test/hook"),
        ("enabled_events[0]", "charge.succeeded"),
        ("description", "The shop"),
        ("metadata[1]", "2"),
    ],
    "GET /v1/webhook_endpoints": [("limit", "3")],
    "GET /v1/prices": [("active", "true"), ("lookup_keys[0]", "a"), ("type", "one_time")],
    "POST /v1/prices": [
        ("currency", "eur"),
        ("unit_amount_decimal", "10.5"),
        ("product_data[name]", "Metre"),
    ],
    "POST /v1/products": [("name", "Seat"), ("images[0]", "http://a.b/c.png"), ("active", "true")],
    "GET /v1/products": [("active", "false")],
    "POST /v1/customers": [
        ("email", "ada@example.com"),
        ("address[city]", "Wien"),
        ("preferred_locales[0]", "pt-BR"),
        ("tax_exempt", "none"),
        ("metadata[a]", "b"),
    ],
    "GET /v1/customers": [("email", "ada@example.com")],
    "POST /v1/refunds": [
        ("payment_intent", "{intent}"),
        ("amount", "1"),
        ("reason", "duplicate"),
        ("metadata[a]", "b"),
        ("expand[0]", "charge.refunds"),
    ],
    "GET /v1/refunds": [("charge", "ch_1"), ("created[gte]", "1"), ("expand[0]", "data.payment_intent")],
    "GET /v1/refunds/{refund}": [("expand[0]", "failure_balance_transaction")],
    "POST /v1/refunds/{refund}": [("metadata[a]", "b")],
    "POST /v1/refunds/{refund}/cancel": [("expand[0]", "charge")],
    "GET /v1/disputes": [("payment_intent", "pi_1"), ("limit", "2"), ("created", "1")],
    "GET /v1/disputes/{dispute}": [("expand[0]", "charge.payment_intent")],
    "POST /v1/disputes/{dispute}": [
        ("evidence[uncategorized_text]", "They sat in seat A-1."),
        ("evidence[customer_name]", "Ada"),
        ("metadata[a]", "b"),
        ("submit", "false"),
    ],
    "GET /v1/radar/early_fraud_warnings": [("charge", "ch_1"), ("expand[0]", "data.charge")],
    "GET /v1/radar/early_fraud_warnings/{early_fraud_warning}": [("expand[0]", "payment_intent")],
    "POST /v1/customers/{customer}": [
        ("name", "Ada"),
        ("address[line1]", "Ring 1"),
        ("address[country]", "AT"),
        ("shipping[name]", "Ada"),
        ("shipping[address][city]", "Wien"),
        ("balance", "-100"),
        ("preferred_locales[0]", "de"),
        ("tax_exempt", "exempt"),
        ("metadata[a]", ""),
        ("invoice_settings[default_payment_method]", "{payment_method}"),
    ],
    "POST /v1/products/{product}": [("name", "Friend"), ("description", ""), ("images[0]", "http://a.b/c")],
    "POST /v1/prices/{price}": [("active", "true"), ("lookup_key", "friend"), ("metadata[a]", "b")],
    "GET /v1/subscriptions": [("customer", "{customer}"), ("status", "all"), ("expand[0]", "data.customer")],
    "GET /v1/subscriptions/{subscription}": [
        ("expand[0]", "latest_invoice.payments"),
        ("expand[1]", "items.data.price.product"),
    ],
    "POST /v1/subscriptions/{subscription}": [
        ("items[0][id]", "{item}"),
        ("items[0][price]", "{price}"),
        ("discounts", ""),
        ("proration_behavior", "none"),
        ("cancel_at_period_end", "true"),
        ("cancellation_details[feedback]", "unused"),
        ("cancellation_details[comment]", "Too far away"),
        ("default_payment_method", "{payment_method}"),
        ("metadata[a]", "b"),
        ("pause_collection[behavior]", "void"),
        ("trial_settings[end_behavior][missing_payment_method]", "pause"),
        ("payment_behavior", "allow_incomplete"),
        ("expand[0]", "default_payment_method"),
    ],
    "POST /v1/subscriptions": [
        ("customer", "{customer}"),
        ("items[0][price]", "{price}"),
        ("items[0][quantity]", "2"),
        ("items[0][metadata][a]", "b"),
        ("default_payment_method", "{payment_method}"),
        ("payment_behavior", "error_if_incomplete"),
        ("trial_period_days", "14"),
        ("off_session", "true"),
        ("expand[0]", "latest_invoice"),
    ],
    "POST /v1/subscription_items": [
        ("subscription", "{subscription}"),
        ("price", "{add_on}"),
        ("quantity", "2"),
        ("metadata[a]", "b"),
        ("proration_behavior", "none"),
        ("expand[0]", "price.product"),
    ],
    "GET /v1/subscription_items": [("subscription", "{subscription}"), ("limit", "5")],
    "GET /v1/subscription_items/{item}": [("expand[0]", "price.product")],
    "POST /v1/subscription_items/{item}": [("quantity", "3"), ("metadata[a]", ""), ("off_session", "true")],
    "POST /v1/subscriptions/{subscription}/resume": [("billing_cycle_anchor[type]", "now")],
    "GET /v1/invoices": [("subscription", "{subscription}"), ("status", "paid"), ("created[gt]", "1")],
    "GET /v1/invoices/{invoice}": [("expand[0]", "payments.data.payment.payment_intent")],
    "POST /v1/invoices/{invoice}/pay": [("payment_method", "{payment_method}"), ("off_session", "true")],
    "POST /v1/invoices/create_preview": [
        ("subscription", "{subscription}"),
        ("subscription_details[items][0][id]", "{item}"),
        ("subscription_details[items][0][quantity]", "2"),
        ("subscription_details[proration_behavior]", "none"),
        ("preview_mode", "next"),
        ("expand[0]", "customer"),
    ],
    "POST /v1/invoices/{invoice}/finalize": [("auto_advance", "false")],
    "POST /v1/invoices/{invoice}/void": [("expand[0]", "customer")],
    "POST /v1/invoices/{invoice}/mark_uncollectible": [],
    "POST /v1/invoices/{invoice}/send": [],
    "GET /v1/invoices/{invoice}/lines": [("limit", "5")],
    "GET /v1/invoice_payments": [
        ("payment[type]", "payment_intent"),
        ("payment[payment_intent]", "{intent}"),
        ("status", "paid"),
    ],
    "GET /v1/payment_methods": [("customer", "{customer}"), ("type", "card")],
    "GET /v1/payment_methods/{payment_method}": [("expand[0]", "customer")],
    "POST /v1/payment_methods/{payment_method}/attach": [("customer", "{customer}")],
    "GET /v1/customers/{customer}/payment_methods": [("type", "card"), ("limit", "3")],
    "POST /v1/billing_portal/sessions": [
        ("customer", "{customer}"),
        ("return_url", "http://shop.test/membership"),
        ("flow_data[type]", "subscription_cancel"),
        ("flow_data[subscription_cancel][subscription]", "{subscription}"),
        ("flow_data[after_completion][type]", "redirect"),
        ("flow_data[after_completion][redirect][return_url]", "http://shop.test/bye"),
        ("locale", "de"),
    ],
    "POST /v1/billing_portal/configurations": [
        ("features[invoice_history][enabled]", "true"),
        ("features[subscription_cancel][enabled]", "true"),
        ("features[subscription_cancel][mode]", "at_period_end"),
        ("features[subscription_cancel][cancellation_reason][enabled]", "true"),
        ("features[subscription_cancel][cancellation_reason][options][0]", "unused"),
        ("features[subscription_update][enabled]", "true"),
        ("features[subscription_update][default_allowed_updates][0]", "price"),
        ("features[subscription_update][products][0][product]", "{product}"),
        ("features[subscription_update][products][0][prices][0]", "{price}"),
        ("business_profile[headline]", "Your membership"),
        ("default_return_url", "http://shop.test/membership"),
    ],
    "GET /v1/billing_portal/configurations": [("active", "true"), ("is_default", "false")],
    "POST /v1/coupons": [
        ("percent_off", "12.5"),
        ("duration", "repeating"),
        ("duration_in_months", "3"),
        ("max_redemptions", "9"),
        ("name", "Spring"),
        ("metadata[a]", "b"),
        ("applies_to[products][0]", "{product}"),
        ("expand[0]", "applies_to"),
    ],
    "GET /v1/coupons/{coupon}": [("expand[0]", "applies_to")],
    "POST /v1/coupons/{coupon}": [("name", "Summer"), ("metadata[a]", "")],
    "GET /v1/coupons": [("limit", "2"), ("created[gte]", "1")],
    "POST /v1/promotion_codes": [
        ("promotion[type]", "coupon"),
        ("promotion[coupon]", "{coupon}"),
        ("customer", "{customer}"),
        ("max_redemptions", "1"),
        ("restrictions[first_time_transaction]", "true"),
        ("restrictions[minimum_amount]", "1000"),
        ("restrictions[minimum_amount_currency]", "eur"),
        ("expand[0]", "promotion.coupon"),
    ],
    "GET /v1/promotion_codes/{promotion_code}": [("expand[0]", "promotion.coupon.applies_to")],
    "POST /v1/promotion_codes/{promotion_code}": [("active", "true"), ("metadata[a]", "b")],
    "GET /v1/promotion_codes": [("active", "true"), ("code", "SPRING"), ("coupon", "{coupon}")],
    "GET /v1/balance": [],
    "GET /v1/balance_transactions": [("source", "ch_1"), ("limit", "1")],
}
VALUES = st.text(max_size=8) | st.sampled_from(
    [
        *("", "0", "-1", "1", "two", "true", "yes", "101", "1.5", "9" * 30),
        *("payment", "card", "ü", "\x00", "x" * 600),
    ]
)
KEYS = st.sampled_from(
    [
        *("bogus", "metadata", "metadata[0]", "metadata[a][b]", "status", "currency", "mode", "limit"),
        *("line_items", "line_items[0]", "line_items[0][price_data]", "line_items[x][quantity]"),
        *("expand", "expand[a]", "created", "created[eq]", "types", "[a]", "a[b", "a]b"),
        *("automatic_tax[enabled]", "payment_method_types[0]", "amount", "evidence[receipt]", "evidence[a]"),
    ]
)


@st.composite
def mistaken(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    """Draw a route and a good request of it, with up to two things wrong."""
    route = draw(st.sampled_from(sorted(GOOD)))
    pairs = list(GOOD[route])
    for _ in range(draw(st.integers(0, 2))):
        action = draw(st.sampled_from(["replace", "remove", "add", "rename"]))
        if action == "add" or not pairs:
            pairs.append((draw(KEYS), draw(VALUES)))
            continue
        place = draw(st.integers(0, len(pairs) - 1))
        key, value = pairs.pop(place)
        if action == "replace":
            pairs.insert(place, (key, draw(VALUES)))
        elif action == "rename":
            suffix = draw(st.sampled_from(["s", "[a]", "[0]", "[]"]))
            pairs.insert(place, (key + suffix, value))
    return route, pairs


@pytest.fixture
def known_ids(sandbox: Sandbox) -> dict[str, str]:
    """Return one id for each placeholder of a path."""
    session, other = (sandbox.open_session(line_items=order(amount=100_000)["line_items"]) for _ in range(2))
    for paid in (session, other):
        sandbox.pay(paid.id)
    sandbox.advance(5)
    intent: Any = sandbox.session(session.id, "payment_intent").payment_intent
    return {
        "refund": sandbox.stripe.refunds.create({"charge": intent.latest_charge, "amount": 1}).id,
        "dispute": sandbox.control(f"sessions/{other.id}/dispute")["id"],
        "early_fraud_warning": sandbox.control(f"sessions/{other.id}/warn")["id"],
        "session": sandbox.open_session().id,
        "intent": intent.id,
        "charge": intent.latest_charge,
        "id": sandbox.events()[0]["id"],
        **ids_of_a_member(sandbox),
        **ids_of_a_promotion(sandbox),
    }


def ids_of_a_promotion(sandbox: Sandbox) -> dict[str, str]:
    coupon = sandbox.stripe.coupons.create({"percent_off": 20})
    promotion: Any = {"type": "coupon", "coupon": coupon.id}
    code = sandbox.stripe.promotion_codes.create({"promotion": promotion, "code": "SPRING"})
    return {"coupon": coupon.id, "promotion_code": code.id}


def ids_of_a_member(sandbox: Sandbox) -> dict[str, str]:
    subscription = subscribe(sandbox)
    item = subscription["items"].data[0]
    return {
        "subscription": subscription.id,
        "customer": str(subscription.customer),
        "invoice": str(subscription.latest_invoice),
        "payment_method": str(subscription.default_payment_method),
        "item": item.id,
        "price": item.price.id,
        "add_on": plan(sandbox, amount=500, name="Parking"),
        "product": str(item.price.product),
    }


def encoded(pairs: list[tuple[str, str]], ids: dict[str, str]) -> str:
    """Return a form, in which ``{intent}`` and the like are ids."""
    known = {f"{{{name}}}": value for name, value in ids.items()}
    return urlencode([(key, known.get(value, value)) for key, value in pairs])


@EXAMPLES
@given(request=mistaken())
def test_what_stripe_refuses_is_a_400_and_every_reply_is_valid(
    sandbox: Sandbox, known_ids: dict[str, str], request: tuple[str, list[tuple[str, str]]]
) -> None:
    route, pairs = request
    method, template = route.split(" ")
    path, form = template.format(**known_ids), encoded(pairs, known_ids)
    url = f"{path}?{form}" if method == "GET" and form else path
    body = form if method == "POST" else ""
    answer = sandbox.api(method, url, body)

    _, _, wrong = stripe_schema.load().check_request(method, url, body)
    if wrong:
        assert answer.status_code == 400, wrong
        assert answer.json()["error"]["param"]
    assert answer.status_code in (200, 400)
    assert stripe_schema.load().check_response(method, path, answer.status_code, answer.json()) == []
    if template == "/v1/webhook_endpoints" and method == "POST" and answer.status_code == 200:
        sandbox.stripe.webhook_endpoints.delete(answer.json()["id"])


@pytest.mark.parametrize("route", sorted(GOOD))
def test_the_good_requests_are_good(sandbox: Sandbox, known_ids: dict[str, str], route: str) -> None:
    method, template = route.split(" ")
    path, form = template.format(**known_ids), encoded(GOOD[route], known_ids)
    answer = sandbox.api(method, f"{path}?{form}" if method == "GET" else path, form * (method == "POST"))

    done = ("/capture", "/cancel", "/pay", "/resume", "/finalize", "/void", "/mark_uncollectible", "/send")
    closed = template.endswith(done)  # it has succeeded already
    assert answer.status_code == (400 if closed else 200)


@settings(EXAMPLES, max_examples=15)
@given(
    actions=st.lists(
        st.sampled_from(["4242424242424242", "4000000000000002", "4000002760003184", "4242424242424241"])
        | st.sampled_from(["4000000000000259", "4000000000005126", "4000000000005423"])
        | st.sampled_from(["fail", "complete_3ds", "settle", "expire", "debit", "advance"])
        | st.sampled_from(["refund", "dispute", "warn", "short", "plenty"]),
        max_size=8,
    )
)
def test_whatever_is_done_in_whatever_order_the_story_stays_consistent(
    sandbox: Sandbox, actions: list[str]
) -> None:
    sandbox.control("reset")
    session = sandbox.stripe.checkout.sessions.create(order())  # type: ignore[arg-type]
    for action in actions:
        do(sandbox, session.id, action)
    sandbox.advance(25 * 3600)
    found = sandbox.session(session.id, "payment_intent")
    types = [event["type"] for event in sandbox.events()]

    assert found.status in ("complete", "expired")
    assert types.count("checkout.session.completed") == (found.status == "complete")
    assert types.count("checkout.session.expired") == (found.status == "expired")
    assert types.count("payment_intent.succeeded") == (found.payment_status == "paid")
    assert types.count("payment_intent.created") == (found.payment_intent is not None)
    succeeded = [c for c in sandbox.stripe.charges.list().data if c.status == "succeeded"]
    assert len(succeeded) == (found.payment_status == "paid")
    for charge in succeeded:
        check_money(sandbox, charge)
    assert sandbox.problems() == []


def check_money(sandbox: Sandbox, charge: stripe.Charge) -> None:
    """Check a charge and the balance against the refunds and disputes."""
    refunds = sandbox.stripe.refunds.list({"charge": charge.id, "limit": 100}).data
    disputes = sandbox.stripe.disputes.list({"charge": charge.id, "limit": 100}).data
    transactions = sandbox.stripe.balance_transactions.list({"limit": 100}).data
    balance = sandbox.stripe.balance.retrieve()
    waiting = [refund for refund in refunds if refund.balance_transaction is None]

    given_back = sum(refund.amount for refund in refunds if refund.status not in ("failed", "canceled"))
    assert charge.amount_refunded == given_back <= charge.amount
    assert charge.refunded == (given_back == charge.amount)
    assert charge.disputed == bool(disputes)
    assert balance.available[0].amount + balance.pending[0].amount == sum(each.net for each in transactions)
    assert {refund.pending_reason for refund in waiting if refund.status == "pending"} <= {
        "insufficient_funds"
    }


def do(sandbox: Sandbox, session_id: str, action: str) -> None:
    if action.isdigit():
        sandbox.pay(session_id, card=action)
    elif action == "debit":
        sandbox.pay(session_id, method="sepa_debit")
    elif action == "expire":
        sandbox.api("POST", f"/v1/checkout/sessions/{session_id}/expire")
    elif action == "advance":
        sandbox.advance(7)
    elif action == "refund":
        intent = sandbox.session(session_id).payment_intent
        sandbox.api("POST", "/v1/refunds", f"payment_intent={intent}&amount=1500")
    elif action in ("short", "plenty"):
        sandbox.control("balance", short="pending" if action == "short" else False)
    else:
        sandbox.control(f"sessions/{session_id}/{action}")


@settings(EXAMPLES, max_examples=20)
@given(
    actions=st.lists(
        st.sampled_from(["renew", "renew", "retry", "fail", "cancel", "keep", "pause", "resume", "pay"])
        | st.sampled_from(
            ["good card", "bad card", "asking card", "plan", "yearly", "trial", "now", "advance"]
        ),
        max_size=8,
    )
)
def test_whatever_becomes_of_a_subscription_its_books_are_right(sandbox: Sandbox, actions: list[str]) -> None:
    sandbox.control("reset")
    subscription = subscribe(sandbox)
    for action in actions:
        do_to_member(sandbox, subscription, action)
    sandbox.advance(80 * 24 * 3600)
    found = sandbox.stripe.subscriptions.retrieve(subscription.id)
    invoices = sandbox.show("objects?kind=invoice")["objects"]
    charges = sandbox.show("objects?kind=charge")["objects"]
    events = sandbox.show("objects?kind=event")["objects"]
    types = [event["type"] for event in events]

    assert [problem for event in events for problem in stripe_schema.check_event(event)] == []
    assert types.count("customer.subscription.deleted") == (found.status == "canceled")
    assert types.count("invoice.created") == len(invoices)
    paid = [invoice for invoice in invoices if invoice["status"] == "paid"]
    assert types.count("invoice.paid") == types.count("invoice.payment_succeeded") == len(paid)
    taken = sum(charge["amount"] for charge in charges if charge["status"] == "succeeded")
    assert taken == sum(invoice["amount_paid"] for invoice in paid)
    assert [invoice["amount_paid"] for invoice in paid] == [invoice["amount_due"] for invoice in paid]
    owed = [each for each in invoices if each["id"] == found.latest_invoice and each["status"] == "open"]
    assert (found.status in ("past_due", "unpaid", "canceled", "paused")) or not owed
    assert sandbox.problems() == []
    if found.status == "canceled":
        sandbox.advance(366 * 24 * 3600)
        assert len(sandbox.show("objects?kind=event")["objects"]) == len(types)


CARDS = {"good card": "4242424242424242", "bad card": "4000000000000341", "asking card": "4000002760003184"}


def do_to_member(sandbox: Sandbox, subscription: stripe.Subscription, action: str) -> None:
    path = f"subscriptions/{subscription.id}"
    if action in CARDS:
        sandbox.control(f"{path}/card", card=CARDS[action])
    elif action in ("plan", "yearly"):
        interval = "month" if action == "plan" else "year"
        price = plan(sandbox, amount=500, interval=interval, name="Other")
        sandbox.control(f"{path}/plan", price=price, proration_behavior="always_invoice")
    elif action == "trial":
        trial_end = int(sandbox.show("clock")["now"]) + 10 * 24 * 3600
        sandbox.api("POST", f"/v1/subscriptions/{subscription.id}", f"trial_end={trial_end}")
    elif action == "now":
        sandbox.control(f"{path}/cancel", now=True)
    elif action == "advance":
        sandbox.advance(5 * 24 * 3600)
    else:
        sandbox.control(f"{path}/{action}")
