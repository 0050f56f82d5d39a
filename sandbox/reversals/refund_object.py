"""A refund as the API shows it."""

from sandbox.core.box import Box
from sandbox.core.ids import new_id
from sandbox.core.params import merged_metadata
from sandbox.core.registry import expands
from sandbox.core.store import Obj
from sandbox.pricing import presentment

ACTION_DAYS = 45  # that the customer has to say where to send the money

expands(
    "refund",
    balance_transaction="balance_transaction",
    charge="charge",
    customer="customer",
    failure_balance_transaction="balance_transaction",
    payment_intent="payment_intent",
    payment_method="payment_method",
    source_transfer_reversal=None,
    transfer_reversal=None,
)

DESTINATIONS = {
    "boleto": "br_bank_transfer",
    "customer_balance": "customer_cash_balance",
    "konbini": "jp_bank_transfer",
    "multibanco": "multibanco",
    "oxxo": "mx_bank_transfer",
    "sepa_debit": "eu_bank_transfer",
    "us_bank_account": "us_bank_transfer",
}


def new_refund(box: Box, charge: Obj, params: Obj, *, amount: int) -> Obj:
    """Return a pending refund. The caller stores it."""
    return {
        "id": new_id("re_3"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": box.clock.now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": destination(charge),
        "metadata": merged_metadata({}, params.get("metadata", {})),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "pending_reason": "processing",
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending",
        "transfer_reversal": None,
        **presentment.of_part(charge, amount),
    }


def destination(charge: Obj) -> Obj:
    """Return ``destination_details``: the money goes back to where it came from."""
    kind = charge["payment_method_details"]["type"]
    if kind == "card":
        details = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
        return {"type": "card", "card": {**details, "type": "refund"}}
    transfer = DESTINATIONS[kind]
    if transfer == "customer_cash_balance":
        return {"type": transfer, transfer: {}}
    return {"type": transfer, transfer: {"reference": None, "reference_status": "pending"}}


def next_action(box: Box, refund: Obj) -> Obj:
    """Return ``next_action`` of a refund that waits for the customer to answer an e-mail."""
    charge, moment = box.store.get(refund["charge"]), box.clock.now()
    sent = {"email_sent_at": moment, "email_sent_to": charge["billing_details"]["email"]}
    return {
        "type": "display_details",
        "display_details": {"email_sent": sent, "expires_at": moment + ACTION_DAYS * 24 * 3_600},
    }
