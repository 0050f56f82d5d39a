"""The routes of Checkout Sessions. What customers do on the payment page is in ``session_actions``."""

from sandbox.catalog import line_items
from sandbox.checkout import modes, price_changes, session_features, session_totals
from sandbox.checkout.session_object import new_session
from sandbox.checkout.session_params import CREATE, UPDATE, check_choices, check_descriptor
from sandbox.core import lists, timers
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import Choice, Group, Text, merged_metadata
from sandbox.core.registry import expands, route, timer
from sandbox.core.store import Obj
from sandbox.pricing import taxes
from sandbox.webhooks.events import emit

expands(
    "checkout.session",
    payment_intent="payment_intent",
    customer="customer",
    invoice="invoice",
    payment_link=None,
    setup_intent=None,
    subscription="subscription",
)

RECOVERABLE_FOR = 30 * 24 * 3_600  # seconds after its expiry in which a session can be recovered


@route("POST", "/v1/checkout/sessions", returns="checkout.session", params=CREATE)
def create(box: Box, params: Obj) -> Obj:
    check_choices(params)
    session_features.check(box, params)
    return new(box, params)


def new(box: Box, params: Obj, *, recovered_from: str | None = None) -> Obj:
    """Return a stored session for checked parameters; it may replace one that has expired."""
    mode = modes.find(params["mode"])
    customer = customer_of(box, params)
    items = line_items.build(box, params.get("line_items", []))
    mode.check(box, params, items)
    session = new_session(box, params, items, customer)
    session["recovered_from"] = recovered_from
    data = {name: params.get(name, {}) for name in ("payment_intent_data", "subscription_data")}
    tax = taxes.new_tax(box, None, automatic=session["automatic_tax"]["enabled"])
    box.store.add(session, items=items, discount=None, tax=tax, params=params, **data)
    session_totals.write(box, session)
    check_descriptor(params.get("payment_intent_data", {}), session["payment_method_types"])
    price_changes.set_given(box, session, params.get("discounts", []))
    timers.schedule(box, "session.expire", session["id"], at=session["expires_at"])
    return session


def customer_of(box: Box, params: Obj) -> Obj | None:
    return box.find("customer", params["customer"], param="customer") if "customer" in params else None


@route("GET", "/v1/checkout/sessions/{session}", returns="checkout.session", params=Group())
def retrieve(box: Box, params: Obj, session: str) -> Obj:
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
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("checkout.session").created(params)
    filters.equal(
        params, "customer", "customer_account", "payment_intent", "payment_link", "status", "subscription"
    )
    if "customer_details" in params:
        filters.add("json_extract(body, '$.customer_details.email') = ?", params["customer_details"]["email"])
    return lists.page(box, filters, params, url="/v1/checkout/sessions")


@route("POST", "/v1/checkout/sessions/{session}", returns="checkout.session", params=UPDATE)
def update(box: Box, params: Obj, session: str) -> Obj:
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
def list_line_items(box: Box, params: Obj, session: str) -> Obj:
    found = box.find("checkout.session", session, param="session", in_path=True)
    return line_items.page_of(box, found, params)


@route("POST", "/v1/checkout/sessions/{session}/expire", returns="checkout.session", params=Group())
def expire(box: Box, params: Obj, session: str) -> Obj:
    found = box.find("checkout.session", session, param="session", in_path=True)
    if found["status"] != "open":
        raise wrong_status(found, "expired")
    return end(box, found)


def wrong_status(session: Obj, done: str) -> StripeError:
    return StripeError(
        f'Only Checkout Sessions with a status in ["open"] can be {done}. '
        f"This Checkout Session has a status of `{session['status']}`."
    )


@timer("session.expire")
def expire_by_time(box: Box, session_id: str) -> None:
    session = box.store.find(session_id)
    if session is not None and session["status"] == "open":
        end(box, session)


def end(box: Box, session: Obj) -> Obj:
    """Expire an open session."""
    session |= {"status": "expired", "url": None}
    if session["after_expiration"] and session["after_expiration"]["recovery"]["enabled"]:
        session["after_expiration"]["recovery"] |= {
            "expires_at": box.clock.now() + RECOVERABLE_FOR,
            "url": f"{box.settings.base_url}/c/recover/{session['id']}",
        }
    box.store.save(session)
    timers.unschedule(box, "session.expire", session["id"])
    modes.find(session["mode"]).after_expiry(box, session)
    emit(box, "checkout.session.expired", session)
    return session


def recover(box: Box, session: Obj) -> Obj | None:
    """Return an open copy of an expired session, or None if it can't be recovered any more."""
    recovery = (session["after_expiration"] or {}).get("recovery")
    if not recovery or not recovery["url"] or recovery["expires_at"] <= box.clock.now():
        return None
    params = {**box.store.private(session["id"])["params"]}
    params.pop("expires_at", None)
    if recovery["allow_promotion_codes"] and "discounts" not in params:
        params["allow_promotion_codes"] = True
    return new(box, params, recovered_from=session["id"])
