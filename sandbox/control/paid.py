"""Controls of what was paid. Tests name it by what they know, such as its session, intent or invoice."""

from collections.abc import Callable

from sandbox.billing.invoice_lifecycle import intent_of
from sandbox.control.surface import Refused, control
from sandbox.core.box import Box
from sandbox.core.store import Obj

KINDS = {  # of the path -> of the object
    "sessions": "checkout.session",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "invoices": "invoice",
    "subscriptions": "subscription",
}
Action = Callable[[Box, Obj, Obj], Obj]


def on_charge(verb: str) -> Callable[[Action], Action]:
    """Serve ``POST /_sandbox/<kind>/{id}/<verb>`` for all kinds; the action takes (box, given, charge)."""

    def register(action: Action) -> Action:
        for kind in KINDS:
            control("POST", f"{kind}/{{paid_id}}/{verb}")(endpoint(kind, action))
        return action

    return register


def endpoint(kind: str, action: Action) -> Callable[..., Obj]:
    def answer(box: Box, given: Obj, paid_id: str) -> Obj:
        return action(box, given, charge_of(box, kind, paid_id))

    return answer


def charge_of(box: Box, kind: str, paid_id: str) -> Obj:
    """Return the charge that collected the money; of a subscription, that of its latest invoice."""
    found, word = box.store.find(paid_id, KINDS[kind]), KINDS[kind].split(".")[-1].replace("_", " ")
    if found is None:
        raise Refused(f"No such {word}.", 404)
    charge = found if kind == "charges" else charge_behind(box, kind, found)
    if charge is None or charge["status"] != "succeeded" or not charge["captured"]:
        raise Refused(f"This {word} is not paid.", 409)
    return charge


def charge_behind(box: Box, kind: str, found: Obj) -> Obj | None:
    if kind == "payment_intents":
        intent: Obj | None = found
    elif invoice := invoice_behind(box, kind, found):
        intent = intent_of(box, invoice)
    else:
        intent = box.store.find(found["payment_intent"] or "") if kind == "sessions" else None
    return box.store.find(intent["latest_charge"] or "") if intent else None


def invoice_behind(box: Box, kind: str, found: Obj) -> Obj | None:
    if kind == "invoices":
        return found
    return box.store.find(found["latest_invoice" if kind == "subscriptions" else "invoice"] or "")
