"""Products, which prices belong to."""

from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id
from sandbox.core.params import Boolean, Group, Items, Metadata, Text, merged_metadata, unsupported
from sandbox.core.registry import expands, route
from sandbox.core.store import Obj
from sandbox.core.validators import statement_descriptor, tax_code, web_address
from sandbox.webhooks.events import emit
from sandbox.webhooks.previous_attributes import previous

expands("product", default_price="price", tax_code=None)

LONGEST_DESCRIPTION = 40_000

PRODUCT_DATA = Group(
    name=Text(required=True),
    description=Text(longest=LONGEST_DESCRIPTION),
    images=Items(Text(check=web_address), most=8),
    metadata=Metadata(),
    unit_label=Text(longest=12),
    tax_code=Text(check=tax_code),
    **unsupported("tax_details"),
)
CREATE = Group(
    id=Text(),
    active=Boolean(),
    url=Text(check=web_address),
    shippable=Boolean(),
    statement_descriptor=Text(longest=22, check=statement_descriptor),
    **PRODUCT_DATA.fields,
    **unsupported("default_price_data marketing_features package_dimensions type"),
)
UPDATE = Group(
    active=Boolean(),
    default_price=Text(),
    description=Text(longest=LONGEST_DESCRIPTION, unset=True),
    images=Items(Text(check=web_address), most=8, unset=True),
    metadata=Metadata(unset=True),
    name=Text(),
    url=Text(unset=True, check=web_address),
    **unsupported(
        "marketing_features package_dimensions shippable statement_descriptor tax_code tax_details unit_label"
    ),
)
PLAIN = ("active", "images", "name")
UNSETTABLE = ("description", "url")


def new_product(box: Box, data: Obj, *, active: bool) -> Obj:
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
        "tax_details": None,
        "type": "service",
        "unit_label": data.get("unit_label"),
        "updated": moment,
        "url": data.get("url"),
    }
    return box.store.add(product)


def own_price(box: Box, product: Obj, wanted: str) -> Obj:
    """Return a price; raise ``StripeError`` if it is another product's."""
    price = box.find("price", wanted, param="default_price")
    if price["product"] != product["id"]:
        raise StripeError(
            f"The price specified ({wanted}) belongs to another product.",
            param="default_price",
        )
    return price


@route("POST", "/v1/products", returns="product", params=CREATE)
def create(box: Box, params: Obj) -> Obj:
    product = new_product(box, params, active=True)
    emit(box, "product.created", product)
    return product


@route("GET", "/v1/products/{id}", returns="product", params=Group())
def retrieve(box: Box, params: Obj, id: str) -> Obj:  # noqa: A002
    return box.find("product", id, param="id", in_path=True)


@route("POST", "/v1/products/{id}", returns="product", params=UPDATE)
def update(box: Box, params: Obj, id: str) -> Obj:  # noqa: A002
    product = box.find("product", id, param="id", in_path=True)
    before = dict(product)
    product |= {name: params[name] for name in PLAIN if name in params}
    product |= {name: params[name] or None for name in UNSETTABLE if name in params}
    if "default_price" in params:
        product["default_price"] = own_price(box, product, params["default_price"])["id"]
    if "metadata" in params:
        product["metadata"] = merged_metadata(product["metadata"], params["metadata"])
    if changed := previous(before, product):
        product["updated"] = box.clock.now()
        box.store.save(product)
        emit(box, "product.updated", product, previous=changed | {"updated": before["updated"]})
    return product


@route(
    "GET",
    "/v1/products",
    returns="list:product",
    params=lists.paging(active=Boolean(), created=lists.CREATED, **unsupported("ids shippable url type")),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("product").equal(params, "active").created(params)
    return lists.page(box, filters, params, url="/v1/products")
