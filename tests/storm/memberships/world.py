"""The world of one run: one member, the shop and Stripe, with Stripe's clock, and undelivered events."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
import time_machine
from django.db import transaction

from payments.fsck import inspect
from payments.gateway.billing import subscriptions
from payments.gateway.billing.subscription_objects import StripeSubscription
from payments.memberships.entitlements import entitled_until
from payments.models import Plan, Subscription
from payments.reconciliation.memberships import check_memberships
from payments.reconciliation.run import Run
from tests.support.members import FAILS_LATER, GOOD_CARD, Member, deliver_event, make_member, make_plan, when
from tests.support.sandbox import Event, Sandbox

# The reconciler checks every membership once a day; here it runs only this often.
STEP = 48  # h
STALE_AFTER = timedelta(hours=STEP + 25)
CARDS = [GOOD_CARD, FAILS_LATER]


class World:
    """
    The shop with one member, and the sandbox; the database is rolled back at the end.

    ``post`` has the events that weren't delivered yet. ``granted_at`` is when the table last granted the
    benefits by the state at Stripe.
    """

    def __init__(self, stripe: Sandbox) -> None:
        self.stripe = stripe
        stripe.post("/reset")
        self._undone = transaction.atomic()
        self._undone.__enter__()
        self._traveller: Any = None
        self.post: list[Event] = []
        self._newest = ""  # the id of the last event that was collected
        self.granted_at: datetime | None = None
        self.set_clock(stripe._get("/_sandbox/clock"))
        self.plans = [make_plan(stripe), make_plan(stripe, "patron", amount=5000, discount_percent=50)]
        self.member: Member = make_member(stripe)

    def close(self) -> None:
        transaction.set_rollback(True)
        self._undone.__exit__(None, None, None)
        if self._traveller:
            self._traveller.stop()

    # The clock

    def set_clock(self, told: dict[str, Any]) -> None:
        """Set this process's clock to the time that Stripe has ``told``."""
        if self._traveller:
            self._traveller.stop()
        self.now = when(told["now"])
        self._traveller = time_machine.travel(self.now, tick=False)
        self._traveller.start()

    def advance(self, hours: int) -> None:
        self.set_clock(self.stripe.post("/clock", {"seconds": hours * 3_600}))

    # Stripe

    def attempt(self, path: str, **body: Any) -> bool:
        """Call the control API, and return whether the action was possible."""
        try:
            self.stripe.post(path, body)
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in (400, 402, 404, 409):
                raise
            return False
        self.set_clock(self.stripe._get("/_sandbox/clock"))
        return True

    @property
    def row(self) -> Subscription | None:
        rows = Subscription.objects.select_related("plan").filter(customer=self.member.user)
        return rows.order_by("-pk").first()

    def truth(self) -> StripeSubscription | None:
        """Return the member's last subscription as it is at Stripe."""
        sold = self.stripe.objects("subscription")
        return subscriptions.fetch_subscription(sold[-1]["id"]) if sold else None

    def grants(self, told: StripeSubscription | None) -> bool:
        """Return whether the table grants the benefits now for a subscription in this state."""
        if told is None or not Plan.objects.filter(price_id=told.price_id).exists():
            return False
        until = entitled_until(told)
        return until is not None and self.now < until

    # Events

    def collect(self) -> None:
        """Add new events to ``post``."""
        for event in self.stripe.events(after=self._newest):
            self._newest = event["id"]
            self.post.append(event)

    def deliver(self, event: Event) -> None:
        assert deliver_event(event).status_code == 200

    def shuffle(self, seed: int) -> None:
        Random(seed).shuffle(self.post)

    # The shop

    def reconcile(self, *, everything: bool = False) -> None:
        run = Run(rate=1_000_000)
        check_memberships(run, everything=everything)
        assert run.counts["failed"] == 0

    def findings(self) -> list[str]:
        return [str(finding) for finding in inspect() if finding.rule.startswith("membership")]
