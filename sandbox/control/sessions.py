"""Control of sessions: paying, declining, 3-D Secure, and money that comes later."""

from typing import Any

from sandbox.checkout import bank_debits, session_actions, session_features, vouchers
from sandbox.checkout.session_object import needs_payment_method
from sandbox.control.surface import Refused, control
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.payments import bank_accounts, cards
from sandbox.payments.method_types import DEBIT, METHOD_TYPES
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payer import Method, Payer
from sandbox.pricing.taxes import tax_or_none

Answer = tuple[int, dict[str, Any]]

DEFAULT_CARD, DECLINED_CARD = "4242424242424242", "4000000000000002"
DEFAULT_PAYER = Payer("ada@example.com", "Ada Lovelace", phone="+4312345678")
DEBITS = ("bank_debit", *(name for name, each in METHOD_TYPES.items() if each.kind == DEBIT))
PRICES = ("promotion_code", "coupon", "tax", "presentment")
STATUS = {Outcome.DECLINED: 402, Outcome.NOT_OPEN: 409}


@control("POST", "sessions/{session_id}/pay")
def pay(box: Box, given: Obj, session_id: str) -> Answer:
    """
    Pay as a customer would: ``{"card": …}`` or ``{"method": "us_bank_account", "outcome": …}``.

    ``"late": true`` also pays an expired session, as if the payment had been confirmed at the last moment.
    A ``promotion_code``, ``coupon`` or ``tax`` changes the price first, as ``change`` does.
    """
    if prices := {name: given[name] for name in PRICES if name in given}:
        change(box, prices, session_id)
    session, late = find(box, session_id), bool(given.get("late", False))
    payer, wanted = payer_of(session, given), str(given.get("method", "card"))
    if wanted == "card":
        check_offered(session, "card")
        return pay_by_card(box, session_id, payer, str(given.get("card", DEFAULT_CARD)), late=late)
    method = debit_of(session, given) if wanted in DEBITS else voucher_of(session, given)
    return answer(box, session_id, session_actions.pay(box, session_id, payer, method, late=late))


@control("POST", "sessions/{session_id}")
def change(box: Box, given: Obj, session_id: str) -> Obj:
    """
    Change an open session's price as its page or the account's owner can.

    ``{"promotion_code": "SPRING"}``, ``{"coupon": "…"}`` or ``{"tax": {"percentage": "19", "inclusive":
    false}}``, whatever the session was created with, or ``{"presentment": {"currency": "usd"}}``; null
    removes it.
    """
    if find(box, session_id)["status"] != "open":
        raise Refused(session_actions.CLOSED, 409)
    if not given or not set(given) <= set(PRICES):
        raise Refused(f"Give some of {', '.join(PRICES)}.")
    if not all(isinstance(given.get(name), str | None) for name in ("promotion_code", "coupon")):
        raise Refused("promotion_code and coupon are text or null.")
    if "presentment" in given:
        given = given | {"presentment": currency_of(given["presentment"])}
    try:
        given = given | ({"tax": tax_or_none(given["tax"])} if "tax" in given else {})
    except ValueError as error:
        raise Refused(f"tax: {error}.") from None
    if problem := session_actions.change_price(box, session_id, **given):
        raise Refused(problem)
    return {"session": box.store.get(session_id)}


def currency_of(given: Any) -> str | None:
    """Return the currency of ``{"currency": "usd"}``."""
    if given is None:
        return None
    if not isinstance(given, dict) or set(given) != {"currency"} or not isinstance(given["currency"], str):
        raise Refused('presentment is {"currency": "usd"} or null.')
    return given["currency"].lower()


def pay_by_card(box: Box, session_id: str, payer: Payer, text: str, *, late: bool) -> Answer:
    number = text.replace(" ", "")
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
        phone=given.get("phone", DEFAULT_PAYER.phone),
        business_name=given.get("business_name"),
        tax_id=tax_id_of(session, given),
    )


def tax_id_of(session: Obj, given: Obj) -> tuple[str, str] | None:
    """Return the customer's ``{"tax_id": {"type": "eu_vat", "value": "ATU12345678"}}``."""
    wanted = given.get("tax_id")
    if wanted is None:
        return None
    if not session_features.asks_for_tax_id(session):
        raise Refused("The session doesn't ask for a tax ID.")
    if not isinstance(wanted, dict) or set(wanted) != {"type", "value"}:
        raise Refused('tax_id is {"type": "eu_vat", "value": "ATU12345678"}.')
    return str(wanted["type"]), str(wanted["value"])


def check_offered(session: Obj, wanted: str) -> None:
    if needs_payment_method(session) and wanted not in session["payment_method_types"]:
        raise Refused(f"The session takes {', '.join(session['payment_method_types'])}, not {wanted}.")


def debit_of(session: Obj, given: Obj) -> Method:
    """Return the test account of the session's bank debit, whichever name of one is given."""
    types = session["payment_method_types"]
    if "account" in given:
        account = bank_accounts.find(str(given["account"]), types)
    else:
        account = bank_accounts.with_outcome(given.get("outcome", "succeeded"), types)
    if account is None:
        raise Refused(f"No test account for that; the session takes {', '.join(types)}.")
    return Method(account=account)


def voucher_of(session: Obj, given: Obj) -> Method:
    wanted = str(given["method"])
    check_offered(session, wanted)
    if "outcome" in given:
        raise Refused(f"{wanted} has no outcome yet: …/settle pays it or lets it fail.")
    return Method(voucher=METHOD_TYPES.get(wanted))


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
    """End a bank debit, a voucher or a transfer now: ``{"ok": true}``, or ``{"ok": false}`` to fail it."""
    session, good = find(box, session_id), bool(given.get("ok", True))
    intent = box.store.find(session["payment_intent"] or "")
    with box.store.transaction():
        if intent is not None and intent["status"] == "processing":
            bank_debits.settle_as(box, session, None if good else bank_accounts.NO_FUNDS)
        elif vouchers.is_open(session, intent):
            vouchers.settle(box, session) if good else vouchers.fail(box, session)
        else:
            raise Refused("No bank debit, voucher or transfer of this session waits for its money.", 409)
    return {"outcome": "paid" if good else "failed", "session": box.store.get(session_id)}


@control("POST", "sessions/{session_id}/fund")
def fund(box: Box, given: Obj, session_id: str) -> Obj:
    """Send a part of an open bank transfer: ``{"amount": 1000}``."""
    session, amount = find(box, session_id), given.get("amount")
    intent = box.store.find(session["payment_intent"] or "")
    if intent is None or not vouchers.is_open(session, intent) or not vouchers.takes_parts(intent):
        raise Refused("No bank transfer of this session waits for its money.", 409)
    if not isinstance(amount, int) or not 0 < amount <= vouchers.remaining(intent):
        raise Refused(f"Give an amount of at most {vouchers.remaining(intent)}, which is what remains.")
    with box.store.transaction():
        vouchers.fund(box, session, amount)
    intent = box.store.get(intent["id"])
    left = 0 if intent["status"] == "succeeded" else vouchers.remaining(intent)
    return {"remaining": left, "session": box.store.get(session_id)}


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
