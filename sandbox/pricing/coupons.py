"""Coupons: how much less customers pay, and for how long."""

from decimal import Decimal as Number

from sandbox.core import lists, money, timers
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import random_text
from sandbox.core.params import (
    Choice,
    Decimal,
    Group,
    Integer,
    Items,
    Metadata,
    Text,
    merged_metadata,
    unsupported,
)
from sandbox.core.registry import Include, includes, route, timer
from sandbox.core.store import Obj
from sandbox.webhooks.events import emit
from sandbox.webhooks.previous_attributes import previous

ID_LENGTH = 8
CREATE = Group(
    id=Text(),
    amount_off=Integer(least=1),
    applies_to=Group(products=Items(Text())),
    currency=Text(),
    duration=Choice("forever", "once", "repeating"),
    duration_in_months=Integer(least=1),
    max_redemptions=Integer(least=1),
    metadata=Metadata(unset=True),
    name=Text(longest=40),
    percent_off=Decimal(),
    redeem_by=Integer(least=0),
    **unsupported("currency_options"),
)
UPDATE = Group(metadata=Metadata(unset=True), name=Text(longest=40), **unsupported("currency_options"))


@route("POST", "/v1/coupons", returns="coupon", params=CREATE)
def create(box: Box, params: Obj) -> Obj:
    check(box, params)
    coupon_id = params.get("id") or random_text(ID_LENGTH)
    if box.store.find(coupon_id):
        raise StripeError("Coupon already exists.", code="resource_already_exists", param="id")
    products = params.get("applies_to", {}).get("products", [])
    for position, product in enumerate(products):
        box.find("product", product, param=f"applies_to[products][{position}]")
    coupon = box.store.add(new_coupon(box, params, coupon_id), products=products)
    if coupon["redeem_by"]:
        timers.schedule(box, "coupon.expire", coupon_id, at=coupon["redeem_by"])
    emit(box, "coupon.created", coupon)
    return coupon


def check(box: Box, params: Obj) -> None:
    if ("amount_off" in params) == ("percent_off" in params):
        raise StripeError(
            "You must specify either `amount_off` or `percent_off`.",
            code="parameter_missing",
            param="percent_off",
        )
    if "amount_off" in params and "currency" not in params:
        raise StripeError(
            "You must pass `currency` when passing `amount_off`.", code="parameter_missing", param="currency"
        )
    if "percent_off" in params and not 0 < Number(params["percent_off"]) <= 100:
        raise StripeError("`percent_off` must be greater than 0 and at most 100.", param="percent_off")
    if (params.get("duration") == "repeating") != ("duration_in_months" in params):
        raise StripeError(
            "`duration_in_months` goes with `duration=repeating`, and only with that.",
            param="duration_in_months",
        )
    if params.get("redeem_by", box.clock.now() + 1) <= box.clock.now():
        raise StripeError("`redeem_by` must be a timestamp in the future.", param="redeem_by")


def new_coupon(box: Box, params: Obj, coupon_id: str) -> Obj:
    percent = params.get("percent_off")
    amount = params.get("amount_off")
    return {
        "id": coupon_id,
        "object": "coupon",
        "amount_off": amount,
        "created": box.clock.now(),
        "currency": money.check_currency(params["currency"], "currency") if amount else None,
        "duration": params.get("duration", "once"),
        "duration_in_months": params.get("duration_in_months"),
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": merged_metadata({}, params.get("metadata", {})),
        "name": params.get("name"),
        "percent_off": None if percent is None else float(percent),
        "redeem_by": params.get("redeem_by"),
        "times_redeemed": 0,
        "valid": True,
    }


def applies_to(box: Box, coupon: Obj) -> Obj | None:
    """Return the member ``applies_to``: the only products that become cheaper."""
    products = products_of(box, coupon["id"])
    return {"products": products} if products else None


def products_of(box: Box, coupon_id: str) -> list[str]:
    """Return the products that a coupon is restricted to; empty if it is for all."""
    return list(box.store.private(coupon_id).get("products", []))


includes("coupon", applies_to=Include(applies_to))


@route("GET", "/v1/coupons/{coupon}", returns="coupon", params=Group())
def retrieve(box: Box, params: Obj, coupon: str) -> Obj:
    return box.find("coupon", coupon, param="coupon", in_path=True)


@route("POST", "/v1/coupons/{coupon}", returns="coupon", params=UPDATE)
def update(box: Box, params: Obj, coupon: str) -> Obj:
    found = box.find("coupon", coupon, param="coupon", in_path=True)
    before = dict(found)
    if "name" in params:
        found["name"] = params["name"]
    if "metadata" in params:
        found["metadata"] = merged_metadata(found["metadata"], params["metadata"])
    if changed := previous(before, found):
        box.store.save(found)
        emit(box, "coupon.updated", found, previous=changed)
    return found


@route("DELETE", "/v1/coupons/{coupon}", returns="coupon", params=Group())
def delete(box: Box, params: Obj, coupon: str) -> Obj:
    """Delete a coupon. Who has its discount already keeps it."""
    found = box.find("coupon", coupon, param="coupon", in_path=True)
    found["valid"] = False
    box.store.save(found)
    box.store.keep(coupon, is_deleted=True)
    timers.unschedule(box, "coupon.expire", coupon)
    emit(box, "coupon.deleted", found)
    return {"id": coupon, "object": "coupon", "deleted": True}


@route("GET", "/v1/coupons", returns="list:coupon", params=lists.paging(created=lists.CREATED))
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("coupon").created(params)
    filters.add("json_extract(private, '$.is_deleted') IS NULL")
    return lists.page(box, filters, params, url="/v1/coupons")


def redeem(box: Box, coupon_id: str) -> None:
    """Count a redemption; after the last one, the coupon isn't valid any more."""
    coupon = box.store.get(coupon_id)
    coupon["times_redeemed"] += 1
    if coupon["times_redeemed"] == coupon["max_redemptions"]:
        coupon["valid"] = False
    box.store.save(coupon)


@timer("coupon.expire")
def expire(box: Box, coupon_id: str) -> None:
    coupon = box.store.get(coupon_id)
    coupon["valid"] = False
    box.store.save(coupon)
