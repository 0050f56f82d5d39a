"""Prices, which line items refer to or define."""

from sandbox.catalog import intervals
from sandbox.catalog.products import PRODUCT_DATA, new_product
from sandbox.core import lists, money
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id
from sandbox.core.params import (
    Boolean,
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
from sandbox.core.registry import expands, route
from sandbox.core.store import Obj
from sandbox.core.validators import statement_descriptor, tax_code
from sandbox.webhooks.events import emit
from sandbox.webhooks.previous_attributes import previous

expands("price", product="product")

RECURRING = Group(interval=Choice(*intervals.LONGEST, required=True), interval_count=Integer(least=1))
PRICE_DATA = Group(
    currency=Text(required=True),
    unit_amount=Integer(least=0),
    unit_amount_decimal=Decimal(),
    product=Text(),
    product_data=PRODUCT_DATA,
    recurring=RECURRING,
    tax_behavior=Choice("exclusive", "inclusive", "unspecified"),
)
CREATE_PRICE = Group(
    active=Boolean(),
    lookup_key=Text(longest=200),
    metadata=Metadata(),
    nickname=Text(),
    billing_scheme=Choice("per_unit"),
    transfer_lookup_key=Boolean(),
    **{
        **PRICE_DATA.fields,
        "recurring": Group(
            **RECURRING.fields,
            usage_type=Choice("licensed"),
            **unsupported("meter trial_period_days"),
        ),
        "product_data": Group(
            name=Text(required=True),
            metadata=Metadata(),
            id=Text(),
            active=Boolean(),
            statement_descriptor=Text(longest=22, check=statement_descriptor),
            tax_code=Text(check=tax_code),
            unit_label=Text(longest=12),
            **unsupported("tax_details"),
        ),
    },
    **unsupported("currency_options custom_unit_amount tiers tiers_mode transform_quantity"),
)
UPDATE_PRICE = Group(
    active=Boolean(),
    lookup_key=Text(longest=200, unset=True),
    metadata=Metadata(unset=True),
    nickname=Text(unset=True),
    tax_behavior=Choice("exclusive", "inclusive", "unspecified"),
    transfer_lookup_key=Boolean(),
    **unsupported("currency_options"),
)


def new_price(box: Box, data: Obj, *, active: bool, param: str = "") -> Obj:
    """Return a stored price for ``data``, with a new product if ``product_data`` is given."""
    currency = money.check_currency(data["currency"], f"{param}[currency]" if param else "currency")
    amount, written = unit_amount(data, param)
    if amount is not None:
        money.check_amount(amount, currency, f"{param}[unit_amount]" if param else "unit_amount")
    recurring = recurring_of(data.get("recurring"), f"{param}[recurring]" if param else "recurring")
    price = {
        "id": new_id("price_1"),
        "object": "price",
        "active": data.get("active", active),
        "billing_scheme": "per_unit",
        "created": box.clock.now(),
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": data.get("lookup_key"),
        "metadata": merged_metadata({}, data.get("metadata", {})),
        "nickname": data.get("nickname"),
        "product": product_of(box, data, active=active, param=param),
        "recurring": recurring,
        "tax_behavior": data.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": written,
    }
    return box.store.add(price)


def recurring_of(data: Obj | None, param: str) -> Obj | None:
    if data is None:
        return None
    interval, count = data["interval"], data.get("interval_count", 1)
    if count > intervals.LONGEST[interval]:
        raise StripeError(
            f"The longest interval is three years: {intervals.LONGEST[interval]} {interval}s.",
            param=f"{param}[interval_count]",
        )
    return {
        "interval": interval,
        "interval_count": count,
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def unit_amount(data: Obj, param: str) -> tuple[int | None, str]:
    """Return the amount as an integer, or None if it isn't whole, and as a decimal string."""
    if ("unit_amount" in data) == ("unit_amount_decimal" in data):
        raise StripeError(
            "You must specify either `unit_amount` or `unit_amount_decimal`.",
            code="parameter_missing",
            param=f"{param}[unit_amount]" if param else "unit_amount",
        )
    if "unit_amount" in data:
        return data["unit_amount"], str(data["unit_amount"])
    text = data["unit_amount_decimal"]
    if text.startswith("-"):
        raise StripeError("Invalid non-negative decimal", param=f"{param}[unit_amount_decimal]")
    whole, _, rest = text.partition(".")
    return (None if rest.strip("0") else int(whole)), text


def product_of(box: Box, data: Obj, *, active: bool, param: str) -> str:
    if ("product" in data) == ("product_data" in data):
        raise StripeError(
            "You must specify either `product` or `product_data` when creating a price.",
            code="parameter_missing",
            param=f"{param}[product]" if param else "product",
        )
    if "product_data" in data:
        return str(new_product(box, data["product_data"], active=active)["id"])
    return str(box.find("product", data["product"], param=f"{param}[product]" if param else "product")["id"])


@route("POST", "/v1/prices", returns="price", params=CREATE_PRICE)
def create_price(box: Box, params: Obj) -> Obj:
    free_lookup_key(box, params)
    price = new_price(box, params, active=True)
    emit(box, "price.created", price)
    return price


def free_lookup_key(box: Box, params: Obj) -> None:
    """Take a new price's lookup key from the price that has it; raise unless that transfer is asked for."""
    row = box.store.execute(
        "SELECT id FROM object WHERE kind = 'price' AND json_extract(body, '$.lookup_key') = ?",
        (params.get("lookup_key") or None,),
    ).fetchone()
    if row is None:
        return
    if not params.get("transfer_lookup_key"):
        raise StripeError(f"A price (`{row['id']}`) already uses that lookup key.", param="lookup_key")
    change(box, box.store.get(row["id"]), lookup_key=None)


@route("POST", "/v1/prices/{price}", returns="price", params=UPDATE_PRICE)
def update_price(box: Box, params: Obj, price: str) -> Obj:
    found = box.find("price", price, param="price", in_path=True)
    if params.get("tax_behavior", found["tax_behavior"]) != found["tax_behavior"] != "unspecified":
        raise StripeError(
            f"You cannot change a price's tax_behavior once it is {found['tax_behavior']}.",
            param="tax_behavior",
        )
    if params.get("lookup_key") != found["lookup_key"]:
        free_lookup_key(box, params)
    given: Obj = {name: params[name] for name in ("active", "tax_behavior") if name in params}
    given |= {name: params[name] or None for name in ("lookup_key", "nickname") if name in params}
    if "metadata" in params:
        given["metadata"] = merged_metadata(found["metadata"], params["metadata"])
    return change(box, found, **given)


def change(box: Box, price: Obj, **members: object) -> Obj:
    before = dict(price)
    price |= members
    if changed := previous(before, price):
        box.store.save(price)
        emit(box, "price.updated", price, previous=changed)
    return price


@route("GET", "/v1/prices/{price}", returns="price", params=Group())
def retrieve_price(box: Box, params: Obj, price: str) -> Obj:
    return box.find("price", price, param="price", in_path=True)


@route(
    "GET",
    "/v1/prices",
    returns="list:price",
    params=lists.paging(
        active=Boolean(),
        created=lists.CREATED,
        currency=Text(),
        product=Text(),
        type=Choice("one_time", "recurring"),
        lookup_keys=Items(Text(), most=10),
        **unsupported("recurring"),
    ),
)
def list_prices(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("price").equal(params, "active", "currency", "product", "type").created(params)
    if keys := params.get("lookup_keys"):
        filters.add(f"json_extract(body, '$.lookup_key') IN ({', '.join('?' * len(keys))})", *keys)
    return lists.page(box, filters, params, url="/v1/prices")
