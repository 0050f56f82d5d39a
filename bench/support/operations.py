"""
What people and processes do all day in a shop, timed in this process, without a server.

``python -m bench.support.operations`` reads lines such as ``status 30`` and answers each with a line of JSON:
how many seconds each of 30 times took.
"""

import json
import logging
import re
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

EVENT = (Path(__file__).parent / "session_event.json").read_text()
SECRET = "whsec_bench"
LIMIT = 10  # s for a statement; what takes longer counts as so much
PAYMENTS, BOOKINGS = "/admin/payments/payment/", "/admin/bookings/booking/"

Act = Callable[[], object]
OPERATIONS: dict[str, Callable[[], Act]] = {}


def operation(name: str) -> Callable[[Callable[[], Act]], Callable[[], Act]]:
    """Register what prepares one time of an operation and returns what is timed."""

    def register(prepare: Callable[[], Act]) -> Callable[[], Act]:
        OPERATIONS[name] = prepare
        return prepare

    return register


class Visitors:
    """Those who ask: anybody, a customer with ten bookings, and staff."""

    def __init__(self) -> None:
        from django.contrib.auth.models import User

        self.anybody, self.customer, self.staff = Client(), Client(), Client()
        self.customer.force_login(User.objects.earliest("pk"), "customers.backends.MailedCodeBackend")
        boss, _is_new = User.objects.get_or_create(username="boss", is_staff=True, is_superuser=True)
        self.staff.force_login(boss, "customers.backends.StaffBackend")

    def open_checkout(self) -> bytes:
        """Hold two seats, and return the body of the event that they are paid."""
        from bookings.models import Event
        from bookings.orders.buyers import Buyer
        from bookings.seats.holds import hold_seats
        from payments.models import Payment, shop_id

        event = Event.objects.latest("pk")
        labels = list(event.seats.free().order_by("pk").values_list("label", flat=True)[:2])
        until = timezone.now() + timedelta(minutes=30)
        booking = hold_seats(event, Buyer("Ada Lovelace", "ada@example.com"), labels=labels, until=until)
        payment = Payment(booking=booking, amount=8400, currency="eur", expires_at=until, livemode=True)
        payment.session_id = f"cs_live_{payment.reference}"
        payment.plan_check(checks=0)
        payment.save()
        known = {"event": f"evt_{payment.reference}", "session": payment.session_id}
        known |= {"intent": f"pi_{payment.reference}", "payment": payment.reference}
        return filled(**known, booking=booking.reference, shop=shop_id()).encode()


def filled(**values: str) -> str:
    """Return the body of an event with these ``values``."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), EVENT)


def register_all(visitors: Visitors) -> None:
    register_customers(visitors)
    register_staff(visitors)
    register_machines(visitors)


def register_customers(visitors: Visitors) -> None:
    from payments.gateway.signatures import sign
    from payments.models import Payment

    @operation("confirm: the webhook of two tickets")
    def confirm() -> Act:
        body = visitors.open_checkout()
        signature = {"Stripe-Signature": sign(body, SECRET)}
        post, kind = visitors.anybody.post, "application/json"
        return lambda: check(post("/api/webhook/stripe", body, content_type=kind, headers=signature))

    paid = Payment.objects.filter(status="succeeded").latest("pk")
    code = paid.booking.tickets.earliest("pk").code
    pages = {
        "status of a payment": f"/api/payment-status?session_id={paid.session_id}",
        "a booking's page": f"/bookings/{paid.booking.reference}/",
        "a ticket's page": f"/tickets/{code}/",
        "programme": "/",
        "an event's page": "/events/night-1/",
        "an event's seat map": "/api/events/night-1/seats",
    }
    for name, address in pages.items():
        register_page(name, visitors.anybody, address)
    register_page("dashboard of ten bookings", visitors.customer, "/api/bookings/sync")


def register_staff(visitors: Visitors) -> None:
    from payments.models import Payment

    one = Payment.objects.filter(status="succeeded", booking__customer=None).latest("pk")
    seat = one.booking.seat_labels[0]
    event = f"booking__event__id__exact={one.booking.event_id}"
    last = last_page(visitors.staff, PAYMENTS)
    lists = {
        "front page with all alerts": "/admin/",
        "one payment": f"{PAYMENTS}{one.pk}/change/",
        "payments: first page": PAYMENTS,
        "payments: last page": f"{PAYMENTS}?p={last}",
        "payments: the oldest first": f"{PAYMENTS}?o=7",
        "payments: expired": f"{PAYMENTS}?status__exact=expired",
        "payments: refunded, at Stripe": f"{PAYMENTS}?stripe_state__exact=refunded",
        "payments: of an event": f"{PAYMENTS}?{event}",
        "payments: with a problem": f"{PAYMENTS}?problem__exact=paid_twice",
        "payments: paid, and no ticket": f"{PAYMENTS}?trouble=ticketless",
        "search: e-mail": f"{PAYMENTS}?q={one.booking.email}",
        "search: name, seat and e-mail": f"{PAYMENTS}?q={one.booking.name}+{seat}+{one.booking.email}",
        "search: booking reference": f"{PAYMENTS}?q={one.booking.reference}",
        "search: ticket reference": f"{PAYMENTS}?q={one.booking.ticket_reference}",
        "search: card digits": PAYMENTS + "?q=4242",
        "search: payment intent": f"{PAYMENTS}?q={one.payment_intent_id}",
        "search: amount": f"{PAYMENTS}?q=84.00",
        "search: seat at an event": f"{PAYMENTS}?q={seat}&{event}",
        "search: seat (8 rows, 50)": f"{PAYMENTS}?q=A-1",
        "search: a name that 5 % have": f"{PAYMENTS}?q=Ada",
        "search: nothing like it": f"{PAYMENTS}?q=Zwxy",
        "bookings": BOOKINGS,
        "bookings: name": f"{BOOKINGS}?q={one.booking.name}",
        "tickets": "/admin/bookings/ticket/",
        "seats": "/admin/bookings/seat/",
        "events": "/admin/bookings/event/?q=night-",
        "Stripe's events": "/admin/payments/stripeevent/",
        "notifications": "/admin/payments/notification/",
    }
    for name, address in lists.items():
        register_page(f"admin, {name}", visitors.staff, address)


def register_machines(visitors: Visitors) -> None:
    from payments.fsck import jobs
    from payments.ledger.going_live import open_test_payments
    from payments.models import Payment, StripeEvent
    from payments.reconciliation.checks import due
    from payments.reconciliation.run import Run

    register_page("metrics", visitors.anybody, "/metrics")
    register_page("readyz", visitors.anybody, "/readyz")

    def choose() -> None:
        list(Payment.objects.unopened(before=timezone.now()))
        list(due(Run(is_dry=True), Payment.objects.with_booking(), everything=False))
        list(StripeEvent.objects.to_retry(timezone.now()))

    operation("reconciler: what is due")(lambda: choose)
    operation("worker: fetch a job")(lambda: fetch_job)
    operation("worker: rows without their job")(lambda: lambda: list(jobs.missing()))
    operation("end_test_mode: is there anything")(lambda: lambda: list(open_test_payments()))


def fetch_job() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)")
        assert cursor.fetchone()
        transaction.set_rollback(True)


def register_page(name: str, visitor: Client, address: str) -> None:
    operation(name)(lambda: lambda: check(visitor.get(address)))


def check(answer: Any) -> None:
    assert answer.status_code == 200, (answer.status_code, answer.content[:500])


def last_page(staff: Client, address: str) -> int:
    pages = re.findall(r"\?p=(\d+)", staff.get(address).content.decode())
    return max(map(int, pages), default=1)


def take(name: str, times: int) -> list[float]:
    """Return how many seconds each of ``times`` took."""
    seconds = []
    for _ in range(times):
        act = OPERATIONS[name]()
        began = time.perf_counter()
        try:
            act()
        except OperationalError:
            return [LIMIT]
        seconds.append(time.perf_counter() - began)
    return seconds


def main() -> None:
    django.setup()
    logging.disable(logging.ERROR)  # What was stopped is told by its time.
    register_all(Visitors())
    print(json.dumps(list(OPERATIONS)), flush=True)
    for line in sys.stdin:
        name, _, times = line.strip().rpartition(" ")
        print(json.dumps(take(name, int(times))), flush=True)


if __name__ == "__main__":
    main()
