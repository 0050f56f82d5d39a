"""Coupons and promotion codes of subscriptions: on invoices, on previews and in prorations."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Obj, Sandbox
from tests.sandbox.support.subscribers import plan, subscribe


def coupon(sandbox: Sandbox, **params: Any) -> str:
    given: Any = {"duration": "forever", **params}
    return sandbox.stripe.coupons.create(given).id


def change(sandbox: Sandbox, subscription: stripe.Subscription, **params: Any) -> Any:
    given: Any = params
    return sandbox.stripe.subscriptions.update(subscription.id, given)


def preview(sandbox: Sandbox, subscription: stripe.Subscription, **params: Any) -> Any:
    given: Any = {"subscription": subscription.id, **params}
    return sandbox.stripe.invoices.create_preview(given)


def renewed(sandbox: Sandbox, subscription: stripe.Subscription) -> Obj:
    invoice: Obj = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]
    return invoice


def half_way(sandbox: Sandbox, subscription: stripe.Subscription) -> None:
    item = subscription["items"].data[0]
    middle = (item.current_period_start + item.current_period_end) // 2
    sandbox.advance(middle - sandbox.show("clock")["now"])


@pytest.mark.parametrize(
    ("off", "due"), [({"percent_off": 25}, 1800), ({"amount_off": 500, "currency": "eur"}, 1900)]
)
def test_a_coupon_comes_off_what_is_previewed_and_charged(sandbox: Sandbox, off: Obj, due: int) -> None:
    subscription = subscribe(sandbox, line_items=[{"price": plan(sandbox), "quantity": 2}])
    change(sandbox, subscription, discounts=[{"coupon": coupon(sandbox, **off)}])
    shown = preview(sandbox, subscription)
    charged = renewed(sandbox, subscription)
    assert (shown.subtotal, shown.total, shown.amount_due) == (2400, due, due)
    assert (charged["subtotal"], charged["amount_paid"]) == (2400, due)
    assert charged["total_discount_amounts"][0]["amount"] == 2400 - due


def test_a_promotion_code_is_redeemed(sandbox: Sandbox) -> None:
    half = coupon(sandbox, percent_off=50)
    params: Any = {"promotion": {"type": "coupon", "coupon": half}, "code": "SPRING"}
    code = sandbox.stripe.promotion_codes.create(params)
    subscription = subscribe(sandbox)
    change(sandbox, subscription, discounts=[{"promotion_code": code.id}])
    assert sandbox.stripe.promotion_codes.retrieve(code.id).times_redeemed == 1
    assert renewed(sandbox, subscription)["amount_paid"] == 600


def test_a_subscription_starts_with_a_coupon_for_one_invoice(sandbox: Sandbox) -> None:
    who = str(subscribe(sandbox).customer)
    method = sandbox.stripe.payment_methods.list({"customer": who}).data[0].id
    once = coupon(sandbox, percent_off=50, duration="once")
    params: Any = {
        "customer": who,
        "items": [{"price": plan(sandbox)}],
        "default_payment_method": method,
        "discounts": [{"coupon": once}],
    }
    made = sandbox.stripe.subscriptions.create(params)
    assert made.discounts == []
    assert sandbox.stripe.invoices.retrieve(str(made.latest_invoice)).amount_paid == 600
    assert preview(sandbox, made).amount_due == 1200
    assert renewed(sandbox, made)["amount_paid"] == 1200


def test_a_preview_knows_when_a_discount_ends(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    half_way(sandbox, subscription)
    month = coupon(sandbox, percent_off=50, duration="repeating", duration_in_months=1)
    change(sandbox, subscription, discounts=[{"coupon": month}])
    for due in (600, 1200):
        shown = preview(sandbox, subscription).amount_due
        assert (shown, renewed(sandbox, subscription)["amount_paid"]) == (due, due)


def test_a_discount_is_tried_in_a_preview_and_removed(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    half = coupon(sandbox, percent_off=50)
    assert preview(sandbox, subscription, discounts=[{"coupon": half}]).amount_due == 600
    assert sandbox.stripe.coupons.retrieve(half).times_redeemed == 0
    assert sandbox.stripe.subscriptions.retrieve(subscription.id).discounts == []
    [discount] = change(sandbox, subscription, discounts=[{"coupon": half}]).discounts
    assert change(sandbox, subscription, discounts=[{"discount": discount}]).discounts == [discount]
    assert preview(sandbox, subscription, discounts="").amount_due == 1200
    assert change(sandbox, subscription, discounts="").discounts == []
    assert renewed(sandbox, subscription)["amount_paid"] == 1200


def test_discounts_count_one_after_the_other(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    offs: list[Obj] = [{"percent_off": 50}, {"amount_off": 100, "currency": "eur"}]
    wanted = [{"coupon": coupon(sandbox, **off)} for off in offs]
    assert len(change(sandbox, subscription, discounts=wanted).discounts) == 2
    assert (preview(sandbox, subscription).amount_due, renewed(sandbox, subscription)["amount_paid"]) == (
        *(500, 500),
    )


def test_prorations_include_a_percentage(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    change(sandbox, subscription, discounts=[{"coupon": coupon(sandbox, percent_off=50)}])
    half_way(sandbox, subscription)
    item = {"id": subscription["items"].data[0].id, "price": plan(sandbox, amount=3000)}
    change(sandbox, subscription, items=[item])
    charged = renewed(sandbox, subscription)
    assert [line["amount"] for line in charged["lines"]["data"]] == [-300, 750, 3000]
    assert charged["amount_paid"] == -300 + 750 + 1500


@pytest.mark.parametrize(
    ("discounts", "param"),
    [
        ([{"coupon": "NOBODY"}], "discounts[0][coupon]"),
        ([{"promotion_code": "promo_nobody"}], "discounts[0][promotion_code]"),
        ([{"coupon": "A", "discount": "di_1"}], "discounts[0]"),
    ],
)
def test_what_is_no_discount_is_refused(sandbox: Sandbox, discounts: Any, param: str) -> None:
    subscription = subscribe(sandbox)
    for ask in (change, preview):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            ask(sandbox, subscription, discounts=discounts)
        assert caught.value.param == param
