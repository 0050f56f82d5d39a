"""Configurations of the billing portal: what customers can do in it."""

from typing import Any

from sandbox.billing.billing_rules import rules
from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.ids import new_id
from sandbox.core.params import (
    Boolean,
    Choice,
    Group,
    Items,
    Metadata,
    Text,
    merged_metadata,
    required,
    unsupported,
)
from sandbox.core.registry import expands, route
from sandbox.core.store import Obj
from sandbox.core.validators import web_address
from sandbox.subscriptions.subscription_params import FEEDBACK, PRORATION
from sandbox.webhooks.events import emit
from sandbox.webhooks.previous_attributes import previous

MOST_PRODUCTS = 10

expands("billing_portal.configuration", application=None)


def features(*, is_new: bool) -> Group:
    """Return the parameters for features; a new configuration must say which are enabled."""
    enabled = Boolean(required=is_new)
    reason = Group(
        enabled=Boolean(required=True),
        options=Items(Choice(*FEEDBACK), unset=True, required=is_new),
        **unsupported("feedback_options"),
    )
    product = Group(
        product=Text(required=True),
        prices=Items(Text(), required=True),
        **unsupported("adjustable_quantity"),
    )
    return Group(
        customer_update=Group(
            enabled=enabled,
            allowed_updates=Items(
                Choice("address", "email", "name", "phone", "shipping", "tax_id"), unset=True
            ),
        ),
        invoice_history=Group(enabled=Boolean(required=True)),
        payment_method_update=Group(
            enabled=Boolean(required=True), **unsupported("payment_method_configuration")
        ),
        subscription_cancel=Group(
            enabled=enabled,
            cancellation_reason=reason,
            mode=Choice("at_period_end", "immediately"),
            proration_behavior=Choice("none"),
        ),
        subscription_update=Group(
            enabled=enabled,
            default_allowed_updates=Items(Choice("price", "promotion_code", "quantity"), unset=True),
            products=Items(product, most=MOST_PRODUCTS, unset=True),
            proration_behavior=PRORATION,
            trial_update_behavior=Choice("continue_trial", "end_trial"),
            **unsupported("billing_cycle_anchor schedule_at_period_end"),
        ),
        **unsupported("subscription_pause"),
    )


PROFILE = Group(
    headline=Text(longest=60, unset=True),
    privacy_policy_url=Text(check=web_address),
    terms_of_service_url=Text(check=web_address),
)
CREATE = Group(
    business_profile=PROFILE,
    default_return_url=Text(unset=True, check=web_address),
    features=required(features(is_new=True)),
    metadata=Metadata(),
    name=Text(unset=True),
    **unsupported("login_page"),
)
UPDATE = Group(
    active=Boolean(),
    business_profile=PROFILE,
    default_return_url=Text(unset=True, check=web_address),
    features=features(is_new=False),
    metadata=Metadata(unset=True),
    name=Text(unset=True),
    **unsupported("login_page"),
)
NO_REASON: dict[str, Any] = {"enabled": False, "feedback_options": None, "options": []}
DEFAULT_FEATURES: dict[str, dict[str, Any]] = {  # of a configuration that doesn't name them
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": NO_REASON,
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_pause": {
        "duration": {"interval_options": [], "type": "interval_options"},
        "enabled": False,
    },
    "subscription_update": {
        "billing_cycle_anchor": "unchanged",
        "default_allowed_updates": [],
        "enabled": False,
        "products": None,
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}
# The configuration of the dashboard allows everything.
DASHBOARD_FEATURES = {
    "customer_update": {"allowed_updates": ["name", "email", "address", "phone"], "enabled": True},
    "invoice_history": {"enabled": True},
    "payment_method_update": {"enabled": True},
    "subscription_cancel": {"enabled": True},
    "subscription_update": {
        "default_allowed_updates": ["price"],
        "enabled": True,
        "proration_behavior": "create_prorations",
    },
}


def new_configuration(box: Box, params: Obj, *, is_default: bool) -> Obj:
    moment = box.clock.now()
    configuration = {
        "id": new_id("bpc_1"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {
            **dict.fromkeys(("headline", "privacy_policy_url", "terms_of_service_url")),
            **params.get("business_profile", {}),
        },
        "created": moment,
        "default_return_url": params.get("default_return_url") or None,
        "features": with_features(box, DEFAULT_FEATURES, params["features"]),
        "is_default": is_default,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": merged_metadata({}, params.get("metadata", {})),
        "name": params.get("name") or None,
        "updated": moment,
    }
    return box.store.add(configuration)


def with_features(box: Box, old: Obj, given: Obj) -> Obj:
    """Return ``old`` updated by ``given``; raise ``StripeError`` for an unknown product or price."""
    found = {name: {**members, **given.get(name, {})} for name, members in old.items()}
    cancel, update = found["subscription_cancel"], found["subscription_update"]
    cancel["cancellation_reason"] = {**NO_REASON, **cancel["cancellation_reason"]}
    if "products" in given.get("subscription_update", {}):
        update["products"] = [checked_product(box, entry, n) for n, entry in enumerate(update["products"])]
    return found


def checked_product(box: Box, entry: Obj, position: int) -> Obj:
    param = f"features[subscription_update][products][{position}]"
    box.find("product", entry["product"], param=f"{param}[product]")
    for number, price in enumerate(entry["prices"]):
        box.find("price", price, param=f"{param}[prices][{number}]")
    quantity = {"enabled": False, "maximum": None, "minimum": 0}
    return {"adjustable_quantity": quantity, "prices": entry["prices"], "product": entry["product"]}


def default(box: Box) -> Obj | None:
    """Return the dashboard's configuration, created when first asked for; None if it isn't saved there."""
    if not rules(box.store).portal_is_saved:
        return None
    row = box.store.execute(
        "SELECT id FROM object WHERE kind = 'billing_portal.configuration' "
        "AND json_extract(body, '$.is_default')"
    ).fetchone()
    if row is not None:
        return box.store.get(row["id"])
    return new_configuration(box, {"features": DASHBOARD_FEATURES}, is_default=True)


@route("POST", "/v1/billing_portal/configurations", returns="billing_portal.configuration", params=CREATE)
def create(box: Box, params: Obj) -> Obj:
    configuration = new_configuration(box, params, is_default=False)
    emit(box, "billing_portal.configuration.created", configuration)
    return configuration


@route(
    "GET",
    "/v1/billing_portal/configurations/{configuration}",
    returns="billing_portal.configuration",
    params=Group(),
)
def retrieve(box: Box, params: Obj, configuration: str) -> Obj:
    return box.find("billing_portal.configuration", configuration, param="configuration", in_path=True)


@route(
    "POST",
    "/v1/billing_portal/configurations/{configuration}",
    returns="billing_portal.configuration",
    params=UPDATE,
)
def update(box: Box, params: Obj, configuration: str) -> Obj:
    found = box.find("billing_portal.configuration", configuration, param="configuration", in_path=True)
    before = dict(found)
    if "active" in params:
        found["active"] = params["active"]
    found |= {name: params[name] or None for name in ("default_return_url", "name") if name in params}
    found["business_profile"] = found["business_profile"] | params.get("business_profile", {})
    found["features"] = with_features(box, found["features"], params.get("features", {}))
    if "metadata" in params:
        found["metadata"] = merged_metadata(found["metadata"], params["metadata"])
    if changed := previous(before, found):
        found["updated"] = box.clock.now()
        box.store.save(found)
        emit(box, "billing_portal.configuration.updated", found, previous=changed)
    return found


@route(
    "GET",
    "/v1/billing_portal/configurations",
    returns="list:billing_portal.configuration",
    params=lists.paging(active=Boolean(), is_default=Boolean()),
)
def list_all(box: Box, params: Obj) -> Obj:
    default(box)
    filters = lists.Filters("billing_portal.configuration").equal(params, "active", "is_default")
    return lists.page(box, filters, params, url="/v1/billing_portal/configurations")
