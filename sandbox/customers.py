"""Customers, as far as one-time payments need them."""

from typing import TYPE_CHECKING

from sandbox import lists
from sandbox.events import emit
from sandbox.ids import new_id, random_text
from sandbox.params import Group, Metadata, Text, merged_metadata, unsupported
from sandbox.registry import expands, route

if TYPE_CHECKING:
    from sandbox.box import Box
    from sandbox.store import Obj

expands("customer", default_source=None, test_clock=None)

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


def new_customer(box: "Box", data: "Obj") -> "Obj":
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
def create(box: "Box", params: "Obj") -> "Obj":
    customer = new_customer(box, params)
    emit(box, "customer.created", customer)
    return customer


@route("GET", "/v1/customers/{customer}", returns="customer", params=Group())
def retrieve(box: "Box", params: "Obj", customer: str) -> "Obj":
    return box.find("customer", customer, param="customer", in_path=True)


@route(
    "GET",
    "/v1/customers",
    returns="list:customer",
    params=lists.paging(created=lists.CREATED, email=Text(), **unsupported("test_clock")),
)
def list_all(box: "Box", params: "Obj") -> "Obj":
    filters = lists.Filters("customer").equal(params, "email").created(params)
    return lists.page(box, filters, params, url="/v1/customers")
