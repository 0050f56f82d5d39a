"""An attempt to pay a session, and the steps that all payment methods share."""

from dataclasses import dataclass

from sandbox.checkout import price_changes, session_features
from sandbox.checkout.session_object import details
from sandbox.core import timers
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.payments import cards
from sandbox.payments.customers import new_customer
from sandbox.payments.payer import Method, Payer
from sandbox.payments.payment_intents import new_payment_intent
from sandbox.payments.payment_methods import new_payment_method
from sandbox.webhooks.events import emit


@dataclass
class Attempt:
    """
    An attempt to pay with one method.

    ``created`` is the intent's first state, if this attempt created it: its event comes late, as at Stripe.
    """

    box: Box
    session: Obj
    intent: Obj
    payer: Payer
    method: Method
    created: Obj | None = None

    def finish(self, charge: Obj | None, *, payment_status: str, needs_customer: bool = False) -> None:
        """Complete the session, and give its customer to the intent and the charge, if there is one yet."""
        if shown := self.intent.get("presentment_details"):
            self.session["presentment_details"] = shown
        complete(
            self.box, self.session, self.payer, payment_status=payment_status, needs_customer=needs_customer
        )
        for paid in (self.intent, charge):
            if paid is not None:
                paid["customer"] = self.session["customer"]
                self.box.store.save(paid)

    def emit_created(self) -> None:
        if self.created is not None:
            emit(self.box, "payment_intent.created", self.created)


def begin(box: Box, session: Obj, payer: Payer, method: Method) -> Attempt:
    """Return a new attempt, on the session's intent if it has one."""
    created = None
    if session["payment_intent"]:
        intent = box.store.get(session["payment_intent"])
        intent["amount"] = session["amount_total"]  # A discount may have come since the last attempt.
    else:
        data = box.store.private(session["id"])["payment_intent_data"]
        intent = new_payment_intent(
            box,
            data,
            amount=session["amount_total"],
            currency=session["currency"],
            customer=session["customer"],
            types=session["payment_method_types"],
            session=session["id"],
        )
        created = dict(intent)
        session["payment_intent"] = intent["id"]
        box.store.save(session)
    show_presentment(box, session, intent, method)
    intent["payment_method"] = new_payment_method(box, method, payer)["id"]
    number = method.card.number if method.card else None
    voucher = method.voucher.name if method.voucher else None
    box.store.keep(
        intent["id"], payer=vars(payer), card=number, expires=list(method.expires), voucher=voucher
    )
    return Attempt(box, session, intent, payer, method, created)


def show_presentment(box: Box, session: Obj, intent: Obj, method: Method) -> None:
    """Write what the customer pays in their own currency, which only cards can do."""
    intent.pop("presentment_details", None)
    if method.card and (shown := price_changes.presented(box, session)):
        intent["presentment_details"] = shown


def resume(box: Box, session: Obj) -> Attempt:
    """Return the attempt that waits for its 3-D Secure challenge."""
    intent = box.store.get(session["payment_intent"])
    kept = box.store.private(intent["id"])
    month, year = kept["expires"]
    method = Method(card=cards.find(kept["card"]), expires=(month, year))
    return Attempt(box, session, intent, Payer(**kept["payer"]), method)


def complete(
    box: Box, session: Obj, payer: Payer, *, payment_status: str, needs_customer: bool = False
) -> None:
    """Complete a session, with a customer if it or its payment method asks for one."""
    session |= {
        "customer_details": details(email=payer.email, name=payer.name, country=payer.country),
        "payment_status": payment_status,
        "status": "complete",
        "url": None,
    }
    session |= session_features.answers(session, payer)
    wanted = (
        needs_customer or session_features.makes_invoice(session) or session["customer_creation"] == "always"
    )
    if wanted and session["customer"] is None:
        customer = new_customer(box, {"email": payer.email, "name": payer.name})
        session["customer"] = customer["id"]
        emit(box, "customer.created", customer)
    box.store.save(session)
    price_changes.redeem(box, session)
    timers.unschedule(box, "session.expire", session["id"])
