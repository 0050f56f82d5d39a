"""What a customer needs to pay a voucher or to send a bank transfer, as Stripe tells it."""

import random
from typing import Any

from sandbox.core.store import Obj
from sandbox.payments.method_types import MethodType

ENTITY = "12345"  # of Multibanco payments
TAX_ID = "000.000.000-00"  # Stripe's test CPF
STORES = ("familymart", "lawson", "ministop", "seicomart")
BANK = "STRIPE TEST BANK"
HOLDER = "Sandbox Payments"

COUNTRIES = {  # of the account that a transfer goes to
    "eur": ("eu", "IE"),
    "gbp": ("gb", "GB"),
    "jpy": ("jp", "JP"),
    "mxn": ("mx", "MX"),
    "usd": ("us", "US"),
}


def next_action_of(method: MethodType, intent: Obj, *, page: str, expires_at: int) -> Obj:
    """Return ``next_action``; ``page`` is the address of the voucher or of the instructions."""
    digits = random.Random(intent["id"])  # so that a voucher always has the same number
    if method.name == "customer_balance":
        return transfer_instructions(intent, digits, page=page)
    details = voucher(method.name, digits, page=page, expires_at=expires_at)
    return {"type": f"{method.name}_display_details", f"{method.name}_display_details": details}


def voucher(kind: str, digits: random.Random, *, page: str, expires_at: int) -> Obj:
    shared = {"hosted_voucher_url": page}
    if kind == "multibanco":
        return {**shared, "entity": ENTITY, "expires_at": expires_at, "reference": number(digits, 9)}
    if kind == "boleto":
        return {**shared, "expires_at": expires_at, "number": number(digits, 47), "pdf": page}
    if kind == "oxxo":
        return {**shared, "expires_after": expires_at, "number": number(digits, 14)}
    codes = {
        store: {"confirmation_number": number(digits, 11), "payment_code": number(digits, 6)}
        for store in STORES
    }
    return {**shared, "expires_at": expires_at, "stores": codes}


def number(digits: random.Random, length: int) -> str:
    return "".join(digits.choice("0123456789") for _ in range(length))


def transfer_instructions(intent: Obj, digits: random.Random, *, page: str) -> Obj:
    region, country = COUNTRIES[intent["currency"]]
    instructions = {
        "amount_remaining": intent["amount"],
        "currency": intent["currency"],
        "financial_addresses": [financial_address(region, country, digits)],
        "hosted_instructions_url": page,
        "reference": number(digits, 12),
        "type": f"{region}_bank_transfer",
    }
    return {
        "type": "display_bank_transfer_instructions",
        "display_bank_transfer_instructions": instructions,
    }


def financial_address(region: str, country: str, digits: random.Random) -> Obj:
    """Return the account that a transfer goes to, in the form of its country."""
    kind, networks = KINDS[region]
    account = {
        "account_holder_address": address(country),
        "account_holder_name": HOLDER,
        "bank_address": address(country),
        **account_members(kind, country, digits),
    }
    return {"type": kind, "supported_networks": networks, kind: account}


KINDS = {
    "eu": ("iban", ["sepa"]),
    "gb": ("sort_code", ["bacs", "fps"]),
    "jp": ("zengin", ["zengin"]),
    "mx": ("spei", ["spei"]),
    "us": ("aba", ["ach", "domestic_wire_us"]),
}


def account_members(kind: str, country: str, digits: random.Random) -> Obj:
    if kind == "iban":
        return {"bic": "STRPIE2DXXX", "country": country, "iban": f"IE29{number(digits, 18)}"}
    if kind == "sort_code":
        return {"account_number": number(digits, 8), "sort_code": "200000"}
    if kind == "spei":
        return {"bank_code": "002", "bank_name": BANK, "clabe": number(digits, 18)}
    if kind == "zengin":
        branch = {"bank_code": "0001", "branch_code": "001", "branch_name": "TEST"}
        return {"account_number": number(digits, 7), "account_type": "futsu", "bank_name": BANK, **branch}
    account = {"account_number": number(digits, 12), "account_type": "checking"}
    return {**account, "bank_name": BANK, "routing_number": "110000000"}


def address(country: str) -> Obj:
    members = dict.fromkeys(("city", "line1", "line2", "postal_code", "state"))
    return {**members, "country": country}


def deadline_of(intent: Obj) -> int | None:
    """Return until when a voucher can be paid; None for a transfer, which has all the time."""
    details: Obj = details_of(intent)
    deadline: int | None = details.get("expires_at") or details.get("expires_after")
    return deadline


def details_of(intent: Obj) -> Obj:
    """Return the details in an intent's ``next_action``; empty if it waits for something else."""
    action = intent["next_action"] or {}
    kind = action.get("type", "")
    is_voucher = kind.endswith("_display_details") or kind == "display_bank_transfer_instructions"
    return dict(action[kind]) if is_voucher else {}


def paid_details(method: MethodType, intent: Obj) -> dict[str, Any]:
    """Return what a charge says about a paid voucher, in ``payment_method_details``."""
    details = details_of(intent)
    if method.name == "multibanco":
        return {"entity": details["entity"], "reference": details["reference"]}
    if method.name == "oxxo":
        return {"number": details["number"]}
    if method.name == "konbini":
        return {"store": {"chain": STORES[0]}}
    return members_of(method)


def members_of(method: MethodType) -> dict[str, Any]:
    """Return what a payment method says about itself."""
    return {"tax_id": TAX_ID} if method.name == "boleto" else {}
