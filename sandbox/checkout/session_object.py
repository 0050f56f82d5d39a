"""A Checkout Session as the API shows it."""

from sandbox.checkout import session_features
from sandbox.core.account import Account
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id
from sandbox.core.params import merged_metadata
from sandbox.core.store import Obj

SHORTEST_LIFE = 30 * 60  # seconds
LONGEST_LIFE = 24 * 3_600  # seconds; also the default


def expiry_of(box: Box, params: Obj) -> int:
    """Return when the session expires; raise ``StripeError`` if that is outside Stripe's bounds."""
    moment = box.clock.now()
    expires_at = int(params.get("expires_at", moment + LONGEST_LIFE))
    if expires_at < moment + SHORTEST_LIFE:
        raise StripeError(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
            param="expires_at",
        )
    if expires_at > moment + LONGEST_LIFE:
        raise StripeError(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return expires_at


def new_session(box: Box, params: Obj, items: list[Obj], customer: Obj | None) -> Obj:
    """Return an open session with every member that Stripe sends."""
    session_id = new_id("cs_test_")
    subscribes = params["mode"] == "subscription"
    currency = items[0]["currency"]
    email = params.get("customer_email") or (customer or {}).get("email")
    session = {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": params.get("adaptive_pricing", {}).get("enabled", True)},
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": 0,  # ``session_totals`` writes the amounts
        "amount_total": 0,
        "automatic_tax": automatic_tax(params),
        "billing_address_collection": params.get("billing_address_collection"),
        "branding_settings": branding_settings(Account(box.store)),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": dict.fromkeys(COLLECTED) if customer else None,
        "created": box.clock.now(),
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "customer": customer["id"] if customer else None,
        "customer_account": None,
        "customer_creation": None if customer else creation_of(params),
        "customer_details": details(email=email) if email else None,
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": expiry_of(box, params),
        "integration_identifier": None,
        "invoice": None,
        "livemode": False,
        "locale": params.get("locale"),
        "managed_payments": {"enabled": False},
        "metadata": merged_metadata({}, params.get("metadata", {})),
        "mode": params["mode"],
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": params.get(
            "payment_method_collection", "always" if subscribes else "if_required"
        ),
        "payment_method_configuration_details": configuration_details(Account(box.store)),
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": [],
        "payment_status": "unpaid",
        "permissions": None,
        "recovered_from": None,
        "saved_payment_method_options": dict(SAVED_METHODS) if customer else None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{box.settings.base_url}/c/pay/{session_id}#sandbox",
        "wallet_options": None,
        **session_features.members(params),
    }
    if "excluded_payment_method_types" in params:
        session["excluded_payment_method_types"] = params["excluded_payment_method_types"]
    return session


def automatic_tax(params: Obj) -> Obj:
    if not params.get("automatic_tax", {}).get("enabled"):
        return {"enabled": False, "liability": None, "provider": None, "status": None}
    liability = {"type": "self"}
    return {
        "enabled": True,
        "liability": liability,
        "provider": "stripe",
        "status": "requires_location_inputs",
    }


def branding_settings(account: Account) -> Obj:
    """Return how Stripe's page looks until the owner changes it."""
    return {
        "background_color": "#ffffff",
        "border_style": "rounded",
        "button_color": "#0074d4",
        "display_name": account.display_name,
        "font_family": "default",
        "icon": None,
        "logo": None,
    }


def configuration_details(account: Account) -> Obj:
    """Return where the payment method types come from: the account's only configuration."""
    return {"id": f"pmc_1{account.id.removeprefix('acct_1')}", "parent": None}


def creation_of(params: Obj) -> str:
    usual = "always" if params["mode"] == "subscription" else "if_required"
    return str(params.get("customer_creation", usual))


def needs_payment_method(session: Obj) -> bool:
    """Return whether the page asks for a payment method: to pay now, or later for a subscription."""
    later = session["mode"] == "subscription" and session["payment_method_collection"] == "always"
    return later or session["amount_total"] > 0


SAVED_METHODS = {  # of a customer that Stripe knows, by default
    "allow_redisplay_filters": ["always"],
    "payment_method_remove": "disabled",
    "payment_method_save": None,
}
COLLECTED = ("business_name", "individual_name", "shipping_details")


def details(*, email: str | None, name: str | None = None, country: str | None = None) -> Obj:
    """Return a session's ``customer_details``; the country is known once it is paid."""
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {
        "address": {**address, "country": country} if country else None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [] if country else None,
    }
