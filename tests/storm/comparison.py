"""Compare our rows with Stripe's objects, without using the project's own code."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tests.support.sandbox import Sandbox

Row = dict[str, Any]

PAYMENTS = """
    SELECT payment.*, booking.status AS booking_status,
           EXISTS (SELECT 1 FROM bookings_ticket AS ticket WHERE ticket.booking_id = booking.id
                      AND ticket.stopped_for = 'charged_back') AS lost_tickets,
           (SELECT coalesce(sum(coalesce(booked.paid, booked.price)), 0)
              FROM bookings_ticket AS ticket
              JOIN bookings_bookedseat AS booked ON booked.booking_id = ticket.booking_id
               AND booked.seat_id = ticket.seat_id AND booked.replaced_at IS NULL
             WHERE ticket.booking_id = booking.id AND ticket.status = 'valid') AS admitted
      FROM payments_payment AS payment
      JOIN bookings_booking AS booking ON booking.id = payment.booking_id
     ORDER BY payment.id
"""
REFUNDS = """
    SELECT refund.*, replacement.id IS NOT NULL AS is_replaced,
           EXISTS (SELECT 1 FROM payments_refund_tickets AS given
                    WHERE given.refund_id = refund.id) AS has_tickets
      FROM payments_refund AS refund
      LEFT JOIN payments_refund AS replacement ON replacement.replaces_id = refund.id
     ORDER BY refund.id
"""
NO_MONEY = ("pending", "processing", "failed", "expired")
OPEN = ("needs_response", "under_review", "appeal_needs_response", "appeal_under_review")
# The errors for which a refund may be given up. After others, it must be tried again.
FOR_GOOD = {"charge_already_refunded", "charge_disputed", "balance_insufficient", "refused"}


@dataclass(frozen=True)
class Books:
    sessions: list[Row]
    intents: dict[str, Row]
    charges: list[Row]
    refunds: list[Row]
    disputes: list[Row]
    payments: dict[str, Row]  # by session
    our_refunds: list[Row]
    our_disputes: list[Row]


def contradictions(stripe: Sandbox) -> Iterator[str]:
    """Yield all differences between Stripe's data and ours, as sentences."""
    books = read(stripe)
    yield from sessions(books)
    yield from charges(books)
    yield from mirrors(books)
    yield from doubled(books)
    yield from refusals(books)
    yield from money(books)


def read(stripe: Sandbox) -> Books:
    return Books(
        sessions=stripe.objects("checkout.session"),
        intents={intent["id"]: intent for intent in stripe.objects("payment_intent")},
        charges=[charge for charge in stripe.objects("charge") if charge["paid"]],
        refunds=stripe.objects("refund"),
        disputes=stripe.objects("dispute"),
        payments={row["session_id"]: row for row in rows(PAYMENTS)},
        our_refunds=rows(REFUNDS),
        our_disputes=rows("SELECT * FROM payments_dispute"),
    )


def rows(statement: str) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def sessions(books: Books) -> Iterator[str]:
    """Check that sessions have ended, and are paid at Stripe if and only if here, with the same amount."""
    for session in books.sessions:
        payment = books.payments.get(session["id"])
        if session["status"] == "open":
            yield f"session {session['id']} is open for ever"
        elif is_paid(session):
            yield from paid(books, session, payment)
        elif payment is not None and payment["status"] not in ("expired", "failed"):
            yield f"session {session['id']} is {session['status']}, not paid, and {payment['status']} here"


def is_paid(session: Row) -> bool:
    """Return whether a session is complete and has been paid, or had nothing to pay."""
    return session["status"] == "complete" and session["payment_status"] != "unpaid"


def paid(books: Books, session: Row, payment: Row | None) -> Iterator[str]:
    if payment is None:
        yield f"session {session['id']} is paid, and nobody here knows it"
        return
    here = payment["amount_received"], payment["currency_received"], payment["payment_intent_id"]
    if here != (session["amount_total"], session["currency"], session["payment_intent"]):
        yield f"session {session['id']} brought {session['amount_total']}, and {here} here"
    discount = session["total_details"]["amount_discount"]
    if not payment["problem"] and payment["amount_discount"] != discount:
        yield f"session {session['id']} has a discount of {discount}, not {payment['amount_discount']}"
    if payment["status"] not in (expected := statuses(books, payment)):
        yield f"payment {payment['reference']} is {payment['status']}, should be one of {expected}"


def statuses(books: Books, payment: Row) -> list[str]:
    """Return the statuses that a paid payment may have, given its refunds and disputes at Stripe."""
    intent, received = payment["payment_intent_id"], payment["amount_received"]
    if any(has_taken(dispute) for dispute in books.disputes if dispute["payment_intent"] == intent):
        return ["disputed"]
    if not received:
        is_over = payment["problem"] or payment["booking_status"] == "cancelled"
        return ["refunded" if is_over else "succeeded"]
    states: Counter[str] = Counter()
    for refund in books.refunds:
        states[refund["status"]] += refund["amount"] * (refund["payment_intent"] == intent)
    if states["succeeded"] >= received:
        return ["refunded"]
    if payment["problem"]:
        return ["refund_due"]
    usual = "partially_refunded" if states["succeeded"] else "succeeded"
    return [usual, "refund_due"] if states["failed"] + states["canceled"] else [usual]


def has_taken(dispute: Row) -> bool:
    """Return whether a dispute's money is away: the bank decides about it, or Stripe has booked it out."""
    return dispute["status"] in OPEN or sum(one["amount"] for one in dispute["balance_transactions"]) < 0


def charges(books: Books) -> Iterator[str]:
    """Check that every charge belongs to one payment, and wasn't refunded beyond its amount."""
    intents = Counter(payment["payment_intent_id"] for payment in books.payments.values())
    for charge in books.charges:
        if intents[charge["payment_intent"]] != 1:
            yield f"charge {charge['id']} belongs to {intents[charge['payment_intent']]} payments here"
        if charge["amount_refunded"] > charge["amount_captured"]:
            yield f"charge {charge['id']} was refunded more than it brought"


def mirrors(books: Books) -> Iterator[str]:
    """Check that disputes, and refunds that Stripe has accepted, are the same on both sides."""
    accepted = [refund for refund in books.our_refunds if refund["refund_id"]]
    yield from differences("refund", facts(books.refunds, "id"), facts(accepted, "refund_id"))
    yield from differences("dispute", facts(books.disputes, "id"), facts(books.our_disputes, "dispute_id"))


def facts(objects: list[Row], name: str) -> Counter[tuple[Any, ...]]:
    return Counter((one[name], one["amount"], one["currency"], one["status"]) for one in objects)


def differences(kind: str, there: Counter[Any], here: Counter[Any]) -> Iterator[str]:
    yield from (f"{kind} {fact} is known at Stripe only" for fact in there - here)
    yield from (f"{kind} {fact} is known here only" for fact in here - there)


def doubled(books: Books) -> Iterator[str]:
    """Check that no refund was made twice for one row."""
    references = Counter(refund["metadata"].get("refund") for refund in books.refunds)
    yield from (f"refund {name} was made {n} times" for name, n in references.items() if name and n > 1)


def refusals(books: Books) -> Iterator[str]:
    for refund in books.our_refunds:
        if refund["status"] == "refused" and refund["error_code"] not in FOR_GOOD:
            yield f"refund {refund['reference']} was given up for {refund['error_code']}"
        if refund["status"] in ("due", "pending"):
            yield f"refund {refund['reference']} is still {refund['status']}"


def money(books: Books) -> Iterator[str]:
    """Check that all money has valid tickets, was refunded, is disputed, or is a case shown to staff."""
    back: defaultdict[str, int] = defaultdict(int)
    bank: defaultdict[str, int] = defaultdict(int)
    for dispute in books.disputes:
        bank[dispute["payment_intent"]] += dispute["amount"] * has_taken(dispute)
    kept: defaultdict[int, int] = defaultdict(int)
    for refund in books.our_refunds:
        kept[refund["payment_id"]] += refund["fee"] * (refund["status"] == "succeeded")
    for refund in books.refunds:
        back[refund["payment_intent"]] += refund["amount"] * (refund["status"] == "succeeded")
    for payment in books.payments.values():
        if payment["status"] in NO_MONEY or is_shown_to_staff(books, payment):
            continue
        admitted = 0 if payment["problem"] else payment["admitted"]
        intent = payment["payment_intent_id"]
        sent, taken, fees = back[intent], bank[intent], kept[payment["id"]]
        if admitted + sent + taken + fees < payment["amount_received"]:
            story = f"tickets for {admitted} admit, {sent} went back, {taken} is disputed, {fees} was a fee"
            yield f"payment {payment['reference']} brought {payment['amount_received']}: {story}"


def is_shown_to_staff(books: Books, payment: Row) -> bool:
    """Return whether a refund failed, or tickets were voided by a chargeback that was later reversed."""
    refunds = [refund for refund in books.our_refunds if refund["payment_id"] == payment["id"]]
    disputes = [dispute for dispute in books.our_disputes if dispute["payment_id"] == payment["id"]]
    came_to_nothing = any(
        refund["status"] in ("refused", "failed", "canceled") and not refund["is_replaced"]
        for refund in refunds
    )
    # Staff have decided which tickets this refund or dispute was for, whatever its amount.
    was_judged = any(refund["origin"] == "stripe" and refund["has_tickets"] for refund in refunds)
    was_judged |= any(dispute["assigned_at"] for dispute in disputes)
    return came_to_nothing or was_judged or payment["lost_tickets"]
