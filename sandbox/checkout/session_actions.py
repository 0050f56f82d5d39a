"""
What a customer does on a session's page. Used by the page and by the control surface.

Each action is one transaction on an open session. Of two clicks, or a click and an expiry, the second finds
the session as the first left it.
"""

from typing import Any

from sandbox.checkout import modes, price_changes, sessions
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj
from sandbox.payments.cards import Decline
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payer import Method, Payer

NOT_OPEN = Result(Outcome.NOT_OPEN)
CLOSED = "This checkout isn't open any more."


def pay(box: Box, session_id: str, payer: Payer, method: Method, *, late: bool = False) -> Result:
    """Pay an open session; if ``late``, also one that has expired while the payment was on its way."""
    with box.store.transaction():
        session = open_session(box, session_id)
        if session is None and late:
            session = expired_session(box, session_id)
        if session is None:
            return NOT_OPEN
        return record_result(box, session, confirm(box, session, payer, method))


def confirm(box: Box, session: Obj, payer: Payer, method: Method) -> Result:
    """Pay what the session costs now that it is known where the customer is."""
    try:
        price_changes.check_discount(box, session)
        price_changes.locate(box, session)
    except StripeError as error:
        return Result(Outcome.DECLINED, error.error.get("code"), str(error))
    return modes.find(session["mode"]).confirm(box, session, payer, method)


def change_price(box: Box, session_id: str, **given: Any) -> str | None:
    """
    Change an open session's price; None removes what was chosen.

    ``promotion_code`` (as typed), ``coupon``, ``tax``, ``presentment`` (the customer's currency).

    Return why that isn't possible, in words for the customer; None if it was done.
    """
    try:
        with box.store.transaction():
            session = open_session(box, session_id)
            if session is None:
                return CLOSED
            for name, value in given.items():
                change_one(box, session, name, value)
    except StripeError as error:
        return str(error)
    return None


def change_one(box: Box, session: Obj, name: str, value: Any) -> None:
    if name == "presentment":
        price_changes.present(box, session, value)
    elif name == "tax":
        price_changes.set_tax(box, session, value)
    elif value is None:
        price_changes.set_discount(box, session, None)
    elif name == "coupon":
        price_changes.apply_coupon(box, session, value)
    else:
        price_changes.apply_text(box, session, value)


def finish_challenge(box: Box, session_id: str, *, passed: bool) -> Result:
    """Pass or fail the 3-D Secure challenge that an open session waits for."""
    with box.store.transaction():
        session = open_session(box, session_id)
        if session is None or not is_challenged(box, session):
            return NOT_OPEN
        return record_result(box, session, modes.find(session["mode"]).after_challenge(box, session, passed))


def refuse(box: Box, session_id: str, problem: Decline) -> Result:
    """Record that the page refused the form. The payment intent isn't affected."""
    result = Result(Outcome.DECLINED, problem.code, problem.message)
    with box.store.transaction():
        session = open_session(box, session_id)
        return record_result(box, session, result) if session else NOT_OPEN


def open_session(box: Box, session_id: str) -> Obj | None:
    """Return the session if it is open. One whose time is over expires here if its timer hasn't fired."""
    session = box.store.find(session_id, "checkout.session")
    if session is None or session["status"] != "open":
        return None
    if session["expires_at"] <= box.clock.exact():
        sessions.end(box, session)
        return None
    return session


def expired_session(box: Box, session_id: str) -> Obj | None:
    """
    Return the session if it has expired, ready for a late payment.

    Stripe doesn't document this case. The intent that the expiry has canceled stays canceled, and the late
    payment creates another.
    """
    session = box.store.find(session_id, "checkout.session")
    if session is None or session["status"] != "expired":
        return None
    intent = box.store.find(session["payment_intent"] or "")
    is_lost = intent is not None and intent["status"] == "canceled"
    return session | {"payment_intent": None} if is_lost else session


def is_challenged(box: Box, session: Obj) -> bool:
    return modes.find(session["mode"]).is_challenged(box, session)


def record_result(box: Box, session: Obj, result: Result) -> Result:
    """Keep the message of a decline for the page, and return the result."""
    refusal = result.outcome is Outcome.DECLINED
    box.store.keep(session["id"], message=result.message if refusal else None)
    return result
