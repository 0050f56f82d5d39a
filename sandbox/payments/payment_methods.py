"""Payment methods as they are stored."""

import hashlib

from sandbox.core.box import Box
from sandbox.core.ids import new_id
from sandbox.core.registry import expands
from sandbox.core.store import Obj
from sandbox.payments import voucher_details
from sandbox.payments.bank_accounts import Account
from sandbox.payments.cards import Card
from sandbox.payments.payer import Method, Payer

expands("payment_method", customer="customer")


def billing_details(payer: Payer) -> Obj:
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {
        "address": {**address, "country": payer.country},
        "email": payer.email,
        "name": payer.name,
        "phone": None,
        "tax_id": None,
    }


def new_payment_method(box: Box, method: Method, payer: Payer) -> Obj:
    kind, members = members_of(method)
    payment_method = {
        "id": new_id("pm_1"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing_details(payer),
        "created": box.clock.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
        kind: members,
    }
    number = method.card.number if method.card else None
    return box.store.add(payment_method, card=number, expires=list(method.expires), payer=vars(payer))


def members_of(method: Method) -> tuple[str, Obj]:
    if method.card:
        return "card", card_members(method.card, method.expires)
    if method.voucher:
        return method.voucher.name, voucher_details.members_of(method.voucher)
    assert method.account is not None
    return method.account.type, account_members(method.account)


def fingerprint(number: str) -> str:
    """Return 16 characters that are always the same for a number, as at Stripe."""
    return hashlib.sha256(number.encode()).hexdigest()[:16]


def card_members(card: Card, expires: tuple[int, int]) -> Obj:
    month, year = expires
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "fail" if card.decline and card.decline.code == "incorrect_cvc" else "pass",
        },
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": fingerprint(card.number),
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def account_members(account: Account) -> Obj:
    shared = {"fingerprint": fingerprint(account.number), "last4": account.number[-4:]}
    if account.type == "sepa_debit":
        return {"bank_code": "19043", "branch_code": "", "country": "AT", "generated_from": None, **shared}
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": "110000000",
        "status_details": {},
        **shared,
    }
