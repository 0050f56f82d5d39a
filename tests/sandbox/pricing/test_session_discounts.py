"""Discounts of sessions: given by the shop, typed by the customer, or set by the account's owner."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.payments import paid_intent
from tests.sandbox.support.process import Sandbox, order
from tests.sandbox.support.promotions import code, coupon
from tests.sandbox.support.subscribers import DAY, open_offer, plan, subscribe


def refusal(sandbox: Sandbox, **changes: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.open_session(**changes)
    assert caught.value.http_status == 400
    return caught.value


def amounts(session: Any) -> tuple[int, int, int]:
    """Return a session's subtotal, discount and total."""
    return session.amount_subtotal, session.total_details.amount_discount, session.amount_total


def seats(*prices: int) -> list[dict[str, Any]]:
    return [order(amount=price, quantity=1)["line_items"][0] for price in prices]


@pytest.mark.parametrize(
    ("params", "off"),
    [
        ({"percent_off": 20}, 840),
        ({"percent_off": 12.5}, 525),
        ({"amount_off": 500, "currency": "eur"}, 500),
        ({"amount_off": 9999, "currency": "eur"}, 4200),
    ],
)
def test_a_coupon_makes_a_session_cheaper(sandbox: Sandbox, params: dict[str, Any], off: int) -> None:
    made = coupon(sandbox, **params)
    session = sandbox.open_session(discounts=[{"coupon": made}])

    assert amounts(session) == (4200, off, 4200 - off)
    assert session.discounts is not None
    assert [each.to_dict() for each in session.discounts] == [{"coupon": made, "promotion_code": None}]


def test_what_is_charged_is_the_discounted_price(sandbox: Sandbox) -> None:
    made = code(sandbox, of=(of := coupon(sandbox)))
    session = sandbox.open_session(discounts=[{"promotion_code": made}])
    sandbox.pay(session.id)

    assert paid_intent(sandbox, session.id).amount_received == 3360
    assert sandbox.stripe.coupons.retrieve(of).times_redeemed == 1
    assert sandbox.stripe.promotion_codes.retrieve(made).times_redeemed == 1


def test_a_discount_is_spread_over_the_items_without_losing_a_cent(sandbox: Sandbox) -> None:
    made = coupon(sandbox, amount_off=1000, currency="eur")
    session = sandbox.open_session(
        line_items=seats(1000, 1000, 1001), discounts=[{"coupon": made}], expand=["line_items"]
    )
    assert session.line_items is not None
    items = session.line_items.data

    assert [item.amount_discount for item in items] == [333, 333, 334]
    assert [item.amount_total for item in items] == [667, 667, 667]
    assert amounts(session) == (3001, 1000, 2001)


def test_a_coupon_can_be_for_some_products_only(sandbox: Sandbox) -> None:
    product = sandbox.stripe.products.create({"name": "Programme"})
    price = sandbox.stripe.prices.create({"currency": "eur", "unit_amount": 1000, "product": product.id})
    made = coupon(sandbox, percent_off=50, applies_to={"products": [product.id]})
    items = [*seats(2000), {"price": price.id, "quantity": 1}]

    assert amounts(sandbox.open_session(line_items=items, discounts=[{"coupon": made}])) == (3000, 500, 2500)
    assert "not valid for any" in str(refusal(sandbox, discounts=[{"coupon": made}]).user_message)


def test_the_breakdown_names_the_discount(sandbox: Sandbox) -> None:
    made = code(sandbox)
    session = sandbox.open_session(discounts=[{"promotion_code": made}])
    found = sandbox.api(
        "GET",
        f"/v1/checkout/sessions/{session.id}?expand[]=total_details.breakdown&expand[]=discounts.promotion_code",
    ).json()

    [line] = found["total_details"]["breakdown"]["discounts"]
    assert (line["amount"], line["discount"]["promotion_code"]) == (840, made)
    assert line["discount"]["checkout_session"] == session.id
    assert found["discounts"][0]["promotion_code"]["code"] == "SPRING"
    assert "breakdown" not in sandbox.session(session.id).to_dict()["total_details"]
    listed = sandbox.stripe.checkout.sessions.list({"expand": ["data.total_details.breakdown"]}).data[0]
    assert listed.to_dict()["total_details"]["breakdown"]["discounts"][0]["amount"] == 840


def test_all_of_it_off_needs_no_payment(sandbox: Sandbox) -> None:
    session = sandbox.open_session(discounts=[{"coupon": coupon(sandbox, percent_off=100)}])
    assert amounts(session) == (4200, 4200, 0)
    sandbox.pay(session.id)
    done = sandbox.session(session.id)

    assert (done.status, done.payment_status, done.payment_intent) == (
        "complete",
        "no_payment_required",
        None,
    )
    assert done.payment_method_collection == "if_required"
    assert sandbox.event_types() == ["coupon.created", "checkout.session.completed"]


def test_a_rest_too_small_to_charge_is_refused(sandbox: Sandbox) -> None:
    error = refusal(sandbox, discounts=[{"coupon": coupon(sandbox, amount_off=4180, currency="eur")}])
    assert error.code == "amount_too_small"


def test_amounts_stay_what_their_currency_can_express(sandbox: Sandbox) -> None:
    for amount, currency, total in ((12_340, "kwd", 11_480), (12_300, "isk", 11_400)):
        session = sandbox.open_session(
            line_items=order(amount=amount, currency=currency, quantity=1)["line_items"],
            discounts=[{"coupon": coupon(sandbox, percent_off=7)}],
        )
        assert session.amount_total == total


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"restrictions": {"minimum_amount": 4201, "minimum_amount_currency": "eur"}}, "minimum amount"),
        ({"restrictions": {"minimum_amount": 1, "minimum_amount_currency": "usd"}}, "is in usd"),
        ({"active": False}, "not active"),
    ],
)
def test_a_code_with_conditions_is_refused_without_them(
    sandbox: Sandbox, params: dict[str, Any], words: str
) -> None:
    error = refusal(sandbox, discounts=[{"promotion_code": code(sandbox, **params)}])
    assert error.param == "discounts[0][promotion_code]"
    assert words in str(error.user_message)


def test_a_first_purchase_is_a_customers_first(sandbox: Sandbox) -> None:
    made = code(sandbox, restrictions={"first_time_transaction": True})
    customer = sandbox.stripe.customers.create({"email": "ada@example.com"})
    params: Any = {**order(), "customer": customer.id, "discounts": [{"promotion_code": made}]}
    del params["customer_email"]
    sandbox.pay(sandbox.stripe.checkout.sessions.create(params).id)

    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.checkout.sessions.create(params)
    assert caught.value.code == "promotion_code_customer_not_first_time"
    assert caught.value.user_message == (
        "This promotion code cannot be redeemed because the associated customer has prior transactions."
    )


def test_a_customers_own_code_is_for_nobody_else(sandbox: Sandbox) -> None:
    customer = sandbox.stripe.customers.create({"email": "grace@example.com"})
    made = code(sandbox, customer=customer.id)
    assert "another customer" in str(refusal(sandbox, discounts=[{"promotion_code": made}]).user_message)


def test_a_coupon_in_another_currency_is_refused(sandbox: Sandbox) -> None:
    made = coupon(sandbox, amount_off=500, currency="usd")
    assert "in usd" in str(refusal(sandbox, discounts=[{"coupon": made}]).user_message)


def test_the_last_redemption_has_one_winner(sandbox: Sandbox) -> None:
    made = code(sandbox, max_redemptions=1)
    first, second = (sandbox.open_session(discounts=[{"promotion_code": made}]) for _ in range(2))
    sandbox.pay(first.id)
    lost = sandbox.pay(second.id)

    assert (lost["outcome"], lost["message"]) == ("declined", "This promotion code is not active.")
    assert sandbox.session(second.id).status == "open"
    assert not sandbox.stripe.promotion_codes.retrieve(made).active
    assert refusal(sandbox, discounts=[{"promotion_code": made}]).param == "discounts[0][promotion_code]"


def test_a_used_up_or_old_coupon_is_expired(sandbox: Sandbox) -> None:
    once = coupon(sandbox, max_redemptions=1)
    sandbox.pay(sandbox.open_session(discounts=[{"coupon": once}]).id)
    old = coupon(sandbox, redeem_by=int(sandbox.show("clock")["now"]) + 60)
    sandbox.advance(61)

    for made in (once, old):
        error = refusal(sandbox, discounts=[{"coupon": made}])
        assert (error.code, error.user_message) == ("coupon_expired", f"Coupon expired: {made}")


def test_an_expired_session_redeems_nothing(sandbox: Sandbox) -> None:
    made = code(sandbox, max_redemptions=1)
    session = sandbox.open_session(discounts=[{"promotion_code": made}])
    sandbox.control(f"sessions/{session.id}/fail")
    sandbox.stripe.checkout.sessions.expire(session.id)
    assert sandbox.stripe.promotion_codes.retrieve(made).times_redeemed == 0


def test_a_code_can_be_typed_whatever_the_shop_asked_for(sandbox: Sandbox) -> None:
    made = code(sandbox)
    session = sandbox.open_session()
    assert sandbox.pay(session.id, promotion_code=" spring ")["outcome"] == "paid"
    done = sandbox.session(session.id)

    assert (amounts(done), paid_intent(sandbox, session.id).amount) == ((4200, 840, 3360), 3360)
    assert done.discounts is not None
    assert done.discounts[0].promotion_code == made


def test_a_price_can_be_changed_before_it_is_paid(sandbox: Sandbox) -> None:
    code(sandbox)
    session = sandbox.open_session()
    path = f"sessions/{session.id}"
    sandbox.control(f"{path}/fail")
    assert sandbox.control(path, promotion_code="SPRING")["session"]["amount_total"] == 3360
    assert sandbox.control(path, promotion_code=None)["session"]["amount_total"] == 4200
    assert sandbox.control(path, coupon=coupon(sandbox, percent_off=50))["session"]["amount_total"] == 2100
    sandbox.pay(session.id)

    intent = paid_intent(sandbox, session.id)
    assert (intent.amount, intent.latest_charge.amount) == (2100, 2100)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"promotion_code": "WINTER"}, "This code is invalid."),
        ({"coupon": "NONE"}, "No such coupon: 'NONE'"),
        ({"coupon": 5}, "promotion_code and coupon are text or null."),
        ({"tax": {"percentage": "much"}}, 'tax: give {"percentage": "19", "inclusive": false}, or null.'),
        ({"price": 5}, "Give some of promotion_code, coupon, tax, presentment."),
        ({}, "Give some of promotion_code, coupon, tax, presentment."),
    ],
)
def test_a_change_that_is_not_possible_is_explained(
    sandbox: Sandbox, given: dict[str, Any], words: str
) -> None:
    session = sandbox.open_session()
    answer = sandbox.http.post(f"/_sandbox/sessions/{session.id}", json=given)

    assert (answer.status_code, answer.json()) == (400, {"error": words})
    assert sandbox.session(session.id).amount_total == 4200


def test_a_closed_session_keeps_its_price(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    code(sandbox)
    answer = sandbox.http.post(f"/_sandbox/sessions/{session.id}", json={"promotion_code": "SPRING"})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("params", "paid"),
    [
        ({"percent_off": 25, "duration": "once"}, [900, 1200, 1200, 1200]),
        ({"percent_off": 25, "duration": "forever"}, [900, 900, 900, 900]),
        ({"percent_off": 25, "duration": "repeating", "duration_in_months": 2}, [900, 900, 1200, 1200]),
        ({"amount_off": 200, "currency": "eur", "duration": "forever"}, [1000, 1000, 1000, 1000]),
    ],
)
def test_a_subscription_is_cheaper_for_as_long_as_its_coupon_says(
    sandbox: Sandbox, params: dict[str, Any], paid: list[int]
) -> None:
    subscription = subscribe(sandbox, discounts=[{"coupon": coupon(sandbox, **params)}])
    for _ in paid[1:]:
        sandbox.control(f"subscriptions/{subscription.id}/renew")
    invoices = sandbox.stripe.invoices.list({"subscription": subscription.id}).data[::-1]
    left: Any = sandbox.stripe.subscriptions.retrieve(subscription.id, {"expand": ["discounts"]})

    assert [invoice.amount_paid for invoice in invoices] == paid
    assert [invoice.subtotal for invoice in invoices] == [1200] * 4
    assert [bool(invoice.total_discount_amounts) for invoice in invoices] == [each < 1200 for each in paid]
    assert [each.source.coupon for each in left.discounts] == [sandbox.stripe.coupons.list().data[0].id] * (
        params["duration"] == "forever"
    )


def test_a_once_coupon_waits_for_the_end_of_the_trial(sandbox: Sandbox) -> None:
    made = coupon(sandbox, percent_off=50)
    subscription = subscribe(
        sandbox, discounts=[{"coupon": made}], subscription_data={"trial_period_days": 10}
    )
    assert len(subscription.discounts) == 1
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    [after, trial] = sandbox.stripe.invoices.list({"subscription": subscription.id}).data

    assert (trial.amount_paid, after.amount_paid) == (0, 600)
    assert sandbox.stripe.subscriptions.retrieve(subscription.id).discounts == []


def test_what_checkout_shows_is_what_the_first_invoice_asks(sandbox: Sandbox) -> None:
    price = plan(sandbox, amount=1200)
    session = open_offer(
        sandbox,
        line_items=[{"price": price, "quantity": 3}],
        discounts=[{"promotion_code": code(sandbox)}],
    )
    assert amounts(session) == (3600, 720, 2880)
    sandbox.pay(session.id)
    done: Any = sandbox.session(session.id, "invoice", "subscription")

    assert (done.invoice.amount_paid, done.invoice.total, done.payment_status) == (2880, 2880, "paid")
    assert done.invoice.lines.data[0].discount_amounts[0].amount == 720
    assert done.subscription["items"].data[0].quantity == 3


def test_a_free_subscription_asks_for_a_card_unless_told_otherwise(sandbox: Sandbox) -> None:
    forever = coupon(sandbox, percent_off=100, duration="forever")
    session = open_offer(sandbox, discounts=[{"coupon": forever}], payment_method_collection="if_required")
    assert sandbox.pay(session.id)["outcome"] == "paid"
    done: Any = sandbox.session(session.id, "subscription")
    assert (done.payment_status, done.subscription.default_payment_method) == ("no_payment_required", None)
    sandbox.advance(40 * DAY)

    asking = subscribe(sandbox, discounts=[{"coupon": forever}])
    assert asking.default_payment_method is not None


def test_a_code_comes_before_the_first_attempt_to_pay_a_subscription(sandbox: Sandbox) -> None:
    code(sandbox)
    session = open_offer(sandbox)
    sandbox.control(f"sessions/{session.id}/fail")
    answer = sandbox.http.post(f"/_sandbox/sessions/{session.id}", json={"promotion_code": "SPRING"})

    assert answer.status_code == 400
    assert "has begun" in answer.json()["error"]
