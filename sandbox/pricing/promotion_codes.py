"""Promotion codes: the words that customers type to redeem a coupon."""

import json
import re

from sandbox.core import lists, money, timers
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id, random_text
from sandbox.core.params import (
    Boolean,
    Choice,
    Group,
    Integer,
    Metadata,
    Text,
    merged_metadata,
    required,
    unsupported,
)
from sandbox.core.registry import expands, holds, route, timer
from sandbox.core.store import Obj
from sandbox.webhooks.events import emit
from sandbox.webhooks.previous_attributes import previous

CODE = re.compile(r"[A-Za-z0-9-]+")
CODE_LENGTH = 8

expands("promotion_code", customer="customer")
holds("promotion_code", promotion="promotion_code.promotion")
expands("promotion_code.promotion", coupon="coupon")

CREATE = Group(
    promotion=required(Group(type=Choice("coupon", required=True), coupon=Text(required=True))),
    active=Boolean(),
    code=Text(longest=500),
    customer=Text(),
    expires_at=Integer(least=0),
    max_redemptions=Integer(least=1),
    metadata=Metadata(),
    restrictions=Group(
        first_time_transaction=Boolean(),
        minimum_amount=Integer(least=1),
        minimum_amount_currency=Text(),
        **unsupported("currency_options"),
    ),
    **unsupported("customer_account"),
)
UPDATE = Group(
    active=Boolean(),
    metadata=Metadata(unset=True),
    **unsupported("restrictions"),
)


@route("POST", "/v1/promotion_codes", returns="promotion_code", params=CREATE)
def create(box: Box, params: Obj) -> Obj:
    coupon = box.find("coupon", params["promotion"]["coupon"], param="promotion[coupon]")
    if not coupon["valid"]:
        raise StripeError(f"Coupon expired: {coupon['id']}", code="coupon_expired", param="promotion[coupon]")
    if "customer" in params:
        box.find("customer", params["customer"], param="customer")
    check(box, params)
    code = box.store.add(new_promotion_code(box, params))
    if code["expires_at"]:
        timers.schedule(box, "promotion_code.expire", code["id"], at=code["expires_at"])
    emit(box, "promotion_code.created", code)
    return code


def check(box: Box, params: Obj) -> None:
    code = params.get("code")
    if code is not None and not CODE.fullmatch(code):
        raise StripeError("A code has only letters, digits and dashes.", param="code")
    if code is not None and params.get("active", True):
        check_free(box, code)
    if params.get("expires_at", box.clock.now() + 1) <= box.clock.now():
        raise StripeError("`expires_at` must be a timestamp in the future.", param="expires_at")
    given = params.get("restrictions", {})
    if ("minimum_amount" in given) != ("minimum_amount_currency" in given):
        raise StripeError(
            "`minimum_amount` and `minimum_amount_currency` go together.",
            code="parameter_missing",
            param="restrictions[minimum_amount_currency]",
        )


def check_free(box: Box, code: str) -> None:
    if find_active(box, code) is not None:
        raise StripeError(f"An active promotion code with `code: {code}` already exists.", param="code")


def new_promotion_code(box: Box, params: Obj) -> Obj:
    given = params.get("restrictions", {})
    currency = given.get("minimum_amount_currency")
    return {
        "id": new_id("promo_1"),
        "object": "promotion_code",
        "active": params.get("active", True),
        "code": params.get("code") or random_text(CODE_LENGTH).upper(),
        "created": box.clock.now(),
        "customer": params.get("customer"),
        "customer_account": None,
        "expires_at": params.get("expires_at"),
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": merged_metadata({}, params.get("metadata", {})),
        "promotion": {"coupon": params["promotion"]["coupon"], "type": "coupon"},
        "restrictions": {
            "first_time_transaction": given.get("first_time_transaction", False),
            "minimum_amount": given.get("minimum_amount"),
            "minimum_amount_currency": currency
            and money.check_currency(currency, "restrictions[minimum_amount_currency]"),
        },
        "times_redeemed": 0,
    }


def find_active(box: Box, code: str) -> Obj | None:
    """Return the active promotion code that a customer has typed, in capital or small letters."""
    row = box.store.execute(
        "SELECT body FROM object WHERE kind = 'promotion_code' AND json_extract(body, '$.active') "
        "AND lower(json_extract(body, '$.code')) = lower(?)",
        (code.strip(),),
    ).fetchone()
    found: Obj | None = json.loads(row["body"]) if row else None
    return found


@route("GET", "/v1/promotion_codes/{promotion_code}", returns="promotion_code", params=Group())
def retrieve(box: Box, params: Obj, promotion_code: str) -> Obj:
    return box.find("promotion_code", promotion_code, param="promotion_code", in_path=True)


@route("POST", "/v1/promotion_codes/{promotion_code}", returns="promotion_code", params=UPDATE)
def update(box: Box, params: Obj, promotion_code: str) -> Obj:
    found = box.find("promotion_code", promotion_code, param="promotion_code", in_path=True)
    before = dict(found)
    if params.get("active") and not found["active"]:
        check_reactivation(box, found)
    if "active" in params:
        found["active"] = params["active"]
    if "metadata" in params:
        found["metadata"] = merged_metadata(found["metadata"], params["metadata"])
    if changed := previous(before, found):
        box.store.save(found)
        emit(box, "promotion_code.updated", found, previous=changed)
    return found


def check_reactivation(box: Box, code: Obj) -> None:
    """Raise ``StripeError`` for a code that has ended: Stripe only lets its owner undo a deactivation."""
    is_over = code["expires_at"] is not None and code["expires_at"] <= box.clock.now()
    is_used_up = code["times_redeemed"] == code["max_redemptions"]
    if is_over or is_used_up or not box.store.get(code["promotion"]["coupon"])["valid"]:
        raise StripeError("This promotion code has ended and cannot be activated again.", param="active")
    check_free(box, code["code"])


@route(
    "GET",
    "/v1/promotion_codes",
    returns="list:promotion_code",
    params=lists.paging(
        active=Boolean(),
        code=Text(),
        coupon=Text(),
        created=lists.CREATED,
        customer=Text(),
        **unsupported("customer_account"),
    ),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("promotion_code").equal(params, "active", "customer").created(params)
    if "code" in params:
        filters.add("lower(json_extract(body, '$.code')) = lower(?)", params["code"])
    if "coupon" in params:
        filters.add("json_extract(body, '$.promotion.coupon') = ?", params["coupon"])
    return lists.page(box, filters, params, url="/v1/promotion_codes")


def redeem(box: Box, code_id: str) -> None:
    """Count a redemption; after the last one, the code isn't active any more."""
    code = box.store.get(code_id)
    code["times_redeemed"] += 1
    if code["times_redeemed"] == code["max_redemptions"]:
        code["active"] = False
    box.store.save(code)


@timer("promotion_code.expire")
def expire(box: Box, code_id: str) -> None:
    code = box.store.get(code_id)
    code["active"] = False
    box.store.save(code)
