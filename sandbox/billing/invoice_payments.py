"""Invoice payments, which link an invoice to the payment intent that collects it."""

import json

from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.ids import new_id
from sandbox.core.params import Choice, Group, Text, unsupported
from sandbox.core.registry import Include, expands, holds, includes, route
from sandbox.core.store import Obj

expands("invoice_payment", invoice="invoice")
holds("invoice_payment", payment="invoice_payment.payment")
expands("invoice_payment.payment", charge="charge", payment_intent="payment_intent", payment_record=None)


def new_invoice_payment(box: Box, invoice: Obj, intent: Obj) -> Obj:
    payment = {
        "id": new_id("inpay_1"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": intent["amount"],
        "created": box.clock.now(),
        "currency": intent["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
    return box.store.add(payment)


def payment_of(box: Box, invoice_id: str) -> Obj | None:
    found = payments_of(box, invoice_id)
    return found[0] if found else None


def payments_of(box: Box, invoice_id: str) -> list[Obj]:
    rows = box.store.rows(
        "SELECT body FROM object WHERE kind = 'invoice_payment' AND json_extract(body, '$.invoice') = ?",
        (invoice_id,),
    )
    return [json.loads(row["body"]) for row in rows]


def payments_list(box: Box, invoice: Obj) -> Obj:
    payments = payments_of(box, invoice["id"])
    return lists.envelope(payments, has_more=False, url=f"/v1/invoice_payments?invoice={invoice['id']}")


includes("invoice", payments=Include(payments_list, "list:invoice_payment"))


@route("GET", "/v1/invoice_payments/{invoice_payment}", returns="invoice_payment", params=Group())
def retrieve(box: Box, params: Obj, invoice_payment: str) -> Obj:
    return box.find("invoice_payment", invoice_payment, param="invoice_payment", in_path=True)


@route(
    "GET",
    "/v1/invoice_payments",
    returns="list:invoice_payment",
    params=lists.paging(
        created=lists.CREATED,
        invoice=Text(),
        payment=Group(
            type=Choice("payment_intent", "payment_record", required=True),
            payment_intent=Text(),
            **unsupported("payment_record"),
        ),
        status=Choice("canceled", "open", "paid"),
    ),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("invoice_payment").equal(params, "invoice", "status").created(params)
    if "payment_intent" in params.get("payment", {}):
        filters.add("json_extract(body, '$.payment.payment_intent') = ?", params["payment"]["payment_intent"])
    return lists.page(box, filters, params, url="/v1/invoice_payments")
