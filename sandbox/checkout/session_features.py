"""What a session asks its customer for or does afterwards, and only if the shop wants it."""

from sandbox.core.account import Account
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import Boolean, Choice, Field, Group, Metadata, Text, merged_metadata, unsupported
from sandbox.core.store import Obj
from sandbox.payments.payer import Payer

TEXTS = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
LONGEST_TEXT = 1_200
NO_TERMS = (
    "You cannot collect consent to your terms of service unless a URL is set in the Stripe Dashboard. Update "
    "your public business details in the Dashboard https://dashboard.stripe.com/settings/public with a Terms "
    "of service URL to collect terms of service consent."
)
NEEDS_NAME = (
    "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an "
    "existing customer, please set `customer_update[name]` to `auto`."
)
NO_INVOICE: dict[str, object] = {
    "account_tax_ids": None,
    "custom_fields": None,
    "description": None,
    "footer": None,
    "issuer": None,
    "metadata": {},
    "rendering_options": None,
}

PARAMS: dict[str, Field] = {
    "after_expiration": Group(
        recovery=Group(allow_promotion_codes=Boolean(), enabled=Boolean(required=True))
    ),
    "consent_collection": Group(
        promotions=Choice("auto", "none"),
        terms_of_service=Choice("none", "required"),
        **unsupported("payment_method_reuse_agreement"),
    ),
    "custom_text": Group(
        **{name: Group(message=Text(longest=LONGEST_TEXT, required=True)) for name in TEXTS}
    ),
    "customer_update": Group(
        address=Choice("auto", "never"), name=Choice("auto", "never"), shipping=Choice("auto", "never")
    ),
    "invoice_creation": Group(
        enabled=Boolean(required=True),
        invoice_data=Group(
            description=Text(longest=1500),
            footer=Text(longest=5000),
            metadata=Metadata(),
            **unsupported("account_tax_ids custom_fields issuer rendering_options"),
        ),
    ),
    "phone_number_collection": Group(enabled=Boolean(required=True)),
    "tax_id_collection": Group(enabled=Boolean(required=True), required=Choice("if_supported", "never")),
}


def check(box: Box, params: Obj) -> None:
    """Raise ``StripeError`` for what the account or the session's other parameters don't allow."""
    consent = params.get("consent_collection", {})
    if consent.get("terms_of_service") == "required" and not Account(box.store).terms_of_service_url:
        raise StripeError(NO_TERMS, param="consent_collection[terms_of_service]")
    if consent.get("promotions") == "auto":
        raise StripeError(
            "`consent_collection.promotions` is not available in your country.",
            param="consent_collection[promotions]",
        )
    if "customer_update" in params and "customer" not in params:
        raise StripeError("`customer_update` can only be used with `customer`.", param="customer_update")
    wants_tax_id = params.get("tax_id_collection", {}).get("enabled")
    if wants_tax_id and "customer" in params and params.get("customer_update", {}).get("name") != "auto":
        raise StripeError(NEEDS_NAME, param="customer_update[name]")
    if params["mode"] == "subscription" and "invoice_creation" in params:
        raise StripeError(
            "You can not pass `invoice_creation` in `subscription` mode.", param="invoice_creation"
        )


def members(params: Obj) -> Obj:
    """Return a new session's members about these features."""
    given = params.get("consent_collection")
    found: Obj = {
        "after_expiration": recovery(params),
        "consent": {"promotions": None, "terms_of_service": None} if given else None,
        "consent_collection": given
        and {
            "payment_method_reuse_agreement": None,
            "promotions": given.get("promotions", "none"),
            "terms_of_service": given.get("terms_of_service", "none"),
        },
        "custom_text": {name: params.get("custom_text", {}).get(name) for name in TEXTS},
        "invoice_creation": None if params["mode"] == "subscription" else invoice_creation(params),
        "phone_number_collection": params.get("phone_number_collection", {"enabled": False}),
    }
    if "tax_id_collection" in params:
        found["tax_id_collection"] = {"required": "never", **params["tax_id_collection"]}
    return found


def recovery(params: Obj) -> Obj | None:
    given = params.get("after_expiration", {}).get("recovery")
    if given is None:
        return None
    plain = {"allow_promotion_codes": False, "expires_at": None, "url": None}
    return {"recovery": plain | given}


def invoice_creation(params: Obj) -> Obj:
    given = params.get("invoice_creation", {"enabled": False})
    data = given.get("invoice_data", {})
    kept = NO_INVOICE | data | {"metadata": merged_metadata({}, data.get("metadata", {}))}
    return {"enabled": given["enabled"], "invoice_data": kept}


def asks_for_consent(session: Obj) -> bool:
    return bool((session["consent_collection"] or {}).get("terms_of_service") == "required")


def asks_for_tax_id(session: Obj) -> bool:
    return bool(session.get("tax_id_collection", {}).get("enabled"))


def asks_for_phone(session: Obj) -> bool:
    return bool(session["phone_number_collection"]["enabled"])


def makes_invoice(session: Obj) -> bool:
    return bool((session["invoice_creation"] or {}).get("enabled"))


def answers(session: Obj, payer: Payer) -> Obj:
    """Return what a complete session says about what its customer agreed to and entered."""
    found: Obj = {}
    if asks_for_consent(session):
        found["consent"] = {"promotions": None, "terms_of_service": "accepted"}
    details = session["customer_details"]
    if asks_for_phone(session):
        details = details | {"phone": payer.phone}
    if asks_for_tax_id(session) and payer.tax_id:
        kind, value = payer.tax_id
        details = details | {
            "business_name": payer.business_name,
            "tax_ids": [{"type": kind, "value": value}],
        }
    return found | {"customer_details": details}
