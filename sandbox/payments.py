"""
Mode ``payment``: what one click on "Pay" does to the session, its payment intent and the charges.

Objects change first, then their events are written, all in the caller's transaction. The events come in the
order that Stripe was seen to use, which is not the order things happen in.
"""

from typing import TYPE_CHECKING

from sandbox import cards, charges, clock, modes
from sandbox.cards import NOT_AUTHENTICATED, Decline
from sandbox.customers import new_customer
from sandbox.errors import StripeError
from sandbox.events import emit
from sandbox.payers import Method, Outcome, Payer, Result
from sandbox.payment_intents import cancel, decline_error, new_payment_intent
from sandbox.payment_methods import new_payment_method
from sandbox.registry import timer
from sandbox.sessions import details

if TYPE_CHECKING:
    from sandbox.box import Box
    from sandbox.store import Obj

HELD_FOR = 7 * 24 * 3_600  # seconds an authorisation waits for its capture


def check(box: "Box", params: "Obj", items: list["Obj"]) -> None:
    if not items:
        raise StripeError(
            "You must provide `line_items` in `payment` mode.", code="parameter_missing", param="line_items"
        )
    for position, item in enumerate(items):
        if item["price"]["type"] == "recurring":
            raise StripeError(
                "You specified `payment` mode but passed a recurring price. Either switch to `subscription` "
                "mode or use only one-time prices.",
                param=f"line_items[{position}][price]",
            )
    wanted = params.get("currency")
    if wanted is not None and wanted.lower() != items[0]["currency"]:
        raise StripeError("The currency must be that of the line items' prices.", param="currency")


def confirm(box: "Box", session: "Obj", payer: Payer, method: Method) -> Result:
    """Try to pay an open session."""
    payer = Payer(payer.email or known_email(session), payer.name, payer.country)
    if session["amount_total"] == 0:
        complete(box, session, payer, payment_status="no_payment_required")
        emit(box, "checkout.session.completed", session)
        return Result(Outcome.PAID)
    intent, created = intent_of(box, session)
    intent["payment_method"] = new_payment_method(box, method, payer)["id"]
    box.store.keep(intent["id"], payer=vars(payer), method=method_key(method))
    if method.card and method.card.challenge:
        return ask_for_challenge(box, session, intent, created)
    if method.account:
        return debit(box, session, intent, created, payer, method)
    return charge(box, session, intent, created, payer, method)


def known_email(session: "Obj") -> str | None:
    return (session["customer_details"] or {}).get("email")


def intent_of(box: "Box", session: "Obj") -> tuple["Obj", "Obj | None"]:
    """Return the session's payment intent, and its first state if it was made just now."""
    if session["payment_intent"]:
        return box.store.get(session["payment_intent"]), None
    kept = box.store.private(session["id"])
    intent = new_payment_intent(box, session, kept["payment_intent_data"])
    session["payment_intent"] = intent["id"]
    box.store.save(session)
    return intent, dict(intent)


def method_key(method: Method) -> dict[str, object]:
    """Return what is needed to go on with the same card after its challenge."""
    return {"card": method.card.number if method.card else None, "expires": list(method.expires)}


def charge(
    box: "Box", session: "Obj", intent: "Obj", created: "Obj | None", payer: Payer, method: Method
) -> Result:
    if method.card and method.card.decline:
        return decline(box, intent, created, payer, method, method.card.decline)
    captured = intent["capture_method"] != "manual"
    taken = charges.new_charge(box, intent, method, payer, status="succeeded", captured=captured)
    intent |= {
        "amount_capturable": 0 if captured else intent["amount"],
        "amount_received": intent["amount"] if captured else 0,
        "last_payment_error": None,
        "latest_charge": taken["id"],
        "next_action": None,
        "status": "succeeded" if captured else "requires_capture",
    }
    complete(box, session, payer, payment_status="paid" if captured else "unpaid")
    follow_customer(box, session, intent, taken)
    emit(box, "charge.succeeded", taken)
    emit(
        box,
        "payment_intent.succeeded" if captured else "payment_intent.amount_capturable_updated",
        intent,
    )
    emit_created(box, created)
    emit(box, "checkout.session.completed", session)
    moment = box.clock.exact()
    if captured:
        clock.schedule(box, "charge.book", taken["id"], at=moment + charges.BOOKED_AFTER)
    else:
        clock.schedule(box, "payment_intent.lapse", intent["id"], at=moment + HELD_FOR)
    return Result(Outcome.PAID)


def decline(
    box: "Box", intent: "Obj", created: "Obj | None", payer: Payer, method: Method, reason: Decline
) -> Result:
    """Record a refusal; the session stays open and the next try uses the same intent."""
    refused = charges.new_charge(box, intent, method, payer, status="failed")
    charges.refuse(refused, reason)
    box.store.save(refused)
    intent |= {
        "last_payment_error": decline_error(box, reason, intent, refused["id"]),
        "latest_charge": refused["id"],
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    box.store.save(intent)
    emit_created(box, created)
    emit(box, "charge.failed", refused)
    emit(box, "payment_intent.payment_failed", intent)
    return Result(Outcome.DECLINED, reason.decline_code or reason.code, reason.message)


def ask_for_challenge(box: "Box", session: "Obj", intent: "Obj", created: "Obj | None") -> Result:
    intent |= {
        "last_payment_error": None,
        "next_action": {
            "type": "redirect_to_url",
            "redirect_to_url": {
                "return_url": session["success_url"],
                "url": f"{box.settings.base_url}/c/pay/{session['id']}/challenge",
            },
        },
        "status": "requires_action",
    }
    box.store.save(intent)
    emit_created(box, created)
    emit(box, "payment_intent.requires_action", intent)
    return Result(Outcome.CHALLENGE)


def challenged(box: "Box", session: "Obj", passed: bool) -> Result:
    """Go on after 3-D Secure: charge the card, or leave the session open with the reason."""
    intent = box.store.get(session["payment_intent"])
    kept = box.store.private(intent["id"])
    if passed:
        return charge(box, session, intent, None, Payer(**kept["payer"]), kept_method(kept))
    intent |= {
        "last_payment_error": decline_error(box, NOT_AUTHENTICATED, intent, None),
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    box.store.save(intent)
    emit(box, "payment_intent.payment_failed", intent)
    return Result(Outcome.DECLINED, NOT_AUTHENTICATED.code, NOT_AUTHENTICATED.message)


def kept_method(kept: "Obj") -> Method:
    month, year = kept["method"]["expires"]
    return Method(card=cards.find(kept["method"]["card"]), expires=(month, year))


def debit(
    box: "Box", session: "Obj", intent: "Obj", created: "Obj | None", payer: Payer, method: Method
) -> Result:
    """Start a bank debit: the session completes unpaid, and the money follows or doesn't."""
    pending = charges.new_charge(box, intent, method, payer, status="pending")
    intent |= {
        "last_payment_error": None,
        "latest_charge": pending["id"],
        "next_action": None,
        "status": "processing",
    }
    complete(box, session, payer, payment_status="unpaid")
    follow_customer(box, session, intent, pending)
    emit(box, "charge.pending", pending)
    emit_created(box, created)
    emit(box, "payment_intent.processing", intent)
    emit(box, "checkout.session.completed", session)
    assert method.account is not None
    account = method.account
    box.store.keep(session["id"], decline=vars(account.decline) if account.decline else None)
    if not account.stays:
        delay = box.settings.debit_delay * account.factor
        clock.schedule(box, "debit.settle", session["id"], at=box.clock.exact() + delay)
    return Result(Outcome.PROCESSING)


@timer("debit.settle")
def settle(box: "Box", session_id: str) -> None:
    """Settle a bank debit the way its account does."""
    reason = box.store.private(session_id)["decline"]
    settle_as(box, box.store.get(session_id), Decline(**reason) if reason else None)


def settle_as(box: "Box", session: "Obj", reason: Decline | None) -> None:
    """Let a bank debit succeed, or fail for ``reason``; do nothing if it is settled already."""
    intent = box.store.get(session["payment_intent"])
    if intent["status"] != "processing":
        return
    clock.unschedule(box, "debit.settle", session["id"])
    taken = box.store.get(intent["latest_charge"])
    if reason is None:
        settle_well(box, session, intent, taken)
    else:
        settle_badly(box, session, intent, taken, reason)


def settle_well(box: "Box", session: "Obj", intent: "Obj", taken: "Obj") -> None:
    taken |= {
        "amount_captured": taken["amount"],
        "captured": True,
        "paid": True,
        "receipt_url": f"{box.settings.base_url}/receipts/{taken['id']}",
        "status": "succeeded",
    }
    taken["balance_transaction"] = charges.new_balance_transaction(box, taken)["id"]
    intent |= {"amount_received": intent["amount"], "status": "succeeded"}
    session["payment_status"] = "paid"
    save(box, taken, intent, session)
    emit(box, "charge.succeeded", taken)
    emit(box, "payment_intent.succeeded", intent)
    emit(box, "checkout.session.async_payment_succeeded", session)


def settle_badly(box: "Box", session: "Obj", intent: "Obj", taken: "Obj", reason: Decline) -> None:
    charges.refuse(taken, reason)
    intent |= {
        "last_payment_error": decline_error(box, reason, intent, taken["id"]),
        "payment_method": None,
        "status": "requires_payment_method",
    }
    save(box, taken, intent, session)
    emit(box, "charge.failed", taken)
    emit(box, "payment_intent.payment_failed", intent)
    emit(box, "checkout.session.async_payment_failed", session)


def complete(box: "Box", session: "Obj", payer: Payer, *, payment_status: str) -> None:
    """Close a session that the customer has confirmed."""
    session |= {
        "customer_details": details(email=payer.email, name=payer.name, country=payer.country),
        "payment_status": payment_status,
        "status": "complete",
        "url": None,
    }
    if session["customer_creation"] == "always":
        customer = new_customer(box, {"email": payer.email, "name": payer.name})
        session["customer"] = customer["id"]
        emit(box, "customer.created", customer)
    box.store.save(session)
    clock.unschedule(box, "session.expire", session["id"])


def follow_customer(box: "Box", session: "Obj", intent: "Obj", taken: "Obj") -> None:
    """Save an intent and its charge under the customer that their session ended up with."""
    intent["customer"] = taken["customer"] = session["customer"]
    save(box, intent, taken)


def save(box: "Box", *objects: "Obj") -> None:
    for obj in objects:
        box.store.save(obj)


def emit_created(box: "Box", created: "Obj | None") -> None:
    if created is not None:
        emit(box, "payment_intent.created", created)


def ended(box: "Box", session: "Obj") -> None:
    """Cancel what an expired session leaves behind."""
    if session["payment_intent"]:
        cancel(box, box.store.get(session["payment_intent"]), reason="automatic")


modes.MODES["payment"] = modes.Mode(check=check, confirm=confirm, challenged=challenged, ended=ended)
