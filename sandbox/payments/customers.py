"""Customers."""

from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id, random_text
from sandbox.core.params import (
    Choice,
    Either,
    Field,
    Group,
    Integer,
    Items,
    Metadata,
    Text,
    merged_metadata,
    required,
    unsupported,
)
from sandbox.core.registry import expands, holds, route
from sandbox.core.store import Obj
from sandbox.core.validators import email_address, invoice_prefix, language
from sandbox.webhooks.events import emit
from sandbox.webhooks.previous_attributes import previous

expands("customer", default_source=None, test_clock=None)
holds("customer", invoice_settings="customer.invoice_settings")
expands("customer.invoice_settings", default_payment_method="payment_method")

ADDRESS_MEMBERS = ("city", "country", "line1", "line2", "postal_code", "state")
ADDRESS = Group(**{name: Text(unset=True) for name in ADDRESS_MEMBERS})
SHIPPING = Group(
    address=required(Group(**ADDRESS.fields)), name=Text(required=True), phone=Text(longest=20, unset=True)
)
# What can be set at any time. An empty value removes what there is.
SHARED: dict[str, Field] = {
    "address": Either(ADDRESS, Choice("")),
    "balance": Integer(),
    "invoice_prefix": Text(longest=12, check=invoice_prefix),
    "next_invoice_sequence": Integer(least=1),
    "preferred_locales": Items(Text(longest=35, check=language)),
    "shipping": Either(SHIPPING, Choice("")),
    "tax_exempt": Choice("", "exempt", "none", "reverse"),
}
CREATE = Group(
    description=Text(),
    email=Text(longest=512, check=email_address),
    name=Text(longest=256),
    phone=Text(longest=20),
    metadata=Metadata(unset=True),
    **SHARED,
    **unsupported(
        "business_name cash_balance individual_name invoice_settings payment_method source tax tax_id_data "
        "test_clock validate"
    ),
)

UPDATE = Group(
    description=Text(unset=True),
    email=Text(longest=512, unset=True, check=email_address),
    name=Text(longest=256, unset=True),
    phone=Text(longest=20, unset=True),
    metadata=Metadata(unset=True),
    invoice_settings=Group(
        default_payment_method=Text(unset=True), **unsupported("custom_fields footer rendering_options")
    ),
    **SHARED,
    **unsupported("business_name cash_balance default_source individual_name source tax validate"),
)
PLAIN = ("description", "email", "name", "phone")
AS_GIVEN = ("balance", "invoice_prefix", "next_invoice_sequence", "preferred_locales")


def new_customer(box: Box, data: Obj) -> Obj:
    customer: Obj = {
        "id": new_id("cus_"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": box.clock.now(),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": data.get("description"),
        "discount": None,
        "email": data.get("email"),
        "invoice_prefix": random_text(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": merged_metadata({}, data.get("metadata", {})),
        "name": data.get("name"),
        "next_invoice_sequence": 1,
        "phone": data.get("phone"),
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    return box.store.add(customer | shared_members(data))


def shared_members(params: Obj) -> Obj:
    """Return the members that parameters set, but for the plain ones. A hash is replaced as a whole."""
    given: Obj = {name: params[name] for name in AS_GIVEN if name in params}
    if "tax_exempt" in params:
        given["tax_exempt"] = params["tax_exempt"] or "none"
    if "address" in params:
        given["address"] = address_of(params["address"])
    if "shipping" in params:
        shipping = params["shipping"] or None
        given["shipping"] = shipping and {
            "address": address_of(shipping["address"]),
            "name": shipping["name"],
            "phone": shipping.get("phone") or None,
        }
    return given


def address_of(given: Obj | str) -> Obj | None:
    """Return an address with all its members; None if it was removed."""
    if not isinstance(given, dict):
        return None
    return {name: given.get(name) or None for name in ADDRESS_MEMBERS}


@route("POST", "/v1/customers", returns="customer", params=CREATE)
def create(box: Box, params: Obj) -> Obj:
    customer = new_customer(box, params)
    emit(box, "customer.created", customer)
    return customer


@route("GET", "/v1/customers/{customer}", returns="customer", params=Group())
def retrieve(box: Box, params: Obj, customer: str) -> Obj:
    if box.store.find(customer, "customer") and box.store.private(customer).get("is_deleted"):
        return deleted_customer(customer)
    return box.find("customer", customer, param="id", in_path=True)


def deleted_customer(customer: str) -> Obj:
    """Return what the API shows of a deleted customer."""
    return {"id": customer, "object": "customer", "deleted": True}


@route("POST", "/v1/customers/{customer}", returns="customer", params=UPDATE)
def update(box: Box, params: Obj, customer: str) -> Obj:
    found = box.find("customer", customer, param="id", in_path=True)
    given = {name: params[name] or None for name in PLAIN if name in params} | shared_members(params)
    if "metadata" in params:
        given["metadata"] = merged_metadata(found["metadata"], params["metadata"])
    if "default_payment_method" in params.get("invoice_settings", {}):
        wanted = params["invoice_settings"]["default_payment_method"]
        if wanted:
            own_payment_method(box, found, wanted, "invoice_settings[default_payment_method]")
        given["invoice_settings"] = found["invoice_settings"] | {"default_payment_method": wanted or None}
    return change(box, found, **given)


def own_payment_method(box: Box, customer: Obj, wanted: str, param: str) -> Obj:
    """Return a customer's payment method; raise ``StripeError`` if it isn't theirs."""
    found = box.find("payment_method", wanted, param=param)
    if found["customer"] != customer["id"]:
        raise StripeError(
            f"The customer does not have a payment method with the ID {wanted}. The payment method must be "
            "attached to the customer.",
            code="resource_missing",
            param=param,
        )
    return found


def change(box: Box, customer: Obj, **members: object) -> Obj:
    """Change members of a customer, and emit an event if anything is different."""
    before = dict(customer)
    customer |= members
    if changed := previous(before, customer):
        box.store.save(customer)
        emit(box, "customer.updated", customer, previous=changed)
    return customer


@route(
    "GET",
    "/v1/customers",
    returns="list:customer",
    params=lists.paging(created=lists.CREATED, email=Text(), **unsupported("test_clock")),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("customer").equal(params, "email").created(params)
    filters.add("json_extract(private, '$.is_deleted') IS NULL")
    return lists.page(box, filters, params, url="/v1/customers")
