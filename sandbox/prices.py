"""Products and prices, which line items name or carry within them."""

from typing import TYPE_CHECKING

from sandbox import lists, money
from sandbox.errors import StripeError
from sandbox.ids import new_id
from sandbox.params import (
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
from sandbox.registry import expands, route

if TYPE_CHECKING:
    from sandbox.box import Box
    from sandbox.store import Obj

expands("price", product="product")
expands("product", default_price="price", tax_code=None)

PRODUCT_DATA = Group(
    name=Text(required=True),
    description=Text(),
    images=Items(Text(), most=8),
    metadata=Metadata(),
    unit_label=Text(longest=12),
    tax_code=Text(),
    **unsupported("tax_details"),
)
PRICE_DATA = Group(
    currency=Text(required=True),
    unit_amount=Integer(least=0),
    unit_amount_decimal=Decimal(),
    product=Text(),
    product_data=PRODUCT_DATA,
    tax_behavior=Choice("exclusive", "inclusive", "unspecified"),
    **unsupported("recurring"),
)
CREATE_PRODUCT = Group(
    id=Text(),
    active=Boolean(),
    url=Text(),
    shippable=Boolean(),
    statement_descriptor=Text(longest=22),
    **PRODUCT_DATA.fields,
    **unsupported("default_price_data marketing_features package_dimensions type"),
)
CREATE_PRICE = Group(
    active=Boolean(),
    lookup_key=Text(longest=200),
    metadata=Metadata(),
    nickname=Text(),
    billing_scheme=Choice("per_unit"),
    **{
        **PRICE_DATA.fields,
        "product_data": Group(
            name=Text(required=True),
            metadata=Metadata(),
            id=Text(),
            active=Boolean(),
            statement_descriptor=Text(longest=22),
            tax_code=Text(),
            unit_label=Text(longest=12),
            **unsupported("tax_details"),
        ),
    },
    **unsupported(
        "currency_options custom_unit_amount tiers tiers_mode transfer_lookup_key transform_quantity"
    ),
)


def new_product(box: "Box", data: "Obj", *, active: bool) -> "Obj":
    moment = box.clock.now()
    if box.store.find(data.get("id", "")):
        raise StripeError("Product already exists.", code="resource_already_exists", param="id")
    product = {
        "id": data.get("id") or new_id("prod_"),
        "object": "product",
        "active": data.get("active", active),
        "created": moment,
        "default_price": None,
        "description": data.get("description"),
        "images": data.get("images", []),
        "livemode": False,
        "marketing_features": [],
        "metadata": merged_metadata({}, data.get("metadata", {})),
        "name": data["name"],
        "package_dimensions": None,
        "shippable": data.get("shippable"),
        "statement_descriptor": data.get("statement_descriptor"),
        "tax_code": data.get("tax_code"),
        "type": "service",
        "unit_label": data.get("unit_label"),
        "updated": moment,
        "url": data.get("url"),
    }
    return box.store.add(product)


def new_price(box: "Box", data: "Obj", *, active: bool, param: str = "") -> "Obj":
    """Make the price that ``data`` describes, with its product if that is described too."""
    currency = money.check_currency(data["currency"], f"{param}[currency]" if param else "currency")
    amount, written = unit_amount(data, param)
    if amount is not None:
        money.check_amount(amount, currency, f"{param}[unit_amount]" if param else "unit_amount")
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
        "recurring": None,
        "tax_behavior": data.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": written,
    }
    return box.store.add(price)


def unit_amount(data: "Obj", param: str) -> tuple[int | None, str]:
    """Return the amount as an integer, if it is one, and in decimal writing."""
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


def product_of(box: "Box", data: "Obj", *, active: bool, param: str) -> str:
    if ("product" in data) == ("product_data" in data):
        raise StripeError(
            "You must specify either `product` or `product_data` when creating a price.",
            code="parameter_missing",
            param=f"{param}[product]" if param else "product",
        )
    if "product_data" in data:
        return str(new_product(box, data["product_data"], active=active)["id"])
    return str(box.find("product", data["product"], param=f"{param}[product]" if param else "product")["id"])


@route("POST", "/v1/products", returns="product", params=CREATE_PRODUCT)
def create_product(box: "Box", params: "Obj") -> "Obj":
    return new_product(box, params, active=True)


@route("GET", "/v1/products/{id}", returns="product", params=Group())
def retrieve_product(box: "Box", params: "Obj", id: str) -> "Obj":  # noqa: A002
    return box.find("product", id, param="id", in_path=True)


@route(
    "GET",
    "/v1/products",
    returns="list:product",
    params=lists.paging(active=Boolean(), created=lists.CREATED, **unsupported("ids shippable url type")),
)
def list_products(box: "Box", params: "Obj") -> "Obj":
    filters = lists.Filters("product").equal(params, "active").created(params)
    return lists.page(box, filters, params, url="/v1/products")


@route("POST", "/v1/prices", returns="price", params=CREATE_PRICE)
def create_price(box: "Box", params: "Obj") -> "Obj":
    return new_price(box, params, active=True)


@route("GET", "/v1/prices/{price}", returns="price", params=Group())
def retrieve_price(box: "Box", params: "Obj", price: str) -> "Obj":
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
def list_prices(box: "Box", params: "Obj") -> "Obj":
    filters = lists.Filters("price").equal(params, "active", "currency", "product", "type").created(params)
    if keys := params.get("lookup_keys"):
        filters.add(f"json_extract(body, '$.lookup_key') IN ({', '.join('?' * len(keys))})", *keys)
    return lists.page(box, filters, params, url="/v1/prices")
