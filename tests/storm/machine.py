"""The state machine: all actions, what must hold after each step, and what must hold in the end."""

import sys
from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from payments.models import Payment
from tests.storm.actors.banks import Banks
from tests.storm.actors.counter import Counter as AtCounter
from tests.storm.actors.customers import WAYS, WHO, Customers, ways
from tests.storm.actors.guests import Guests
from tests.storm.actors.staff import Staff
from tests.storm.actors.transport import Transport
from tests.storm.actors.worker import Worker
from tests.storm.base import ACTIONS, Step, steps
from tests.storm.calm import come_to_rest, expect_one_story
from tests.storm.comparison import is_paid
from tests.storm.log import LOG
from tests.storm.rules import broken_rules, sessions_paid_here
from tests.storm.scene import look
from tests.storm.world import Found, World

# The number of seats, how they are paid, and how far that gets: 0 opened, 1 paid, 2 events delivered.
purchases = st.tuples(st.integers(1, 2), ways, st.integers(0, 2))


class Storm(Customers, Guests, AtCounter, Banks, Transport, Staff, Worker):
    """Bookings, and everything that can happen to them, in an order chosen by Hypothesis."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.without_events = False
        self.known_as_paid: set[str] = set()

    @initialize(
        without_events=st.booleans(),
        never=st.sets(st.sampled_from([one.name for one in ACTIONS]), max_size=len(ACTIONS) // 2),
        crowd=st.lists(purchases, min_size=1, max_size=3),
    )
    def begin(self, without_events: bool, never: set[str], crowd: list[tuple[int, str, int]]) -> None:
        """
        Let a few customers buy.

        The actions in ``never`` aren't used in this run, so that others are combined more often. With
        ``without_events``, no events are delivered at the end.
        """
        self.without_events, self.never = without_events, never - {"read_the_page"}
        for quantity, way, progress in crowd:
            session_id = self.send({**WHO, "quantity": quantity}, "")
            if session_id and progress > 0:
                self.world.stripe.attempt(f"/sessions/{session_id}/pay", **WAYS[way])
            if session_id and progress > 1:
                self.world.deliver_all()

    @rule(step=steps())
    def go_on(self, step: Step) -> None:
        step.take(self)

    @invariant()
    def all_is_well(self) -> None:
        self.scene = look(self.world)
        if broken := broken_rules():
            raise Found(f"{broken}")
        self.expect_nothing_invented()

    def expect_nothing_invented(self) -> None:
        """Check that everything that is paid here is paid at Stripe."""
        for session_id in sessions_paid_here() - self.known_as_paid:
            if not is_paid(self.world.stripe.session(session_id)):
                raise Found(f"{session_id} is paid here, and not at Stripe.")
            self.known_as_paid.add(session_id)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # Not if the run has failed already.
                come_to_rest(self.world, without_events=self.without_events)
                self.all_is_well()
                expect_one_story(self.world)
                LOG.runs += 1
                LOG.ends += Counter(Payment.objects.values_list("status", flat=True))
        finally:
            self.world.end()
