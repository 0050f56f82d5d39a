"""The account itself, as its owner's key sees it. There are no others."""

from typing import Any

from sandbox.core import lists
from sandbox.core.account import Account, fact, no_access
from sandbox.core.box import Box
from sandbox.core.params import Group
from sandbox.core.registry import route
from sandbox.core.store import Obj

CAPABILITIES = ("card_payments", "sepa_debit_payments", "transfers", "us_bank_account_ach_payments")
REQUIREMENTS = ("current_deadline", "disabled_reason")
REQUIREMENT_LISTS = ("alternatives", "currently_due", "errors", "eventually_due", "past_due")


def yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("give true or false")
    return value


fact("charges_enabled", True, yes_or_no)
fact("payouts_enabled", True, yes_or_no)


def account_object(account: Account) -> Obj:
    return {
        "id": account.id,
        "object": "account",
        "business_profile": business_profile(account),
        "business_type": "company",
        "capabilities": dict.fromkeys(CAPABILITIES, "active"),
        "charges_enabled": account["charges_enabled"],
        "controller": {"type": "account"},
        "country": account.country,
        "created": account.created,
        "default_currency": account.default_currency,
        "details_submitted": True,
        "email": account["support_email"],
        "future_requirements": requirements(),
        "metadata": {},
        "payouts_enabled": account["payouts_enabled"],
        "requirements": requirements(),
        "settings": settings(account),
        "tos_acceptance": {"date": account.created},
        "type": "standard",
    }


def business_profile(account: Account) -> Obj:
    return {
        "annual_revenue": None,
        "estimated_worker_count": None,
        "mcc": "7922",  # theatrical producers and ticket agencies
        "minority_owned_business_designation": None,
        "name": account.display_name,
        "product_description": None,
        "specified_commercial_transactions_act_url": None,
        "support_address": None,
        "support_email": account["support_email"],
        "support_phone": None,
        "support_url": None,
        "url": account["url"],
    }


def requirements() -> Obj:
    nothing: Obj = {name: [] for name in (*REQUIREMENT_LISTS, "pending_verification")}
    return {**nothing, **dict.fromkeys(REQUIREMENTS)}


def settings(account: Account) -> Obj:
    """Return the Dashboard's settings. The terms' address is not among them, as at Stripe."""
    descriptor = account.statement_descriptor
    return {
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": descriptor[:10].strip() if descriptor else None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": account.display_name, "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": "offer"},
        "payments": {
            "statement_descriptor": descriptor,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }


@route("GET", "/v1/account", returns="account", params=Group())
def retrieve_current(box: Box, params: Obj) -> Obj:
    return account_object(Account(box.store))


@route("GET", "/v1/accounts/{account}", returns="account", params=Group())
def retrieve(box: Box, params: Obj, account: str) -> Obj:
    own = Account(box.store)
    if account != own.id:
        raise no_access(account)
    return account_object(own)


@route("GET", "/v1/accounts", returns="list:account", params=lists.paging(created=lists.CREATED))
def list_all(box: Box, params: Obj) -> Obj:
    """Return the connected accounts: none, as this account is no platform."""
    return lists.envelope([], has_more=False, url="/v1/accounts")
