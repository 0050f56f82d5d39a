"""What a customer does in the billing portal. Used by its pages and by the control surface."""

from sandbox.billing.billing_rules import rules
from sandbox.billing.subscription_object import ENDED, change, subscriptions_of
from sandbox.billing.subscription_status import end
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.core.validators import is_email
from sandbox.payments import cards
from sandbox.payments.customers import ADDRESS_MEMBERS
from sandbox.payments.customers import change as change_customer
from sandbox.payments.payer import Method, Payer
from sandbox.payments.payment_methods import new_payment_method
from sandbox.payments.saved_cards import attach_to
from sandbox.subscriptions.subscription_changes import apply

DETAILS = ("name", "email", "phone")


def cancel_at_end(box: Box, subscription: Obj, details: Obj | None = None) -> Obj:
    """Cancel a subscription at the end of its period, with the member that ``portal_cancels_by`` names."""
    by_flag = rules(box.store).portal_cancels_by == "cancel_at_period_end"
    how: Obj = {"cancel_at_period_end": True} if by_flag else {"cancel_at": "max_period_end"}
    return apply(box, subscription, how | {"cancellation_details": details or {}})


def cancel(box: Box, session: Obj, subscription: Obj, feedback: str | None) -> bool:
    """Cancel as the portal's configuration says; return whether the subscription ended at once."""
    feature = features_of(box, session)["subscription_cancel"]
    options = feature["cancellation_reason"]["options"]
    details = {"feedback": feedback if feedback in options else None}
    if feature["mode"] == "immediately":
        subscription["cancellation_details"] |= details
        end(box, subscription, reason="cancellation_requested")
        return True
    cancel_at_end(box, subscription, details)
    return False


def features_of(box: Box, session: Obj) -> Obj:
    """Return the features of a session's configuration."""
    features: Obj = box.store.get(session["configuration"])["features"]
    return features


def undo_cancellation(box: Box, subscription: Obj) -> Obj:
    """Undo a scheduled cancellation."""
    return apply(box, subscription, {"cancel_at": ""})


def check_details(box: Box, session: Obj, fields: dict[str, str]) -> dict[str, str]:
    """Return the errors in what a customer has entered about themselves, by field."""
    allowed = features_of(box, session)["customer_update"]["allowed_updates"]
    if "email" in allowed and not is_email(fields.get("email", "").strip()):
        return {"email": "Enter an email address, such as ada@example.com."}
    return {}


def update_details(box: Box, session: Obj, fields: dict[str, str]) -> Obj:
    """Change what the configuration lets a customer change about themselves. An empty field removes it."""
    allowed = features_of(box, session)["customer_update"]["allowed_updates"]
    given = {name: fields.get(name, "").strip() or None for name in (*DETAILS, *ADDRESS_MEMBERS)}
    members: Obj = {name: given[name] for name in DETAILS if name in allowed}
    if "address" in allowed:
        address = {name: given[name] for name in ADDRESS_MEMBERS}
        members["address"] = address if any(address.values()) else None
    return change_customer(box, box.store.get(session["customer"]), **members)


def use_card(box: Box, customer: Obj, method: Method, payer: Payer) -> Obj:
    """Save a card and make it the default of the customer and their running subscriptions."""
    payment_method = new_payment_method(box, method, payer)
    attach_to(box, payment_method, customer["id"])
    settings = customer["invoice_settings"] | {"default_payment_method": payment_method["id"]}
    change_customer(box, customer, invoice_settings=settings)
    for subscription in subscriptions_of(box, customer["id"]):
        if subscription["status"] not in ENDED:
            change(box, subscription, default_payment_method=payment_method["id"])
    return payment_method


def use_challenged_card(box: Box, session: Obj, kept: Obj) -> Obj:
    """Save the card whose 3-D Secure challenge was passed; ``kept`` is the session's private dictionary."""
    customer, (month, year) = box.store.get(session["customer"]), kept["expires"]
    method = Method(card=cards.find(kept["card"]), expires=(month, year))
    return use_card(box, customer, method, Payer(customer["email"], kept["name"]))
