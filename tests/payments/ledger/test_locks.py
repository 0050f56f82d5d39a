"""No transaction is open while Stripe is asked, however slowly it answers: nobody waits for its locks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Event as Signal

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from bookings.models import Event
from payments import tasks
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin, Payment, Refund
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase, make_event
from tests.support.threads import at_once
from tests.support.worker import work

pytestmark = pytest.mark.django_db(transaction=True)

SLOWLY = 300  # ms that Stripe takes for each answer

OPEN_TRANSACTIONS = """
    SELECT state, query FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend'
       AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
"""

Action = Callable[[], object]


@pytest.fixture
def event(transactional_db: None) -> Event:
    return make_event()


@dataclass
class Shop:
    stripe: Sandbox
    buy: Buy
    deliver: Deliver

    def sell(self) -> Purchase:
        """Return a purchase that is paid, here and at Stripe."""
        purchase = self.buy()
        self.stripe.pay(purchase.session_id)
        self.deliver("completed", purchase)
        return purchase

    def event(self, kind: str) -> Action:
        """Return the delivery of the first event of this type."""
        told = next(event for event in self.stripe.events() if event["type"] == kind)
        return lambda: self.deliver(told)


@pytest.fixture
def shop(stripe: Sandbox, buy: Buy, deliver: Deliver) -> Shop:
    return Shop(stripe, buy, deliver)


def checkout(shop: Shop) -> Action:
    return shop.buy


def verification(shop: Shop) -> Action:
    body = {"session_id": shop.sell().session_id}
    shop.stripe.dispute(body["session_id"])
    return lambda: Client().post("/api/payment-status/verify", body, content_type="application/json")


def cancellation(shop: Shop) -> Action:
    purchase = shop.buy()
    shop.stripe.pay(purchase.session_id)
    return lambda: Client().get("/payments/cancelled/", {"session_id": purchase.session_id})


def reconciliation(shop: Shop) -> Action:
    shop.buy()
    past = timezone.now() - timedelta(minutes=1)
    Payment.objects.update(created_at=past - timedelta(minutes=31), expires_at=past, next_check_at=past)
    return lambda: tasks.reconcile(timestamp=0)


def refund(shop: Shop) -> Action:
    request_refund(shop.sell().payment, origin=Origin.STAFF, cause=Cause.STAFF)
    return lambda: work("send_refund")


def second_try_of_a_refund(shop: Shop) -> Action:
    action = refund(shop)
    Refund.objects.update(tried_at=timezone.now())
    return action


def event_of_a_refund_before_its_payment_is_known(shop: Shop) -> Action:
    purchase = shop.buy()
    shop.stripe.pay(purchase.session_id)
    shop.stripe.refund(purchase.session_id)
    return shop.event("refund.created")


def event_of_a_dispute(shop: Shop) -> Action:
    shop.stripe.dispute(shop.sell().session_id)
    return shop.event("charge.dispute.created")


def closing_of_a_second_session(shop: Shop) -> Action:
    payment = shop.buy().payment
    return lambda: tasks.close_session(payment_id=payment.pk)


def withdrawal_of_a_lost_session(shop: Shop) -> Action:
    payment = shop.buy().payment
    return lambda: tasks.withdraw_session(payment_id=payment.pk)


SESSION, SESSIONS, REFUNDS = "/v1/checkout/sessions/…", "/v1/checkout/sessions", "/v1/refunds"


CALLS: dict[Callable[[Shop], Action], list[str]] = {
    checkout: [f"POST {SESSIONS}"],
    verification: [f"GET {SESSION}", "GET /v1/disputes"],
    cancellation: [f"POST {SESSION}/expire", f"GET {SESSION}"],
    reconciliation: [f"GET {SESSION}", f"POST {SESSION}/expire", "GET /v1/events"],
    refund: [f"POST {REFUNDS}"],
    second_try_of_a_refund: [f"GET {REFUNDS}", f"POST {REFUNDS}"],
    event_of_a_refund_before_its_payment_is_known: ["GET /v1/payment_intents/…", f"GET {SESSION}"],
    event_of_a_dispute: [f"GET {SESSION}", "GET /v1/disputes"],
    closing_of_a_second_session: [f"POST {SESSION}/expire"],
    withdrawal_of_a_lost_session: [f"POST {SESSIONS}", f"POST {SESSION}/expire"],
}


@pytest.mark.parametrize("prepare", CALLS, ids=lambda prepare: prepare.__name__)
def test_no_transaction_is_open_while_stripe_is_asked(shop: Shop, prepare: Callable[[Shop], Action]) -> None:
    action = prepare(shop)
    shop.stripe.fault("* /v1/*", "slow_ms", ms=SLOWLY, times=None)

    seen = watch(shop.stripe, action)

    shop.stripe.clear_faults()
    assert seen == {call: set() for call in CALLS[prepare]}


def watch(stripe: Sandbox, action: Action) -> dict[str, set[tuple[str, str]]]:
    """Return each call to Stripe during ``action``, with the transactions that were open at the time."""
    done = Signal()
    seen: dict[str, set[tuple[str, str]]] = {}

    def act(number: int) -> None:
        if number:
            return look_until(done, stripe, seen)
        try:
            action()
        finally:
            done.set()

    at_once(act, 2)
    return seen


def look_until(done: Signal, stripe: Sandbox, seen: dict[str, set[tuple[str, str]]]) -> None:
    with connection.cursor() as cursor:
        while not done.wait(0.01):
            before = under_way(stripe)
            cursor.execute(OPEN_TRANSACTIONS)
            if before and before == under_way(stripe):  # So Stripe was being asked all the while.
                seen.setdefault(before[1], set()).update(cursor.fetchall())


def under_way(stripe: Sandbox) -> tuple[str, str] | None:
    """Return the id of the request that Stripe hasn't answered yet, and what it is, without the id in it."""
    for entry in stripe.requests():
        if entry["status"] is None:
            parts = entry["url"].partition("?")[0].split("/")
            path = "/".join("…" if "_test_" in part or part.startswith("pi_") else part for part in parts)
            return entry["id"], f"{entry['method']} {path}"
    return None
