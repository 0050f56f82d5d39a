"""Customers' payment methods: their routes, attaching them, and the card behind each."""

from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import Choice, Group, Text, unsupported
from sandbox.core.registry import route
from sandbox.core.store import Obj
from sandbox.payments import cards, named_cards
from sandbox.payments.customers import change as change_customer
from sandbox.payments.method_types import ALL_TYPES
from sandbox.payments.payer import Method, Payer
from sandbox.webhooks.events import emit
from sandbox.webhooks.previous_attributes import previous

TYPE = Choice(*ALL_TYPES, "custom")
REDISPLAY = Choice("always", "limited", "unspecified")


def method_of(box: Box, payment_method: Obj) -> Method:
    """Return the card behind a payment method."""
    kept = box.store.private(payment_method["id"])
    month, year = kept["expires"]
    return Method(card=cards.find(kept["card"]), expires=(month, year))


def payer_of(box: Box, payment_method: Obj) -> Payer:
    return Payer(**box.store.private(payment_method["id"])["payer"])


def attach_to(box: Box, payment_method: Obj, customer_id: str) -> None:
    """Attach a payment method to a customer, unless it is attached already."""
    if payment_method["customer"] == customer_id:
        return
    payment_method["customer"] = customer_id
    box.store.save(payment_method)
    emit(box, "payment_method.attached", payment_method)


@route("GET", "/v1/payment_methods/{payment_method}", returns="payment_method", params=Group())
def retrieve(box: Box, params: Obj, payment_method: str) -> Obj:
    return box.find("payment_method", payment_method, param="payment_method", in_path=True)


@route(
    "GET",
    "/v1/payment_methods",
    returns="list:payment_method",
    params=lists.paging(
        allow_redisplay=REDISPLAY, customer=Text(), type=TYPE, **unsupported("customer_account")
    ),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("payment_method").equal(params, "allow_redisplay", "customer", "type")
    return lists.page(box, filters, params, url="/v1/payment_methods")


@route(
    "GET",
    "/v1/customers/{customer}/payment_methods",
    returns="list:payment_method",
    params=lists.paging(allow_redisplay=REDISPLAY, type=TYPE),
)
def list_of_customer(box: Box, params: Obj, customer: str) -> Obj:
    box.find("customer", customer, param="customer", in_path=True)
    filters = lists.Filters("payment_method").equal(params, "allow_redisplay", "type")
    filters.add("json_extract(body, '$.customer') = ?", customer)
    return lists.page(box, filters, params, url=f"/v1/customers/{customer}/payment_methods")


@route(
    "POST",
    "/v1/payment_methods/{payment_method}/attach",
    returns="payment_method",
    params=Group(customer=Text(required=True), **unsupported("customer_account")),
)
def attach(box: Box, params: Obj, payment_method: str) -> Obj:
    customer = box.find("customer", params["customer"], param="customer")
    named = named_cards.find(box, payment_method)
    found = named or box.find("payment_method", payment_method, param="payment_method", in_path=True)
    if found["customer"] not in (None, customer["id"]):
        raise StripeError("The payment method you provided has already been attached to a customer.")
    attach_to(box, found, customer["id"])
    return found


@route("POST", "/v1/payment_methods/{payment_method}/detach", returns="payment_method", params=Group())
def detach(box: Box, params: Obj, payment_method: str) -> Obj:
    found = box.find("payment_method", payment_method, param="payment_method", in_path=True)
    if found["customer"] is None:
        raise StripeError(
            "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    before = dict(found)
    customer = box.store.get(found["customer"])
    found["customer"] = None
    box.store.save(found)
    emit(box, "payment_method.detached", found, previous=previous(before, found))
    if customer["invoice_settings"]["default_payment_method"] == found["id"]:
        settings = customer["invoice_settings"] | {"default_payment_method": None}
        change_customer(box, customer, invoice_settings=settings)
    return found
