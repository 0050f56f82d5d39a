"""Compare Stripe's data, the shop's data and the customers' memory, and report all contradictions."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.crash.books import Books, Row
from tests.crash.customer import Purchase

OPEN_DISPUTES = ("needs_response", "under_review", "appeal_needs_response", "appeal_under_review")
NO_MONEY = ("pending", "processing", "failed", "expired")


class Problem(NamedTuple):
    kind: str
    words: str


def compare(books: Books, purchases: Sequence[Purchase]) -> list[Problem]:
    """Return all contradictions between Stripe's data, ours, and what customers remember."""
    return [
        *sessions(books),
        *totals(books),
        *mirrors(books),
        *bookings(books),
        *customers(books, purchases),
        *doubled(books),
    ]


def sessions(books: Books) -> Iterator[Problem]:
    """Check that every session has ended, and is paid at Stripe if and only if it is paid here."""
    ours = {payment["session_id"]: payment for payment in books.payments if payment["session_id"]}
    theirs = {session["id"]: session for session in books.sessions}
    for session in books.sessions:
        payment = ours.get(session["id"])
        if session["status"] == "open":
            yield Problem("open session", session["id"])
        elif payment is None and session["payment_status"] == "paid":
            yield Problem("lost", f"{session['id']} is paid, and nobody here knows it")
        elif payment is not None:
            yield from same_story(books, session, payment)
    for payment in books.payments:
        if payment["status"] not in NO_MONEY and payment["session_id"] not in theirs:
            yield Problem("invented", f"payment {payment['reference']} has no session")
        if payment["session_id"] is None and payment["status"] != "failed":
            yield Problem("unopened", f"payment {payment['reference']} is {payment['status']}")


def same_story(books: Books, session: Row, payment: Row) -> Iterator[Problem]:
    expected = expected_status(books, session)
    if payment["status"] not in expected:
        kind = "lost" if session["payment_status"] == "paid" and payment["status"] in NO_MONEY else "status"
        yield Problem(kind, f"{session['id']}: {payment['status']} here, not {' or '.join(expected)}")
    if session["metadata"].get("payment") != payment["reference"]:
        yield Problem("mixed up", f"{session['id']} is not that of payment {payment['reference']}")
    if session["payment_status"] != "paid":
        return
    said = (payment["amount_received"], payment["currency_received"], payment["payment_intent_id"])
    charge = books.charge_of(session)
    if said != (charge["amount_captured"], charge["currency"], charge["payment_intent"]):
        yield Problem("money", f"{session['id']}: {said} here")


def expected_status(books: Books, session: Row) -> tuple[str, ...]:
    """Return the statuses that our payment of a session may have in the end."""
    if session["payment_status"] != "paid":
        # A complete session without money is a failed debit. Others were never paid, or given up by the shop.
        return ("failed",) if session["status"] == "complete" else ("expired", "failed")
    intent, amount = session["payment_intent"], session["amount_total"]
    if any(dispute["status"] in (*OPEN_DISPUTES, "lost") for dispute in books.disputes[intent]):
        return ("disputed",)
    back = sum(refund["amount"] for refund in books.refunds[intent] if refund["status"] == "succeeded")
    if back >= amount:
        return ("refunded",)
    return ("partially_refunded",) if back else ("succeeded",)


def totals(books: Books) -> Iterator[Problem]:
    """Check that the sum of all charges is the sum of all received payments."""
    there = sum(charge["amount_captured"] for charge in books.charges.values() if charge["paid"])
    here = sum(payment["amount_received"] or 0 for payment in books.payments)
    if there != here:
        yield Problem("money", f"{there} was captured there, {here} received here")


def mirrors(books: Books) -> Iterator[Problem]:
    """Check that refunds and disputes are the same on both sides, with the same amounts and statuses."""
    there = {"refund": flat(books.refunds, "id"), "dispute": flat(books.disputes, "id")}
    here = {
        "refund": facts(books.our_refunds, "refund_id"),
        "dispute": facts(books.our_disputes, "dispute_id"),
    }
    for kind in there:
        for fact in (there[kind] - here[kind]) + (here[kind] - there[kind]):
            yield Problem(kind, f"{fact} is known on one side only")


def flat(by_intent: dict[str, list[Row]], name: str) -> Counter[tuple[object, ...]]:
    return facts([one for objects in by_intent.values() for one in objects], name)


def facts(rows: Sequence[Row], name: str) -> Counter[tuple[object, ...]]:
    return Counter((row[name], row["amount"], row["currency"], row["status"]) for row in rows)


def bookings(books: Books) -> Iterator[Problem]:
    """Check that paid bookings were confirmed once, with a ticket for each seat, and others have none."""
    for seat in books.seats:
        if seat["admitted"] > 1:
            yield Problem("seat sold twice", seat["label"])
    for payment in books.payments:
        who = f"booking of {payment['email']}"
        has_bought = payment["status"] not in NO_MONEY and not payment["problem"]
        if payment["times_paid"] != (payment["status"] not in NO_MONEY):
            yield Problem("confirmed again", f"{who}: {payment['times_paid']} times paid")
        if payment["ticketed"] != (payment["wanted"] if has_bought else []):
            yield Problem(
                "tickets", f"{who}, {payment['status']}: {payment['ticketed']} of {payment['wanted']}"
            )
        if payment["admitted"] != payment["occupied"]:
            yield Problem(
                "seats", f"{who}: has seats {payment['occupied']}, tickets for {payment['admitted']}"
            )
        mail = (payment["email"], payment["ticket_reference"])
        if payment["booking_status"] == "confirmed" and mail not in books.mailed:
            yield Problem("mail", f"{who}: the tickets were never sent")


def customers(books: Books, purchases: Sequence[Purchase]) -> Iterator[Problem]:
    """Check that customers who paid are known on both sides, and that those who saw tickets have paid."""
    paid_there = {s["customer_email"] for s in books.sessions if s["payment_status"] == "paid"}
    paid_here = {p["email"] for p in books.payments if p["status"] not in NO_MONEY}
    for purchase in purchases:
        if len(purchase.answered) > 1:
            yield Problem("two sessions", f"{purchase.email} got {sorted(purchase.answered)} for one key")
        if purchase.has_paid and purchase.email not in paid_there & paid_here:
            yield Problem("lost", f"{purchase.email} has paid, and somebody has forgotten it")
        if "succeeded" in purchase.shown and purchase.email not in paid_here:
            yield Problem("taken back", f"{purchase.email} was shown tickets")


def doubled(books: Books) -> Iterator[Problem]:
    """Check that no customer was charged twice, since each wanted one purchase."""
    charged = Counter(s["customer_email"] for s in books.sessions if s["payment_status"] == "paid")
    for email, times in charged.items():
        if times > 1:
            yield Problem("doubled", f"{email} was charged {times} times")
