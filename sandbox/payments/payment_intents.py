"""Payment intents and their routes. Checkout pays them in ``checkout.payment_mode``."""

from sandbox.core import lists, timers
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id, random_text
from sandbox.core.params import Boolean, Choice, Group, Integer, Metadata, Text, merged_metadata, unsupported
from sandbox.core.registry import expands, route, timer
from sandbox.core.store import Obj
from sandbox.payments.cards import Decline
from sandbox.webhooks.events import emit

LAPSES_AFTER = 7 * 24 * 3_600  # seconds until an authorisation expires without capture

expands(
    "payment_intent",
    application=None,
    customer="customer",
    latest_charge="charge",
    on_behalf_of=None,
    payment_method="payment_method",
    payment_record=None,
    review=None,
    source=None,
)


def new_payment_intent(
    box: Box,
    data: Obj,
    *,
    amount: int,
    currency: str,
    customer: str | None,
    types: list[str],
    **purpose: str,
) -> Obj:
    """Return a stored payment intent; ``data`` is ``payment_intent_data``, ``purpose`` what it pays."""
    intent_id = new_id("pi_3")
    intent = {
        "id": intent_id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": data.get("application_fee_amount"),
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": data.get("capture_method", "automatic_async"),
        "client_secret": f"{intent_id}_secret_{random_text(25)}",
        "confirmation_method": "automatic",
        "created": box.clock.now(),
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "description": data.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": merged_metadata({}, data.get("metadata", {})),
        "next_action": None,
        "on_behalf_of": data.get("on_behalf_of"),
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": types,
        "payment_record": None,
        "processing": None,
        "receipt_email": data.get("receipt_email"),
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": data.get("statement_descriptor"),
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": data.get("transfer_data"),
        "transfer_group": data.get("transfer_group"),
    }
    return box.store.add(intent, **purpose)


def decline_error(box: Box, decline: Decline, intent: Obj, charge_id: str | None) -> Obj:
    """Return ``last_payment_error``, which takes the payment method from the intent."""
    error = {
        "code": decline.code,
        "doc_url": "https://stripe.com/docs/error-codes/" + decline.code.replace("_", "-"),
        "message": decline.message,
        "payment_method": box.store.find(intent["payment_method"]),
        "type": "card_error" if charge_id else "invalid_request_error",
        **decline.codes,
    }
    if charge_id is not None:
        error["charge"] = charge_id
    return error


@route("GET", "/v1/payment_intents/{intent}", returns="payment_intent", params=Group(client_secret=Text()))
def retrieve(box: Box, params: Obj, intent: str) -> Obj:
    return box.find("payment_intent", intent, param="intent", in_path=True)


@route(
    "GET",
    "/v1/payment_intents",
    returns="list:payment_intent",
    params=lists.paging(created=lists.CREATED, customer=Text(), customer_account=Text()),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("payment_intent").equal(params, "customer", "customer_account").created(params)
    return lists.page(box, filters, params, url="/v1/payment_intents")


@route(
    "POST",
    "/v1/payment_intents/{intent}/capture",
    returns="payment_intent",
    params=Group(
        amount_to_capture=Integer(least=1),
        final_capture=Boolean(),
        metadata=Metadata(unset=True),
        **unsupported(
            "amount_details application_fee_amount hooks payment_details statement_descriptor "
            "statement_descriptor_suffix transfer_data"
        ),
    ),
)
def capture(box: Box, params: Obj, intent: str) -> Obj:
    found = box.find("payment_intent", intent, param="intent", in_path=True)
    if found["status"] != "requires_capture":
        raise unexpected_state(found, "captured", "requires_capture")
    amount = params.get("amount_to_capture", found["amount_capturable"])
    if amount > found["amount_capturable"]:
        raise StripeError(
            f"The payment intent's capturable amount is {found['amount_capturable']}, less than {amount}.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    charge = box.store.get(found["latest_charge"])
    charge |= {"amount_captured": amount, "captured": True, "amount_refunded": found["amount"] - amount}
    found |= {"amount_capturable": 0, "amount_received": amount, "status": "succeeded"}
    if "metadata" in params:
        found["metadata"] = merged_metadata(found["metadata"], params["metadata"])
    box.store.save(charge)
    box.store.save(found)
    mark_session_paid(box, found)
    timers.unschedule(box, "payment_intent.lapse", found["id"])
    emit(box, "charge.captured", charge)
    emit(box, "payment_intent.succeeded", found)
    return found


def mark_session_paid(box: Box, intent: Obj) -> None:
    session = box.store.get(box.store.private(intent["id"])["session"])
    session["payment_status"] = "paid"
    box.store.save(session)


@route(
    "POST",
    "/v1/payment_intents/{intent}/cancel",
    returns="payment_intent",
    params=Group(cancellation_reason=Choice("abandoned", "duplicate", "fraudulent", "requested_by_customer")),
)
def cancel_by_request(box: Box, params: Obj, intent: str) -> Obj:
    found = box.find("payment_intent", intent, param="intent", in_path=True)
    if found["status"] in ("succeeded", "canceled", "processing"):
        raise unexpected_state(found, "canceled", "requires_capture")
    if found["status"] != "requires_capture":
        raise StripeError(
            "You cannot cancel this PaymentIntent because it was created by Checkout or an invoice. Expire "
            "the Checkout Session or void the invoice instead.",
            code="payment_intent_unexpected_state",
            payment_intent=found,
        )
    return cancel(box, found, reason=params.get("cancellation_reason"))


def cancel(box: Box, intent: Obj, *, reason: str | None) -> Obj:
    """Cancel an intent that has collected nothing, and release its authorisation if it has one."""
    released = intent["status"] == "requires_capture"
    intent |= {
        "amount_capturable": 0,
        "canceled_at": box.clock.now(),
        "cancellation_reason": reason,
        "next_action": None,
        "status": "canceled",
    }
    box.store.save(intent)
    timers.unschedule(box, "payment_intent.lapse", intent["id"])
    if released:
        charge = box.store.get(intent["latest_charge"])
        charge |= {"amount_refunded": charge["amount"], "refunded": True}
        box.store.save(charge)
        emit(box, "charge.expired" if reason == "automatic" else "charge.refunded", charge)
    emit(box, "payment_intent.canceled", intent)
    return intent


@timer("payment_intent.lapse")
def lapse(box: Box, intent_id: str) -> None:
    """Release an authorisation that was never captured."""
    cancel(box, box.store.get(intent_id), reason="automatic")


def unexpected_state(intent: Obj, done: str, wanted: str) -> StripeError:
    return StripeError(
        f"This PaymentIntent could not be {done} because it has a status of {intent['status']}. Only a "
        f"PaymentIntent with one of the following statuses may be {done}: {wanted}.",
        code="payment_intent_unexpected_state",
        payment_intent=intent,
    )
