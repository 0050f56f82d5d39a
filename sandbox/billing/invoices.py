"""The routes of invoices. Their states are in ``invoice_lifecycle``."""

from sandbox.billing import invoice_collection, invoice_lifecycle, renewals
from sandbox.billing.invoice_lifecycle import intent_of, settle, subscription_of
from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import Boolean, Choice, Group, Text, unsupported
from sandbox.core.registry import expands, holds, route
from sandbox.core.store import Obj
from sandbox.payments.customers import own_payment_method
from sandbox.payments.outcome import Outcome, Result
from sandbox.webhooks.events import emit

SUBSCRIPTION = "json_extract(body, '$.parent.subscription_details.subscription')"

expands(
    "invoice",
    application=None,
    customer="customer",
    default_payment_method="payment_method",
    default_source=None,
    discounts="discount",
    latest_revision="invoice",
    on_behalf_of=None,
    test_clock=None,
)
holds("invoice", parent="invoice.parent", lines="list:line_item")
holds("invoice.parent", subscription_details="invoice.parent.subscription_details")
expands("invoice.parent.subscription_details", subscription="subscription")
expands("line_item", subscription="subscription")
holds("line_item", pricing="line_item.pricing")
holds("line_item.pricing", price_details="line_item.pricing.price_details")
expands("line_item.pricing.price_details", price="price")


@route("GET", "/v1/invoices/{invoice}", returns="invoice", params=Group())
def retrieve(box: Box, params: Obj, invoice: str) -> Obj:
    return box.find("invoice", invoice, param="invoice", in_path=True)


@route(
    "GET",
    "/v1/invoices",
    returns="list:invoice",
    params=lists.paging(
        collection_method=Choice("charge_automatically", "send_invoice"),
        created=lists.CREATED,
        customer=Text(),
        status=Choice("draft", "open", "paid", "uncollectible", "void"),
        subscription=Text(),
        **unsupported("customer_account due_date"),
    ),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = (
        lists.Filters("invoice").equal(params, "collection_method", "customer", "status").created(params)
    )
    if "customer" in params:
        box.find("customer", params["customer"], param="customer")
    if "subscription" in params:
        box.find("subscription", params["subscription"], param="subscription")
        filters.add(f"{SUBSCRIPTION} = ?", params["subscription"])
    return lists.page(box, filters, params, url="/v1/invoices")


@route("GET", "/v1/invoices/{invoice}/lines", returns="list:line_item", params=lists.paging())
def list_lines(box: Box, params: Obj, invoice: str) -> Obj:
    found = box.find("invoice", invoice, param="invoice", in_path=True)
    return lists.page_of(
        found["lines"]["data"], params, kind="line_item", url=f"/v1/invoices/{invoice}/lines"
    )


@route(
    "POST",
    "/v1/invoices/{invoice}/pay",
    returns="invoice",
    params=Group(
        off_session=Boolean(),
        paid_out_of_band=Boolean(),
        payment_method=Text(),
        **unsupported("forgive mandate source"),
    ),
)
def pay(box: Box, params: Obj, invoice: str) -> Obj:
    found = box.find("invoice", invoice, param="invoice", in_path=True)
    customer = box.store.get(found["customer"])
    method = None
    if "payment_method" in params:
        method = own_payment_method(box, customer, params["payment_method"], "payment_method")
    check_payable(found)
    if found["status"] == "draft":
        renewals.finalize(box, found)
    if params.get("paid_out_of_band"):
        settle(box, found, out_of_band=True)
        return found
    method = method or invoice_collection.default_payment_method(box, subscription_of(box, found))
    result = invoice_collection.pay_now(box, found, method)
    if result.outcome is not Outcome.PAID:
        raise payment_error(box, found, result)
    return found


@route("POST", "/v1/invoices/{invoice}/finalize", returns="invoice", params=Group(auto_advance=Boolean()))
def finalize(box: Box, params: Obj, invoice: str) -> Obj:
    """Open a draft now. It is collected with the next retry, or when it is paid."""
    found = box.find("invoice", invoice, param="invoice", in_path=True)
    if found["status"] != "draft":
        raise StripeError(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
            code="invoice_not_editable",
        )
    renewals.finalize(box, found)
    if params.get("auto_advance", True):
        renewals.collect_or_send(box, found)
    return found


@route("POST", "/v1/invoices/{invoice}/void", returns="invoice", params=Group())
def void(box: Box, params: Obj, invoice: str) -> Obj:
    found = box.find("invoice", invoice, param="invoice", in_path=True)
    check_can_be(found, "voided", "open", "uncollectible")
    invoice_lifecycle.void(box, found)
    return found


@route("POST", "/v1/invoices/{invoice}/mark_uncollectible", returns="invoice", params=Group())
def mark_uncollectible(box: Box, params: Obj, invoice: str) -> Obj:
    found = box.find("invoice", invoice, param="invoice", in_path=True)
    check_can_be(found, "marked as uncollectible", "open")
    invoice_lifecycle.mark_uncollectible(box, found)
    return found


@route("POST", "/v1/invoices/{invoice}/send", returns="invoice", params=Group())
def send(box: Box, params: Obj, invoice: str) -> Obj:
    found = box.find("invoice", invoice, param="invoice", in_path=True)
    check_can_be(found, "sent", "draft", "open")
    if found["status"] == "draft":
        renewals.finalize(box, found)
    emit(box, "invoice.sent", found)
    return found


def check_can_be(invoice: Obj, done: str, *statuses: str) -> None:
    if invoice["status"] not in statuses:
        raise StripeError(
            f"This invoice can't be {done}: it has a status of {invoice['status']}. It would have to be "
            f"{' or '.join(statuses)}."
        )


def check_payable(invoice: Obj) -> None:
    if invoice["status"] == "paid":
        raise StripeError("Invoice is already paid")
    if invoice["status"] == "void":
        raise StripeError("This invoice can no longer be paid: it is void.")


def payment_error(box: Box, invoice: Obj, result: Result) -> StripeError:
    """Return the API's error for a payment that failed. It leaves the attempt on record."""
    if result.outcome is Outcome.CHALLENGE:
        return StripeError(
            "This payment requires an action of the customer to complete; see the invoice's own page.",
            status=402,
            code="invoice_payment_intent_requires_action",
            kind="card_error",
            leaves_traces=True,
        )
    intent = intent_of(box, invoice)
    error = intent and intent["last_payment_error"]
    if not error:
        return StripeError(result.message or "", code="missing", leaves_traces=True)
    told = ("charge", "decline_code", "advice_code", "network_advice_code", "network_decline_code")
    return StripeError(
        error["message"],
        status=402,
        code=error["code"],
        kind="card_error",
        leaves_traces=True,
        payment_intent=intent,
        **{name: error[name] for name in told if name in error},
    )
