"""Customers."""

from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id, random_text
from sandbox.core.params import Group, Metadata, Text, merged_metadata, unsupported
from sandbox.core.registry import expands, holds, route
from sandbox.core.store import Obj
from sandbox.webhooks.events import emit
from sandbox.webhooks.previous_attributes import previous

expands("customer", default_source=None, test_clock=None)
holds("customer", invoice_settings="customer.invoice_settings")
expands("customer.invoice_settings", default_payment_method="payment_method")

CREATE = Group(
    description=Text(),
    email=Text(longest=512),
    name=Text(longest=256),
    phone=Text(longest=20),
    metadata=Metadata(),
    **unsupported(
        "address balance business_name cash_balance individual_name invoice_prefix invoice_settings "
        "next_invoice_sequence payment_method preferred_locales shipping source tax tax_exempt tax_id_data "
        "test_clock validate"
    ),
)

UPDATE = Group(
    description=Text(unset=True),
    email=Text(longest=512, unset=True),
    name=Text(longest=256, unset=True),
    phone=Text(longest=20, unset=True),
    metadata=Metadata(unset=True),
    invoice_settings=Group(
        default_payment_method=Text(unset=True), **unsupported("custom_fields footer rendering_options")
    ),
    **unsupported(
        "address balance business_name cash_balance default_source individual_name invoice_prefix "
        "next_invoice_sequence preferred_locales shipping source tax tax_exempt validate"
    ),
)
PLAIN = ("description", "email", "name", "phone")


def new_customer(box: Box, data: Obj) -> Obj:
    customer: Obj = {
        "id": new_id("cus_"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": box.clock.now(),
        "currency": None,
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
    return box.store.add(customer)


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
    given = {name: params[name] or None for name in PLAIN if name in params}
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
