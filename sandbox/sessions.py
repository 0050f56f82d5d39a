"""Checkout Sessions: the API's half. What happens on the hosted page is in ``checkout``."""

from typing import TYPE_CHECKING

from sandbox import clock, line_items, lists, modes
from sandbox.checks import email_address, web_address
from sandbox.errors import StripeError
from sandbox.events import emit
from sandbox.ids import new_id
from sandbox.params import (
    Boolean,
    Choice,
    Group,
    Integer,
    Items,
    Metadata,
    Text,
    merged_metadata,
    unsupported,
)
from sandbox.payment_methods import ALL_TYPES, EXCLUDABLE, offered_types
from sandbox.registry import expands, route, timer
from sandbox.words import words

if TYPE_CHECKING:
    from sandbox.box import Box
    from sandbox.store import Obj

SHORTEST_LIFE = 30 * 60  # seconds
LONGEST_LIFE = 24 * 3_600  # seconds; also the usual life
LOCALES = words(
    "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl "
    "pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW"
)

expands(
    "checkout.session",
    payment_intent="payment_intent",
    customer="customer",
    invoice=None,
    payment_link=None,
    setup_intent=None,
    subscription=None,
)

PAYMENT_INTENT_DATA = Group(
    metadata=Metadata(),
    description=Text(longest=1000),
    capture_method=Choice("automatic", "automatic_async", "manual"),
    receipt_email=Text(longest=800, check=email_address),
    statement_descriptor=Text(longest=22),
    statement_descriptor_suffix=Text(longest=22),
    transfer_group=Text(),
    on_behalf_of=Text(),
    application_fee_amount=Integer(least=0),
    transfer_data=Group(destination=Text(required=True), amount=Integer(least=0)),
    **unsupported("setup_future_usage shipping"),
)

CREATE = Group(
    mode=Choice("payment", "setup", "subscription", required=True),
    line_items=Items(line_items.LINE_ITEM),
    success_url=Text(check=web_address),
    cancel_url=Text(check=web_address),
    client_reference_id=Text(longest=200),
    currency=Text(),
    customer=Text(),
    customer_email=Text(longest=800, check=email_address),
    customer_creation=Choice("always", "if_required"),
    metadata=Metadata(),
    expires_at=Integer(),
    payment_intent_data=PAYMENT_INTENT_DATA,
    allow_promotion_codes=Boolean(),
    locale=Choice(*LOCALES),
    submit_type=Choice("auto", "book", "donate", "pay", "subscribe"),
    ui_mode=Choice("elements", "embedded_page", "form", "hosted_page"),
    billing_address_collection=Choice("auto", "required"),
    payment_method_collection=Choice("always", "if_required"),
    allowed_payment_method_types=Items(Choice(*ALL_TYPES)),
    excluded_payment_method_types=Items(Choice(*EXCLUDABLE)),
    **unsupported(
        "adaptive_pricing after_expiration automatic_tax branding_settings consent_collection custom_fields "
        "custom_text customer_account customer_update discounts integration_identifier invoice_creation "
        "managed_payments name_collection optional_items origin_context payment_method_configuration "
        "payment_method_data payment_method_options permissions phone_number_collection "
        "redirect_on_completion return_url saved_payment_method_options setup_intent_data "
        "shipping_address_collection shipping_options subscription_data tax_id_collection wallet_options"
    ),
)

UPDATE = Group(
    metadata=Metadata(unset=True),
    payment_intent_data=Group(
        metadata=Metadata(unset=True),
        **unsupported("description setup_future_usage statement_descriptor statement_descriptor_suffix"),
    ),
    **unsupported("collected_information line_items shipping_options"),
)


@route("POST", "/v1/checkout/sessions", returns="checkout.session", params=CREATE)
def create(box: "Box", params: "Obj") -> "Obj":
    check(params)
    mode = modes.find(params["mode"])
    customer = customer_of(box, params)
    items = line_items.build(box, params.get("line_items", []))
    mode.check(box, params, items)
    session = new_session(box, params, items, customer)
    box.store.add(session, items=items, payment_intent_data=params.get("payment_intent_data", {}))
    clock.schedule(box, "session.expire", session["id"], at=session["expires_at"])
    return session


def check(params: "Obj") -> None:
    """Refuse what belongs to other modes and pages than the sandbox has."""
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise StripeError("The sandbox only has hosted_page. Stripe has others.", param="ui_mode")
    if "success_url" not in params:
        raise StripeError(
            "Missing required param: success_url.", code="parameter_missing", param="success_url"
        )
    if "customer" in params and "customer_email" in params:
        raise StripeError(
            "You may only specify one of these parameters: customer, customer_email.",
            code="parameters_exclusive",
            param="customer_email",
        )
    if "allowed_payment_method_types" in params and "excluded_payment_method_types" in params:
        raise StripeError(
            "You may only specify one of these parameters: allowed_payment_method_types, "
            "excluded_payment_method_types.",
            code="parameters_exclusive",
            param="excluded_payment_method_types",
        )


def customer_of(box: "Box", params: "Obj") -> "Obj | None":
    return box.find("customer", params["customer"], param="customer") if "customer" in params else None


def expiry_of(box: "Box", params: "Obj") -> int:
    """Return the moment the session ends, within Stripe's bounds."""
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


def new_session(box: "Box", params: "Obj", items: list["Obj"], customer: "Obj | None") -> "Obj":
    """Return an open session with every member that Stripe sends."""
    session_id = new_id("cs_test_")
    total = line_items.total_of(items)
    currency = items[0]["currency"]
    email = params.get("customer_email") or (customer or {}).get("email")
    session = {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
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
        "customer_creation": None if customer else params.get("customer_creation", "if_required"),
        "customer_details": details(email=email) if email else None,
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": expiry_of(box, params),
        "integration_identifier": None,
        "invoice": None,
        "invoice_creation": {"enabled": False, "invoice_data": NO_INVOICE},
        "livemode": False,
        "locale": params.get("locale"),
        "managed_payments": {"enabled": False},
        "metadata": merged_metadata({}, params.get("metadata", {})),
        "mode": params["mode"],
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": params.get("payment_method_collection", "if_required"),
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": offered_types(params, currency),
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


NO_INVOICE: dict[str, object] = {
    "account_tax_ids": None,
    "custom_fields": None,
    "description": None,
    "footer": None,
    "issuer": None,
    "metadata": {},
    "rendering_options": None,
}


def details(*, email: str | None, name: str | None = None, country: str | None = None) -> "Obj":
    """Return a session's ``customer_details``; the address is known once somebody has paid."""
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


@route("GET", "/v1/checkout/sessions/{session}", returns="checkout.session", params=Group())
def retrieve(box: "Box", params: "Obj", session: str) -> "Obj":
    return box.find("checkout.session", session, param="session", in_path=True)


@route(
    "GET",
    "/v1/checkout/sessions",
    returns="list:checkout.session",
    params=lists.paging(
        created=lists.CREATED,
        customer=Text(),
        customer_account=Text(),
        customer_details=Group(email=Text(required=True)),
        payment_intent=Text(),
        payment_link=Text(),
        status=Choice("complete", "expired", "open"),
        subscription=Text(),
    ),
)
def list_all(box: "Box", params: "Obj") -> "Obj":
    filters = lists.Filters("checkout.session").created(params)
    filters.equal(
        params, "customer", "customer_account", "payment_intent", "payment_link", "status", "subscription"
    )
    if "customer_details" in params:
        filters.add("json_extract(body, '$.customer_details.email') = ?", params["customer_details"]["email"])
    return lists.page(box, filters, params, url="/v1/checkout/sessions")


@route("POST", "/v1/checkout/sessions/{session}", returns="checkout.session", params=UPDATE)
def update(box: "Box", params: "Obj", session: str) -> "Obj":
    found = box.find("checkout.session", session, param="session", in_path=True)
    if found["status"] != "open":
        raise wrong_status(found, "updated")
    if "metadata" in params:
        found["metadata"] = merged_metadata(found["metadata"], params["metadata"])
        box.store.save(found)
    if "payment_intent_data" in params:
        kept = box.store.private(session)["payment_intent_data"]
        given = params["payment_intent_data"]
        if "metadata" in given:
            kept["metadata"] = merged_metadata(kept.get("metadata", {}), given["metadata"])
        box.store.keep(session, payment_intent_data=kept)
    return found


@route(
    "GET",
    "/v1/checkout/sessions/{session}/line_items",
    returns="list:item",
    params=lists.paging(),
)
def list_line_items(box: "Box", params: "Obj", session: str) -> "Obj":
    found = box.find("checkout.session", session, param="session", in_path=True)
    return line_items.page_of(box, found, params)


@route("POST", "/v1/checkout/sessions/{session}/expire", returns="checkout.session", params=Group())
def expire(box: "Box", params: "Obj", session: str) -> "Obj":
    found = box.find("checkout.session", session, param="session", in_path=True)
    if found["status"] != "open":
        raise wrong_status(found, "expired")
    return end(box, found)


def wrong_status(session: "Obj", done: str) -> StripeError:
    return StripeError(
        f'Only Checkout Sessions with a status in ["open"] can be {done}. '
        f"This Checkout Session has a status of `{session['status']}`."
    )


@timer("session.expire")
def expire_by_time(box: "Box", session_id: str) -> None:
    session = box.store.find(session_id)
    if session is not None and session["status"] == "open":
        end(box, session)


def end(box: "Box", session: "Obj") -> "Obj":
    """Expire an open session."""
    session |= {"status": "expired", "url": None}
    box.store.save(session)
    clock.unschedule(box, "session.expire", session["id"])
    modes.find(session["mode"]).ended(box, session)
    emit(box, "checkout.session.expired", session)
    return session
