"""Paying by card: charges, declines and 3-D Secure."""

from sandbox.checkout import payment_invoices
from sandbox.checkout.attempts import Attempt
from sandbox.core import timers
from sandbox.payments import charges
from sandbox.payments.cards import NOT_AUTHENTICATED, Decline
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payment_intents import LAPSES_AFTER, decline_error
from sandbox.webhooks.events import emit


def pay(attempt: Attempt) -> Result:
    """Charge the card, or ask for 3-D Secure first if it needs that."""
    assert attempt.method.card is not None
    return require_action(attempt) if attempt.method.card.challenge else charge(attempt)


def charge(attempt: Attempt) -> Result:
    """Charge the card; with manual capture, only authorise it."""
    assert attempt.method.card is not None
    if attempt.method.card.decline:
        return decline(attempt, attempt.method.card.decline)
    return authorise(attempt) if attempt.intent["capture_method"] == "manual" else succeed(attempt)


def succeed(attempt: Attempt) -> Result:
    box, intent = attempt.box, attempt.intent
    taken = charges.new_charge(box, intent, attempt.method, attempt.payer, status="succeeded")
    intent |= {"amount_received": intent["amount"], "status": "succeeded"} | settled_members(taken["id"])
    attempt.finish(taken, payment_status="paid")
    invoice = payment_invoices.make(box, attempt.session, intent)
    emit(box, "charge.succeeded", taken)
    emit(box, "payment_intent.succeeded", intent)
    attempt.emit_created()
    payment_invoices.announce(box, invoice)
    emit(box, "checkout.session.completed", attempt.session)
    return Result(Outcome.PAID)


def authorise(attempt: Attempt) -> Result:
    """Authorise the charge. The session completes unpaid, until the capture; without one it lapses."""
    box, intent = attempt.box, attempt.intent
    held = charges.new_charge(box, intent, attempt.method, attempt.payer, status="succeeded", captured=False)
    intent |= {"amount_capturable": intent["amount"], "status": "requires_capture"} | settled_members(
        held["id"]
    )
    attempt.finish(held, payment_status="unpaid")
    emit(box, "charge.succeeded", held)
    emit(box, "payment_intent.amount_capturable_updated", intent)
    attempt.emit_created()
    emit(box, "checkout.session.completed", attempt.session)
    timers.schedule(box, "payment_intent.lapse", intent["id"], at=box.clock.exact() + LAPSES_AFTER)
    return Result(Outcome.PAID)


def settled_members(charge_id: str) -> dict[str, object]:
    return {"last_payment_error": None, "latest_charge": charge_id, "next_action": None}


def decline(attempt: Attempt, reason: Decline) -> Result:
    """Record a decline. The session stays open, and the next attempt uses the same intent."""
    box, intent = attempt.box, attempt.intent
    refused = charges.new_charge(box, intent, attempt.method, attempt.payer, status="failed")
    charges.mark_failed(refused, reason)
    box.store.save(refused)
    intent["latest_charge"] = refused["id"]
    require_payment_method(attempt, reason, refused["id"])
    attempt.emit_created()
    emit(box, "charge.failed", refused)
    emit(box, "payment_intent.payment_failed", intent)
    return Result(Outcome.DECLINED, reason.decline_code or reason.code, reason.message)


def require_action(attempt: Attempt) -> Result:
    """Make the intent wait for the 3-D Secure challenge."""
    box, intent, session = attempt.box, attempt.intent, attempt.session
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
    attempt.emit_created()
    emit(box, "payment_intent.requires_action", intent)
    return Result(Outcome.CHALLENGE)


def fail_challenge(attempt: Attempt) -> Result:
    """Record a failed challenge. The session stays open, and nothing is charged."""
    require_payment_method(attempt, NOT_AUTHENTICATED, None)
    emit(attempt.box, "payment_intent.payment_failed", attempt.intent)
    return Result(Outcome.DECLINED, NOT_AUTHENTICATED.code, NOT_AUTHENTICATED.message)


def require_payment_method(attempt: Attempt, reason: Decline, charge_id: str | None) -> None:
    """Make the intent wait for another payment method."""
    attempt.intent |= {
        "last_payment_error": decline_error(attempt.box, reason, attempt.intent, charge_id),
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    attempt.box.store.save(attempt.intent)
