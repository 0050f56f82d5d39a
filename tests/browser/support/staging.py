"""Bring a shop into all states that customers can see, through its pages and API where possible."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.browser.support.stack import Shop
from tests.support.patience import PATIENCE, wait_for

DAY = timedelta(days=1)
LONG = (
    "Donaudampfschifffahrtsgesellschaftskapitänsgedächtniskonzert mit Streichquartett und Überraschungsgästen"
)
PEOPLE = "Wolfeschlegelsteinhausenbergerdorff-Hohenlohe-Langenburg, Anne-Sophie Charlotte"

COPY_EVENT = """
    INSERT INTO bookings_event
    SELECT (jsonb_populate_record(event, %s::jsonb || jsonb_build_object(
               'id', nextval(pg_get_serial_sequence('bookings_event', 'id'))))).*
      FROM bookings_event AS event WHERE slug = 'demo-night'
    RETURNING id
"""
COPY_SEATS = """
    INSERT INTO bookings_seat
    SELECT (jsonb_populate_record(seat, jsonb_build_object(
               'id', nextval(pg_get_serial_sequence('bookings_seat', 'id')),
               'event_id', %s, 'booking_id', NULL))).*
      FROM bookings_seat AS seat JOIN bookings_event AS event ON event.id = seat.event_id
     WHERE event.slug = 'demo-night' AND seat.row = ANY(%s) ORDER BY seat.id
    RETURNING id
"""
MAKE_SEATS = """
    INSERT INTO bookings_seat
    SELECT (jsonb_populate_record(seat, jsonb_build_object(
               'id', nextval(pg_get_serial_sequence('bookings_seat', 'id')),
               'event_id', %s, 'booking_id', NULL, 'row', line::text, 'number', place,
               'label', line || '-' || place))).*
      FROM bookings_seat AS seat, generate_series(1, %s) AS line, generate_series(1, %s) AS place
     WHERE seat.id = (SELECT min(id) FROM bookings_seat) ORDER BY line, place
    RETURNING id
"""
STATUS = "SELECT id FROM payments_payment WHERE session_id = %s AND status = %s"
BOOKING = """
    SELECT booking.reference FROM bookings_booking AS booking
      JOIN payments_payment AS payment ON payment.booking_id = booking.id WHERE payment.session_id = %s
"""
TICKET = """
    SELECT ticket.code FROM bookings_ticket AS ticket
      JOIN payments_payment AS payment ON payment.booking_id = ticket.booking_id
     WHERE payment.session_id = %s AND ticket.status = %s ORDER BY ticket.id LIMIT 1
"""
MAKE_OLD = """
    WITH booking AS (UPDATE bookings_booking SET created_at = created_at - interval '11 minutes'
                      WHERE id = (SELECT booking_id FROM payments_payment WHERE session_id = %s) RETURNING id)
    UPDATE payments_payment AS payment SET next_check_at = now() + interval '1 day'
      FROM booking WHERE booking_id = booking.id
    RETURNING payment.id
"""
PRICE = "SELECT price_id FROM payments_plan WHERE slug = 'friend'"
SUBSCRIPTION = """
    SELECT subscription_id FROM payments_subscription
     WHERE session_id = %s AND status = %s AND cancel_at_period_end = %s
"""
FAILS_LATER = "4000000000000341"


class Stage:
    """A shop with events and payments in all states; ``addresses`` has their pages by the scene's name."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.stripe = shop, shop.stripe
        self.addresses: dict[str, str] = {}
        self._make_events()
        self._make_payments()
        shop.processes.run("`seed_plans`", "manage", "seed_plans", "--verbosity=0")

    def _make_events(self) -> None:
        now = datetime.now(UTC)
        self._event("on-sale", "ABCDEFG", title="An Evening of Chamber Music")
        self._event("soon", "A", title="Not Yet", sales_from=now + 3 * DAY)
        self._event("closed", "A", title="Too Late", sales_from=now - 3 * DAY, sales_until=now - DAY)
        self._event("tickets-soon", "", title="No Seats Yet")
        self._event("sold-out", "A", title="Everybody Came")
        self._event("long", "ABC", title=LONG, venue=f"{LONG}, Großer Saal", description=(LONG + ". ") * 4)
        self._event("small", "A", title="A Small Evening")
        self._buy("on-sale", "A-4", "A-5", "A-6", "A-7", "B-3", "B-4", "C-5", "C-6", "C-7")
        self._buy("sold-out", *(f"A-{number}" for number in range(1, 11)), email="quick@example.com")
        for state in ("soon", "tickets soon", "closed", "sold out", "long words"):
            slug = state.removesuffix(" words").replace(" ", "-")
            self.addresses[f"Event: {state}"] = f"/events/{slug}/"

    def _make_payments(self) -> None:
        processing, failed = self._buy("demo-night", "C-1"), self._buy("demo-night", "C-2")
        self.stripe.pay(processing, method="us_bank_account", outcome="processing")
        self.stripe.pay(failed, method="us_bank_account", outcome="failed")
        self.stripe.post(f"/sessions/{failed}/settle", {"ok": False})
        expired, let_go = self._buy("demo-night", "C-3", "C-4"), self._buy("demo-night", "C-5", "C-6")
        self.stripe.expire(expired)
        paid = {name: self._sell("demo-night", f"{row}-1", f"{row}-2") for name, row in PAID.items()}
        many = self._sell("long", *(f"{row}-{n}" for row in "AB" for n in range(1, 11)), name=PEOPLE)
        self.stripe.refund(paid["refunded"])
        self.stripe.refund(paid["partially_refunded"], 2400)
        self.stripe.dispute(paid["disputed"])
        sessions = {"pending": self._buy("demo-night", "C-7", "C-8"), "processing": processing, **paid}
        sessions |= {"failed": failed, "expired": expired, "refund_due": self._owe()}
        for status, session in sessions.items():
            self._wait_for(STATUS, session, status)
            self._show(status.replace("_", " "), session)
        self._show("twenty seats", many)
        self.addresses["Tickets: all"] = f"/bookings/{self._wait_for(BOOKING, paid['succeeded'])}/tickets/"
        self._make_tickets(paid)
        self._make_cancelled(sessions, let_go)

    def _make_tickets(self, paid: dict[str, str]) -> None:
        for name, status, session in (
            ("valid", "valid", paid["succeeded"]),
            ("on hold", "suspended", paid["disputed"]),
            ("void", "void", paid["refunded"]),
        ):
            self.addresses[f"Ticket: {name}"] = f"/tickets/{self._wait_for(TICKET, session, status)}/"
            self.addresses[f"Name: {name}"] = f"{self.addresses[f'Ticket: {name}']}name/"

    def _make_cancelled(self, sessions: dict[str, str], let_go: str) -> None:
        httpx.get(f"{self.shop.site}/payments/cancelled/", params={"session_id": let_go}).raise_for_status()
        self.stripe.fault("POST /v1/checkout/sessions/*/expire", "500_before", times=1_000)
        outcomes = {"let go": let_go, "paid": sessions["succeeded"], "processing": sessions["processing"]}
        outcomes |= {"over": sessions["failed"], "Stripe away": sessions["pending"]}
        for outcome, session in outcomes.items():
            self.addresses[f"Cancelled: {outcome}"] = f"/payments/cancelled/?session_id={session}"

    def _owe(self) -> str:
        """Return a payment that was made after its seats were sold, and whose refund fails for now."""
        late = self._buy("small", "A-1", "A-2")
        self.stripe.expire(late)
        self._wait_for(STATUS, late, "expired")
        others = (f"A-{number}" for number in range(1, 11))
        self._forget(self._buy("small", *others, email="late@example.com"))
        self.stripe.fault("POST /v1/refunds", "500_before", times=1_000)
        self.stripe.pay(late, late=True)
        return late

    def _forget(self, session: str) -> None:
        """Leave a payment undecided for longer than usual, with Stripe failing when asked about it."""
        self.stripe.fault(f"GET /v1/checkout/sessions/{session}", "reset_before", times=1_000)
        assert self.shop.rows(MAKE_OLD, session)

    def become_member(self, who: str, subscribe: Callable[[], str]) -> None:
        """Pay for the session that ``subscribe`` opens, and put the membership into the state of ``who``."""
        session = subscribe()
        self.stripe.pay(session)
        subscription = self._wait_for(SUBSCRIPTION, session, "active", False)
        if who == "owing":
            [(price,)] = self.shop.rows(PRICE)
            self.stripe.post(f"/subscriptions/{subscription}/card", {"card": FAILS_LATER})
            how = {"price": price, "proration_behavior": "always_invoice"}
            self.stripe.post(f"/subscriptions/{subscription}/plan", how)
            self._wait_for(SUBSCRIPTION, session, "past_due", False)
        elif who == "leaving":
            self.stripe.post(f"/subscriptions/{subscription}/cancel")
            self._wait_for(SUBSCRIPTION, session, "active", True)

    def add_hall(self, slug: str, *, rows: int, seats: int) -> str:
        """Create an event with ``rows`` rows of ``seats`` seats each, and return its address."""
        assert self.shop.rows(MAKE_SEATS, self._copy(slug, title="A Great Hall"), rows, seats)
        return f"/events/{slug}/"

    def _event(self, slug: str, rows: str, **changes: Any) -> None:
        made = self.shop.rows(COPY_SEATS, self._copy(slug, **changes), list(rows))
        assert bool(made) == bool(rows)

    def _copy(self, slug: str, **changes: Any) -> int:
        values = json.dumps({"slug": slug, **changes}, default=datetime.isoformat)
        [(event,)] = self.shop.rows(COPY_EVENT, values)
        return int(event)

    def _buy(
        self, event: str, *seats: str, name: str = "Ada Lovelace", email: str = "ada@example.com"
    ) -> str:
        wish = {"event": event, "seats": seats, "name": name, "email": email}
        answer = httpx.post(f"{self.shop.site}/api/checkout", json=wish, timeout=PATIENCE)
        return str(answer.raise_for_status().json()["session_id"])

    def _sell(self, event: str, *seats: str, name: str = "Ada Lovelace") -> str:
        session = self._buy(event, *seats, name=name)
        self.stripe.pay(session)
        self._wait_for(STATUS, session, "succeeded")
        return session

    def _show(self, name: str, session: str) -> None:
        self.addresses[f"Payment: {name}"] = f"/payments/success/?session_id={session}"
        self.addresses[f"Booking: {name}"] = f"/bookings/{self._wait_for(BOOKING, session)}/"
        self.addresses[f"Cancelling: {name}"] = f"{self.addresses[f'Booking: {name}']}cancel/"

    def _wait_for(self, query: str, *values: str | bool) -> Any:
        """Wait until ``query`` finds a row, and return its first column."""
        return wait_for(lambda: self.shop.rows(query, *values), query)[0][0]


# Members, by the state of their membership.
MEMBERS = {"member": "active", "owing": "past due", "leaving": "ending"}
PAID = {"succeeded": "G", "refunded": "D", "partially_refunded": "F", "disputed": "E"}


STATUSES = [
    *("pending", "processing", "succeeded", "failed", "expired"),
    *("refund due", "refunded", "partially refunded", "disputed", "twenty seats"),
]
