"""Charges: the attempts to collect a payment intent's money."""

from sandbox.core import lists, timers
from sandbox.core.account import Account
from sandbox.core.box import Box
from sandbox.core.ids import new_id, random_text
from sandbox.core.params import Group, Text
from sandbox.core.registry import expands, listener, route, timer
from sandbox.core.store import Obj
from sandbox.core.words import words
from sandbox.payments import voucher_details
from sandbox.payments.balance_transactions import new_balance_transaction
from sandbox.payments.cards import Decline
from sandbox.payments.payer import Method, Payer
from sandbox.payments.payment_methods import billing_details, fingerprint
from sandbox.webhooks.events import emit

BOOKED_AFTER = 3  # seconds until a card charge has its balance transaction, as observed at Stripe

LONGEST_DESCRIPTOR, LONGEST_PREFIX = 22, 10

expands(
    "charge",
    application=None,
    application_fee=None,
    balance_transaction="balance_transaction",
    customer="customer",
    failure_balance_transaction="balance_transaction",
    on_behalf_of=None,
    payment_intent="payment_intent",
    review=None,
    source_transfer=None,
    transfer=None,
)


def new_charge(
    box: Box, intent: Obj, method: Method, payer: Payer, *, status: str, captured: bool = True
) -> Obj:
    """Return a stored charge of the intent's whole amount, with this ``status``."""
    taken = status == "succeeded"
    charge_id = new_id("ch_3")
    charge = {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if taken and captured else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": intent["application_fee_amount"],
        "balance_transaction": None,
        "billing_details": billing_details(payer),
        "calculated_statement_descriptor": calculated_descriptor(Account(box.store), intent, method),
        "captured": taken and captured,
        "created": box.clock.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": intent["on_behalf_of"],
        "outcome": outcome("authorized", network_status="approved_by_network"),
        "paid": taken,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": method_details(box, intent, method, captured=captured),
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": receipt_url(box, charge_id) if taken else None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": status,
        "transfer_data": intent["transfer_data"],
        "transfer_group": intent["transfer_group"],
    }
    if "presentment_details" in intent:
        charge["presentment_details"] = intent["presentment_details"]
    effects = list(method.card.effects) if method.card else []
    return box.store.add(charge, effects=effects)


def calculated_descriptor(account: Account, intent: Obj, method: Method) -> str:
    """Return what the bank statement shows: ``TEST SHOP* HAMLET`` for a card with a suffix."""
    own = account.statement_descriptor or account.display_name
    if method.card is None:
        shown = intent["statement_descriptor"] or own
    elif suffix := intent["statement_descriptor_suffix"]:
        shown = f"{own[:LONGEST_PREFIX].strip()}* {suffix}"
    else:
        shown = own
    ascii_only = shown.encode("ascii", "ignore").decode()
    return str(ascii_only.upper()[:LONGEST_DESCRIPTOR].strip())


def outcome(kind: str, *, network_status: str, decline: Decline | None = None) -> Obj:
    codes = decline.codes if decline else {}
    return {
        "advice_code": codes.get("advice_code"),
        "network_advice_code": None,
        "network_decline_code": codes.get("network_decline_code"),
        "network_status": network_status,
        "reason": codes.get("decline_code"),
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": decline.seller_message if decline else "Payment complete.",
        "type": kind,
    }


def mark_failed(charge: Obj, decline: Decline) -> None:
    """Mark a charge as declined by the issuer or the bank. The caller stores it."""
    charge |= {
        "failure_code": decline.code,
        "failure_message": decline.message,
        "outcome": outcome("issuer_declined", network_status="declined_by_network", decline=decline),
        "paid": False,
        "status": "failed",
    }


def method_details(box: Box, intent: Obj, method: Method, *, captured: bool) -> Obj:
    payment_method = box.store.get(intent["payment_method"])
    kind = payment_method["type"]
    members = payment_method[kind]
    if method.voucher:
        return {"type": kind, kind: voucher_details.paid_details(method.voucher, intent)}
    if kind != "card":
        kept = {name: value for name, value in members.items() if name in ACCOUNT_MEMBERS}
        return {"type": kind, kind: kept | NEVER_SET[kind]}
    secure = AUTHENTICATED if method.card and method.card.challenge else None
    card = {name: members[name] for name in CARD_MEMBERS} | {
        "amount_authorized": intent["amount"],
        "authorization_code": random_text(6).upper(),
        "electronic_commerce_indicator": secure and secure["electronic_commerce_indicator"],
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": members["brand"],
        "network_token": {"used": False},
        "network_transaction_id": fingerprint(intent["id"])[:15],
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "three_d_secure": secure,
        "transaction_link_id": None,
    }
    if not captured:
        card["capture_before"] = box.clock.now() + 7 * 24 * 3_600
    return {"type": "card", "card": card}


CARD_MEMBERS = words(
    "brand checks country exp_month exp_year fingerprint funding last4 regulated_status wallet"
)
ACCOUNT_MEMBERS = words(
    "account_holder_type account_type bank_name routing_number bank_code branch_code country fingerprint "
    "last4"
)
NEVER_SET: dict[str, Obj] = {"sepa_debit": {"mandate": None}, "us_bank_account": {"payment_reference": None}}
AUTHENTICATED = {
    "authentication_flow": "challenge",
    "electronic_commerce_indicator": "05",
    "exemption_indicator": None,
    "result": "authenticated",
    "result_reason": None,
    "transaction_id": None,
    "version": "2.2.0",
}


def receipt_url(box: Box, charge_id: str) -> str:
    return f"{box.settings.base_url}/receipts/{charge_id}"


@listener("charge.succeeded")
@listener("charge.captured")
def schedule_booking(box: Box, charge: Obj) -> None:
    """Book a captured card charge a moment later. A bank debit is booked when it settles."""
    if charge["captured"] and charge["balance_transaction"] is None:
        timers.schedule(box, "charge.book", charge["id"], at=box.clock.exact() + BOOKED_AFTER)


@timer("charge.book")
def book(box: Box, charge_id: str) -> None:
    """Write the balance transaction of a captured charge."""
    charge = box.store.get(charge_id)
    charge["balance_transaction"] = new_balance_transaction(box, charge)["id"]
    box.store.save(charge)
    emit(box, "charge.updated", charge, previous={"balance_transaction": None})


@route("GET", "/v1/charges/{charge}", returns="charge", params=Group())
def retrieve(box: Box, params: Obj, charge: str) -> Obj:
    return box.find("charge", charge, param="charge", in_path=True)


@route(
    "GET",
    "/v1/charges",
    returns="list:charge",
    params=lists.paging(created=lists.CREATED, customer=Text(), payment_intent=Text(), transfer_group=Text()),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("charge").equal(params, "customer", "payment_intent", "transfer_group")
    return lists.page(box, filters.created(params), params, url="/v1/charges")
