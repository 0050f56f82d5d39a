"""
What a customer does on a session's page, whether by the page's forms or by the control surface.

Each deed is one transaction on an open session. Whoever comes second, a second click or an expiry, finds
the session as the first has left it.
"""

from sandbox.checkout import modes, sessions
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.payments.cards import Decline
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payer import Method, Payer

NOT_OPEN = Result(Outcome.NOT_OPEN)


def pay(box: Box, session_id: str, payer: Payer, method: Method, *, late: bool = False) -> Result:
    """Confirm the payment of an open session; ``late``, of one that has expired in the same moment."""
    with box.store.transaction():
        session = open_session(box, session_id)
        if session is None and late:
            session = expired_session(box, session_id)
        if session is None:
            return NOT_OPEN
        return record_result(box, session, modes.find(session["mode"]).confirm(box, session, payer, method))


def finish_challenge(box: Box, session_id: str, *, passed: bool) -> Result:
    """Answer the 3-D Secure challenge that an open session waits for."""
    with box.store.transaction():
        session = open_session(box, session_id)
        if session is None or not is_challenged(box, session):
            return NOT_OPEN
        return record_result(box, session, modes.find(session["mode"]).after_challenge(box, session, passed))


def refuse(box: Box, session_id: str, problem: Decline) -> Result:
    """Record that the page itself refused the form; nothing reaches the payment intent."""
    result = Result(Outcome.DECLINED, problem.code, problem.message)
    with box.store.transaction():
        session = open_session(box, session_id)
        return record_result(box, session, result) if session else NOT_OPEN


def open_session(box: Box, session_id: str) -> Obj | None:
    """Return the session if it is open now; one whose time is over ends here, if no timer came first."""
    session = box.store.find(session_id, "checkout.session")
    if session is None or session["status"] != "open":
        return None
    if session["expires_at"] <= box.clock.exact():
        sessions.end(box, session)
        return None
    return session


def expired_session(box: Box, session_id: str) -> Obj | None:
    """
    Return the session if it has expired, ready for a payment that was already on its way.

    Stripe doesn't say what then happens. The intent that the expiry has canceled stays canceled: the late
    payment makes another.
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
    """Keep the last refusal's words for the page."""
    refusal = result.outcome is Outcome.DECLINED
    box.store.keep(session["id"], message=result.message if refusal else None)
    return result
