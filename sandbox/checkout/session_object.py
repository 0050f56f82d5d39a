"""A Checkout Session as the API shows it."""

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
        "after_expiration": None,
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "amount_subtotal": 0,  # ``session_totals`` writes the amounts
        "amount_total": 0,
        "automatic_tax": automatic_tax(params),
        "billing_address_collection": params.get("billing_address_collection"),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": box.clock.now(),
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer": customer["id"] if customer else None,
        "customer_account": None,
        "customer_creation": None if customer else creation_of(params),
        "customer_details": details(email=email) if email else None,
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": expiry_of(box, params),
        "integration_identifier": None,
        "invoice": None,
        "invoice_creation": None if subscribes else {"enabled": False, "invoice_data": NO_INVOICE},
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
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": [],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
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
    }
    for name in ("allowed_payment_method_types", "excluded_payment_method_types"):
        if name in params:
            session[name] = params[name]
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


def creation_of(params: Obj) -> str:
    usual = "always" if params["mode"] == "subscription" else "if_required"
    return str(params.get("customer_creation", usual))


def needs_payment_method(session: Obj) -> bool:
    """Return whether the page asks for a payment method: to pay now, or later for a subscription."""
    later = session["mode"] == "subscription" and session["payment_method_collection"] == "always"
    return later or session["amount_total"] > 0


NO_INVOICE: dict[str, object] = {
    "account_tax_ids": None,
    "custom_fields": None,
    "description": None,
    "footer": None,
    "issuer": None,
    "metadata": {},
    "rendering_options": None,
}


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
