"""Coupons and promotion codes over the API."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Sandbox
from tests.sandbox.support.promotions import code, coupon


def test_a_coupon_is_created_changed_listed_and_deleted(sandbox: Sandbox) -> None:
    coupons = sandbox.stripe.coupons
    made = coupons.create({"id": "SPRING20", "percent_off": 20, "name": "Spring"})
    assert (made.percent_off, made.amount_off, made.duration, made.valid) == (20, None, "once", True)
    assert coupons.update("SPRING20", {"name": "Summer", "metadata": {"a": "b"}}).name == "Summer"
    assert [each.id for each in coupons.list().data] == ["SPRING20"]
    assert coupons.delete("SPRING20").deleted is True

    assert coupons.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such coupon: 'SPRING20'"):
        coupons.retrieve("SPRING20")
    assert sandbox.event_types() == ["coupon.created", "coupon.updated", "coupon.deleted"]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 20, "amount_off": 500, "currency": "eur"}, "percent_off"),
        ({"percent_off": 0}, "percent_off"),
        ({"percent_off": 101}, "percent_off"),
        ({"amount_off": 500}, "currency"),
        ({"amount_off": 500, "currency": "euro"}, "currency"),
        ({"percent_off": 20, "duration": "repeating"}, "duration_in_months"),
        ({"percent_off": 20, "duration_in_months": 2}, "duration_in_months"),
        ({"percent_off": 20, "redeem_by": 1}, "redeem_by"),
        ({"percent_off": 20, "applies_to": {"products": ["prod_x"]}}, "applies_to[products][0]"),
    ],
)
def test_a_coupon_that_makes_no_sense_is_refused(
    sandbox: Sandbox, params: dict[str, Any], param: str
) -> None:
    given: Any = params
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.coupons.create(given)
    assert (caught.value.http_status, caught.value.param) == (400, param)


def test_a_coupons_id_is_taken_once(sandbox: Sandbox) -> None:
    coupon(sandbox, id="SPRING20")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        coupon(sandbox, id="SPRING20")
    assert caught.value.code == "resource_already_exists"


def test_a_coupon_is_valid_until_it_must_be_redeemed(sandbox: Sandbox) -> None:
    until = int(sandbox.show("clock")["now"]) + 3600
    made = coupon(sandbox, redeem_by=until)
    sandbox.advance(3599)
    assert sandbox.stripe.coupons.retrieve(made).valid
    sandbox.advance(2)
    assert not sandbox.stripe.coupons.retrieve(made).valid


def test_a_promotion_code_names_a_coupon(sandbox: Sandbox) -> None:
    of = coupon(sandbox)
    made = sandbox.stripe.promotion_codes.retrieve(code(sandbox, of=of), {"expand": ["promotion.coupon"]})

    assert (made.code, made.active, made.times_redeemed) == ("SPRING", True, 0)
    assert isinstance(made.promotion.coupon, stripe.Coupon)
    assert made.promotion.coupon.percent_off == 20


def test_promotion_codes_are_found_by_what_was_typed(sandbox: Sandbox) -> None:
    codes = sandbox.stripe.promotion_codes
    spring, other = code(sandbox, "SPRING"), code(sandbox, "OTHER")

    assert [each.id for each in codes.list({"code": "spring"}).data] == [spring]
    assert [each.id for each in codes.list({"active": True}).data] == [other, spring]


def test_an_active_code_is_taken_once(sandbox: Sandbox) -> None:
    first = code(sandbox)
    with pytest.raises(stripe.InvalidRequestError, match="`code: spring` already exists"):
        code(sandbox, "spring")
    sandbox.stripe.promotion_codes.update(first, {"active": False})
    second = code(sandbox, "spring")

    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        sandbox.stripe.promotion_codes.update(first, {"active": True})
    assert sandbox.stripe.promotion_codes.retrieve(second).active


def test_a_code_ends_by_time_for_good(sandbox: Sandbox) -> None:
    until = int(sandbox.show("clock")["now"]) + 3600
    made = code(sandbox, expires_at=until)
    sandbox.advance(3601)

    assert not sandbox.stripe.promotion_codes.retrieve(made).active
    with pytest.raises(stripe.InvalidRequestError, match="cannot be activated again"):
        sandbox.stripe.promotion_codes.update(made, {"active": True})
