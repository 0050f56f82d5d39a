"""The state machine of a membership over two years: the customer, Stripe, and events that get lost."""

import functools
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from payments.memberships.entitlements import money_of
from payments.models import Subscription
from tests.storm.memberships.world import CARDS, STALE_AFTER, STEP, World
from tests.storm.seed import Played

# Hours before each action; about two years in a whole run.
PAUSES = st.sampled_from([0, 1, 5, 24, 8 * 24, 31 * 24, 31 * 24, 31 * 24])
__all__ = ["MembershipStorm", "World"]

Act = Callable[..., None]


def action(**drawn: Any) -> Callable[[Act], Act]:
    """Register a method as a rule that runs after a pause."""

    def wrap(act: Act) -> Act:
        @functools.wraps(act)
        def run(self: "MembershipStorm", pause: int, **given: Any) -> None:
            self.let_pass(pause)
            act(self, **given)

        del run.__wrapped__
        return rule(pause=PAUSES, **drawn)(run)

    return wrap


class MembershipStorm(Played):
    """A membership: its benefits must follow the table, and its row must match Stripe in the end."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            self.world.close()

    # The customer

    @action(plan=st.integers(0, 1), card=st.sampled_from(CARDS))
    def subscribe(self, plan: int, card: str) -> None:
        answer = self.world.member.ask_for(self.world.plans[plan])
        assert answer.status_code in (201, 409), answer.content
        if answer.status_code == 201:
            self.world.attempt(f"/sessions/{answer.json()['session_id']}/pay", card=card)

    @action(plan=st.integers(0, 1))
    def begin_and_leave(self, plan: int) -> None:
        if self.world.member.ask_for(self.world.plans[plan]).status_code == 201:
            self.world.member.client.get(f"/membership/?cancelled={self.world.member.row.reference}")

    @action(card=st.sampled_from(CARDS))
    def change_card(self, card: str) -> None:
        self.do("card", card=card)

    @action(now=st.booleans())
    def cancel(self, now: bool) -> None:
        self.do("cancel", now=now)

    @action(after=st.sampled_from(["canceled", "unpaid", "past_due"]))
    def choose_what_comes_of_failures(self, after: str) -> None:
        self.world.attempt("/billing", after_retries=after)

    @action()
    def think_again(self) -> None:
        self.do("keep")

    @action()
    def pay_what_is_open(self) -> None:
        self.do("pay", card=CARDS[0])

    @action(plan=st.integers(0, 1), behavior=st.sampled_from(["none", "create_prorations"]))
    def change_plan(self, plan: int, behavior: str) -> None:
        self.do("plan", price=self.world.plans[plan].price_id, proration_behavior=behavior)

    @action()
    def pause(self) -> None:
        self.do("pause", collection="void")

    @action()
    def resume(self) -> None:
        self.do("resume")

    # Money that goes back

    @action(amount=st.sampled_from([None, 500]), status=st.sampled_from([None, "pending"]))
    def refund(self, amount: int | None, status: str | None) -> None:
        self.do("refund", amount=amount, status=status)

    @action(ending=st.sampled_from(["failed", "succeeded"]))
    def settle_a_refund(self, ending: str) -> None:
        for refund in self.world.stripe.objects("refund")[-1:]:
            self.world.attempt(f"/refunds/{refund['id']}/settle", status=ending)

    @action(amount=st.sampled_from([None, 300]), case=st.sampled_from(["chargeback", "inquiry"]))
    def dispute(self, amount: int | None, case: str) -> None:
        self.do("dispute", case_type=case, **({} if amount is None else {"amount": amount}))

    @action(ending=st.sampled_from(["won", "lost", "warning_closed"]))
    def decide_a_dispute(self, ending: str) -> None:
        for dispute in self.world.stripe.objects("dispute")[-1:]:
            self.world.attempt(f"/disputes/{dispute['id']}/close", status=ending)

    @action()
    def look(self) -> None:
        """Have Stripe asked, like the button on the page."""
        assert self.world.member.client.post("/api/subscription-status/verify").status_code == 200

    def do(self, action: str, **how: Any) -> None:
        sold = self.world.stripe.objects("subscription")
        if sold:
            self.world.attempt(f"/subscriptions/{sold[-1]['id']}/{action}", **how)

    def let_pass(self, hours: int) -> None:
        """Let time pass in steps, and run the reconciler after each. In the end the member signs in again."""
        while hours > 0:
            step = min(hours, STEP)
            self.world.advance(step)
            self.world.reconcile()
            self.is_granted_by_the_table()
            hours -= step
        self.world.member.sign_in()

    # Events

    @action(number=st.integers(0, 30))
    def deliver_one(self, number: int) -> None:
        if self.world.post:
            self.world.deliver(self.world.post.pop(number % len(self.world.post)))

    @action(number=st.integers(0, 30))
    def deliver_one_and_keep_it(self, number: int) -> None:
        if self.world.post:
            self.world.deliver(self.world.post[number % len(self.world.post)])

    @action(seed=st.integers(0, 1_000))
    def shuffle(self, seed: int) -> None:
        self.world.shuffle(seed)

    @action(number=st.integers(0, 30))
    def lose_some(self, number: int) -> None:
        del self.world.post[: number % 5]

    @action()
    def deliver_everything(self) -> None:
        for event in self.world.post:
            self.world.deliver(event)
        self.world.post.clear()
        self.says_what_stripe_says(self.world.row)

    @action()
    def reconcile_everything(self) -> None:
        self.settle()

    # What must hold

    @invariant()
    def is_granted_by_the_table(self) -> None:
        """Check that benefits are granted only if the table granted them within ``STALE_AFTER``."""
        self.world.collect()
        if self.world.grants(self.world.truth()):
            self.world.granted_at = self.world.now
        row = self.world.row
        if row and row.is_entitled(self.world.now):
            assert self.world.granted_at, "never granted"
            assert self.world.now - self.world.granted_at <= STALE_AFTER, "granted too long ago"

    def settle(self) -> None:
        self.world.advance(1)
        self.world.reconcile(everything=True)
        self.says_what_stripe_says(self.world.row)
        assert self.world.findings() == []

    def says_what_stripe_says(self, row: Subscription | None) -> None:
        told = self.world.truth()
        if told is None or row is None or row.subscription_id != told.id:
            assert row is None or row.status in ("pending", "expired")
            return
        assert (row.status, row.price_id, row.plan.price_id) == (told.status, told.price_id, told.price_id)
        assert (row.period_start, row.period_end) == (told.period_start, told.period_end)
        assert (row.ends_at, row.collection_paused) == (told.ends_at, told.collection_paused)
        assert (row.money, row.next_charge_amount) == (
            money_of(told),
            told.next_charge and told.next_charge.amount,
        )
        assert row.is_entitled(self.world.now) == self.world.grants(told)
