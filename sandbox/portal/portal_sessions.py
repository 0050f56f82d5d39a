"""The route of billing portal sessions. Their pages are in ``pages.portal_pages``."""

from sandbox.billing.subscription_object import ENDED
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id
from sandbox.core.params import Choice, Group, Text, unsupported
from sandbox.core.registry import expands, route
from sandbox.core.store import Obj
from sandbox.core.validators import web_address
from sandbox.inventory.locales import LOCALES
from sandbox.portal import portal_configurations
from sandbox.webhooks.events import emit

expands("billing_portal.session", configuration="billing_portal.configuration")

MORE_LOCALES = ("en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-SG")
OF_SUBSCRIPTION = ("subscription_cancel", "subscription_update")
FLOW = Group(
    type=Choice("customer_update", "payment_method_update", *OF_SUBSCRIPTION, required=True),
    after_completion=Group(
        type=Choice("hosted_confirmation", "portal_homepage", "redirect", required=True),
        hosted_confirmation=Group(custom_message=Text(longest=500)),
        redirect=Group(return_url=Text(required=True, check=web_address)),
    ),
    subscription_cancel=Group(subscription=Text(required=True), **unsupported("retention")),
    subscription_update=Group(subscription=Text(required=True)),
    **unsupported("subscription_pause subscription_update_confirm"),
)
CREATE = Group(
    configuration=Text(),
    customer=Text(required=True),
    flow_data=FLOW,
    locale=Choice(*(name for name in LOCALES if name != "hi-IN"), *MORE_LOCALES),
    return_url=Text(check=web_address),
    **unsupported("after_expiration customer_account on_behalf_of"),
)


@route("POST", "/v1/billing_portal/sessions", returns="billing_portal.session", params=CREATE)
def create(box: Box, params: Obj) -> Obj:
    customer = box.find("customer", params["customer"], param="customer")
    configuration = configuration_of(box, params)
    session_id = new_id("bps_1")
    session = {
        "id": session_id,
        "object": "billing_portal.session",
        "after_expiration": None,
        "configuration": configuration["id"],
        "created": box.clock.now(),
        "customer": customer["id"],
        "customer_account": None,
        "flow": flow_of(box, customer, configuration, params["flow_data"]) if "flow_data" in params else None,
        "livemode": False,
        "locale": params.get("locale"),
        "on_behalf_of": None,
        "return_url": params.get("return_url") or configuration["default_return_url"],
        "url": f"{box.settings.base_url}/p/session/{session_id}",
    }
    box.store.add(session)
    emit(box, "billing_portal.session.created", session)
    return session


def configuration_of(box: Box, params: Obj) -> Obj:
    if "configuration" not in params:
        return default_configuration(box)
    found = box.find("billing_portal.configuration", params["configuration"], param="configuration")
    if not found["active"]:
        raise StripeError("This configuration is not active.", param="configuration")
    return found


def default_configuration(box: Box) -> Obj:
    found = portal_configurations.default(box)
    if found is None:
        raise StripeError(
            "You can’t create a portal session in test mode until you save your customer portal settings in "
            "test mode at https://dashboard.stripe.com/test/settings/billing/portal."
        )
    return found


def flow_of(box: Box, customer: Obj, configuration: Obj, data: Obj) -> Obj:
    """Return a session's ``flow``: the one action that it leads the customer through."""
    kind, members = data["type"], dict.fromkeys(("customer_update", "subscription_pause", *OF_SUBSCRIPTION))
    if not configuration["features"][kind]["enabled"]:
        raise StripeError(
            f"The flow `{kind}` can't be used: the portal configuration has this feature disabled.",
            param="flow_data[type]",
        )
    if kind == "customer_update":
        members[kind] = {}
    if kind in OF_SUBSCRIPTION:
        members[kind] = subject_of(box, customer, kind, data.get(kind))
    after = {"hosted_confirmation": None, "redirect": None, "type": "portal_homepage"}
    given = data.get("after_completion", {})
    if given.get("type") == "redirect" and "redirect" not in given:
        raise StripeError(
            "Missing required param: flow_data[after_completion][redirect].",
            code="parameter_missing",
            param="flow_data[after_completion][redirect]",
        )
    return {
        **members,
        "after_completion": after | given,
        "subscription_update_confirm": None,
        "type": kind,
    }


def subject_of(box: Box, customer: Obj, kind: str, data: Obj | None) -> Obj:
    param = f"flow_data[{kind}]"
    if data is None:
        raise StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)
    found = box.find("subscription", data["subscription"], param=f"{param}[subscription]")
    if found["customer"] != customer["id"]:
        raise StripeError(
            "The subscription doesn't belong to the session's customer.", param=f"{param}[subscription]"
        )
    check_state(found, kind, f"{param}[subscription]")
    retention = {"retention": None} if kind == "subscription_cancel" else {}
    return {"subscription": found["id"], **retention}


def check_state(subscription: Obj, kind: str, param: str) -> None:
    """Raise ``StripeError`` for a subscription that this flow can't change any more."""
    if subscription["status"] in ENDED:
        raise StripeError(
            f"This subscription is {subscription['status']}; a flow can't change it.", param=param
        )
    if kind == "subscription_cancel" and subscription["cancel_at"] is not None:
        raise StripeError("This subscription is set to cancel already.", param=param)
