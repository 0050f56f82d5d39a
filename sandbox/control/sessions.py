"""Control of sessions: paying, declining, 3-D Secure, bank debits."""

from typing import Any

from sandbox.checkout import bank_debits, session_actions
from sandbox.checkout.session_object import needs_payment_method
from sandbox.control.surface import Refused, control
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.payments import bank_accounts, cards
from sandbox.payments.method_types import DEBIT, METHOD_TYPES
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payer import Method, Payer

Answer = tuple[int, dict[str, Any]]

DEFAULT_CARD, DECLINED_CARD = "4242424242424242", "4000000000000002"
DEFAULT_PAYER = Payer("ada@example.com", "Ada Lovelace")
DEBITS = ("bank_debit", *(name for name, each in METHOD_TYPES.items() if each.kind == DEBIT))
STATUS = {Outcome.DECLINED: 402, Outcome.NOT_OPEN: 409}


@control("POST", "sessions/{session_id}/pay")
def pay(box: Box, given: Obj, session_id: str) -> Answer:
    """
    Pay as a customer would: ``{"card": …}`` or ``{"method": "us_bank_account", "outcome": …}``.

    ``"late": true`` also pays an expired session, as if the payment had been confirmed at the last moment.
    """
    session, late = find(box, session_id), bool(given.get("late", False))
    payer = payer_of(session, given)
    if given.get("method", "card") == "card":
        check_offered(session, "card")
    else:
        method = debit_of(session, given)
        return answer(box, session_id, session_actions.pay(box, session_id, payer, method, late=late))
    number = str(given.get("card", DEFAULT_CARD)).replace(" ", "")
    if not cards.passes_luhn(number):
        return answer(box, session_id, session_actions.refuse(box, session_id, cards.INCORRECT_NUMBER))
    card = cards.find(number)
    if late and card.challenge:
        raise Refused("A late payment has no 3-D Secure before it: the session was confirmed already.")
    return answer(box, session_id, session_actions.pay(box, session_id, payer, Method(card=card), late=late))


def payer_of(session: Obj, given: Obj) -> Payer:
    known = (session["customer_details"] or {}).get("email")
    return Payer(
        email=given.get("email", known or DEFAULT_PAYER.email),
        name=given.get("name", DEFAULT_PAYER.name),
        country=given.get("country", DEFAULT_PAYER.country),
    )


def check_offered(session: Obj, wanted: str) -> None:
    if needs_payment_method(session) and wanted not in session["payment_method_types"]:
        raise Refused(f"The session takes {', '.join(session['payment_method_types'])}, not {wanted}.")


def debit_of(session: Obj, given: Obj) -> Method:
    """Return the test account for a bank debit, which ``us_bank_account`` and the like all stand for."""
    types, wanted = session["payment_method_types"], str(given["method"])
    if wanted not in DEBITS:
        check_offered(session, wanted)
    if "account" in given:
        account = bank_accounts.find(str(given["account"]), types)
    else:
        account = bank_accounts.with_outcome(given.get("outcome", "succeeded"), types)
    if account is None:
        raise Refused(f"No test account for that; the session takes {', '.join(types)}.")
    return Method(account=account)


@control("POST", "sessions/{session_id}/fail")
def fail(box: Box, given: Obj, session_id: str) -> Answer:
    """Fail the open 3-D Secure challenge; without one, pay with a card that is declined."""
    if session_actions.is_challenged(box, find(box, session_id)):
        return complete_3ds(box, {"ok": False}, session_id)
    return pay(box, {"card": DECLINED_CARD, **given}, session_id)


@control("POST", "sessions/{session_id}/complete_3ds")
def complete_3ds(box: Box, given: Obj, session_id: str) -> Answer:
    """Answer the 3-D Secure challenge: ``{"ok": true}`` or ``{"ok": false}``."""
    find(box, session_id)
    result = session_actions.finish_challenge(box, session_id, passed=bool(given.get("ok", True)))
    return answer(box, session_id, result)


@control("POST", "sessions/{session_id}/settle")
def settle(box: Box, given: Obj, session_id: str) -> Obj:
    """End a bank debit now: ``{"ok": true}``, or ``{"ok": false}`` to fail it."""
    session = find(box, session_id)
    intent = box.store.find(session["payment_intent"] or "")
    if intent is None or intent["status"] != "processing":
        raise Refused("No bank debit of this session is in processing.", 409)
    reason = None if given.get("ok", True) else bank_accounts.NO_FUNDS
    with box.store.transaction():
        bank_debits.settle_as(box, session, reason)
    return {"outcome": "failed" if reason else "paid", "session": box.store.get(session_id)}


def find(box: Box, session_id: str) -> Obj:
    session = box.store.find(session_id, "checkout.session")
    if session is None:
        raise Refused("No such session.", 404)
    return session


def answer(box: Box, session_id: str, result: Result) -> Answer:
    body = {
        "outcome": result.outcome,
        "code": result.code,
        "message": result.message,
        "session": box.store.get(session_id),
    }
    return STATUS.get(result.outcome, 200), body
