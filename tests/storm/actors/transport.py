"""Actions between Stripe and the shop: late, repeated and lost events, and failing calls."""

from collections.abc import Callable
from contextlib import suppress

from hypothesis import strategies as st

from payments.gateway.checkout.sessions import fetch_session
from payments.gateway.disputes import fetch_disputes
from payments.ledger.disputes import sync_disputes
from payments.ledger.settlement import settle
from payments.models import Cause, Payment
from tests.storm.actors.strikes import TABLES, Strike
from tests.storm.base import Base, action, pick, which
from tests.storm.log import LOG

CALLS = [
    "GET /v1/checkout/sessions/*",
    "POST /v1/checkout/sessions/*/expire",
    "POST /v1/checkout/sessions",
    "POST /v1/refunds",
    "GET /v1/refunds",
    "GET /v1/disputes",
    "GET /v1/events",
    "GET /v1/payment_intents/*",
]
FAILURES = ["500_after", "reset_after", "500_before", "reset_before", "429", "409"]
# Final statuses of refunds and disputes.
OVERTAKING = ["failed", "won", "lost", "succeeded", "canceled"]
CLOCK = [11, 61, 3 * 60, 12 * 60, 32 * 60, 37 * 60, 7 * 3600, 25 * 3600]


class Transport(Base):
    @action("undelivered", often=5, number=which)
    def deliver(self, number: int) -> None:
        self.world.deliver(pick(number, self.scene.undelivered))

    @action("undelivered", often=2, count=st.integers(2, 6), newest_first=st.booleans())
    def deliver_many(self, count: int, newest_first: bool) -> None:
        events = self.scene.undelivered
        if newest_first:
            LOG.faults["events delivered newest first"] += min(count, len(events))
        for event in (events[::-1] if newest_first else events)[:count]:
            self.world.deliver(event)

    @action("delivered", number=which)
    def deliver_again(self, number: int) -> None:
        LOG.faults["event delivered again"] += 1
        self.world.deliver(pick(number, self.world.delivered))

    @action("delivered", number=which)
    def deliver_as_another(self, number: int) -> None:
        """Deliver a second event for the same change, which Stripe documents as possible."""
        LOG.faults["two events for one change"] += 1
        event = pick(number, [*self.world.delivered, *self.scene.undelivered])
        self.world.deliver({**event, "id": f"{event['id']}again{len(self.world.delivered)}"})

    @action("undelivered", number=which)
    def lose(self, number: int) -> None:
        LOG.faults["event lost"] += 1
        self.world.lost.add(pick(number, self.scene.undelivered)["id"])

    @action(often=3, match=st.sampled_from(CALLS), do=st.sampled_from(FAILURES), times=st.integers(1, 3))
    def stripe_fails(self, match: str, do: str, times: int) -> None:
        self.world.add_fault(match, do, times)

    @action("faults")
    def stripe_is_back(self) -> None:
        self.world.stripe.clear_faults()
        self.world.faults = []

    @action("purchases", often=4, table=st.sampled_from(["any", *TABLES]), write=st.integers(1, 9))
    def the_next_write_fails(self, table: str, write: int) -> None:
        """Make the shop's next action fail halfway, if it writes to this table."""
        self.world.strike = Strike(table, write if table == "any" else 1 + write % 3)

    @action("purchases", seconds=st.sampled_from(CLOCK))
    def time_passes(self, seconds: int) -> None:
        self.world.wait(seconds)

    @action("purchases", number=which)
    def ask_and_be_slow(self, number: int) -> None:
        """Let a process ask Stripe now, and use the answer in a later step."""
        if not self.world.faults:
            LOG.faults["answer that is used late"] += 1
            self.world.held_answers.append(ask(pick(number, self.world.purchases)))

    @action("held_answers", often=2, number=which)
    def a_slow_process_goes_on(self, number: int) -> None:
        use = pick(number, self.world.held_answers)
        self.world.held_answers.remove(use)
        self.world.attempt(use)

    @action("moving", often=2, number=which, status=st.sampled_from(OVERTAKING), by_event=st.booleans())
    def be_overtaken(self, number: int, status: str, by_event: bool) -> None:
        """Let a bank decide, and another process learn of it, between Stripe's answer and its use."""
        kind, subject, session_id = pick(number, self.scene.moving)
        if self.world.faults:
            return
        LOG.faults["answer that is used late"] += 1
        use = ask(session_id)
        end = "settle" if kind == "refund" else "close"
        self.world.stripe.attempt(f"/{kind}s/{subject}/{end}", status=status)
        if by_event:
            for event in self.world.undelivered():
                self.world.deliver(event)
        else:
            self.world.wait(11)
            self.world.post("/api/payment-status/verify", {"session_id": session_id})
        self.world.attempt(use)


def ask(session_id: str) -> Callable[[], object]:
    """Ask Stripe now, and return a function that uses the answers as ``verification.ask`` does."""
    session = fetch_session(session_id)
    intent = session.payment_intent_id
    disputes = fetch_disputes(intent) if intent and session.was_disputed else None

    def use() -> None:
        with suppress(Payment.DoesNotExist):
            payment = settle(session, cause=Cause.VERIFICATION)
            if disputes is not None and payment.is_paid:
                sync_disputes(payment, disputes, cause=Cause.VERIFICATION)

    return use
