"""An event's way through the rooms: a payment's never walks through memberships, nor the other way round."""

import sys
from pathlib import Path
from types import FrameType
from typing import Any, Self

import pytest

from payments.models import Plan
from payments.webhook import memberships, payments
from payments.webhook.routing import EITHER, handler_of
from tests.support.members import Member, deliver_event
from tests.support.paths import ROOT
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase


class Entered:
    """The files whose functions are called while it watches."""

    def __init__(self) -> None:
        self._files: set[str] = set()

    def __enter__(self) -> Self:
        self._before = sys.getprofile()
        sys.setprofile(self._note)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(self._before)

    def _note(self, frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            self._files.add(frame.f_code.co_filename)

    @property
    def modules(self) -> set[str]:
        """The names of those that are modules of this project."""
        own = [Path(file) for file in self._files if Path(file).is_relative_to(ROOT) and ".venv" not in file]
        return {".".join(file.relative_to(ROOT).with_suffix("").parts) for file in own}


def within(modules: set[str], *rooms: str) -> set[str]:
    return {module for module in modules if module.startswith(rooms)}


def test_a_payments_event_enters_no_module_of_memberships(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)

    with Entered() as entered:
        deliver("completed", purchase)

    assert purchase.tickets == ["A-1", "A-2"]
    assert within(entered.modules, "payments.ledger", "bookings.tickets") >= {
        "payments.ledger.settlement",
        "bookings.tickets.issuing",
    }
    assert within(entered.modules, "payments.memberships", "payments.webhook.memberships") == set()


def test_a_memberships_event_enters_no_module_about_buying_seats(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    ada.subscribe(plan)
    (event,) = [event for event in stripe.events() if event["type"] == "customer.subscription.created"]

    with Entered() as entered:
        deliver_event(event)

    assert ada.row.status == "active"
    assert "payments.memberships.sync" in entered.modules
    rooms = ("payments.ledger.settlement", "payments.ledger.refund", "payments.checkout", "payments.status")
    assert (
        within(entered.modules, *rooms, "payments.webhook.payments", "bookings.seats", "bookings.tickets")
        == set()
    )


@pytest.mark.parametrize(
    ("kind", "subject", "handler"),
    [
        ("checkout.session.completed", {"object": "checkout.session", "mode": "payment"}, payments.SESSION),
        ("checkout.session.completed", {"object": "checkout.session"}, payments.SESSION),
        (
            "checkout.session.completed",
            {"object": "checkout.session", "mode": "subscription"},
            memberships.SESSION,
        ),
        (
            "checkout.session.async_payment_failed",
            {"object": "checkout.session", "mode": "subscription"},
            memberships.RECORDED,
        ),
        ("customer.subscription.paused", {"object": "subscription"}, memberships.SUBSCRIPTION),
        ("customer.subscription.trial_will_end", {"object": "subscription"}, memberships.RECORDED),
        (
            "invoice.paid",
            {"object": "invoice", "parent": {"type": "subscription_details"}},
            memberships.INVOICE,
        ),
        ("invoice.paid", {"object": "invoice", "subscription": "sub_1"}, memberships.INVOICE),
        ("invoice.paid", {"object": "invoice", "parent": None}, payments.RECORDED),
        ("invoice.paid", {"object": "invoice", "subscription": None}, payments.RECORDED),
        ("charge.refunded", {"object": "charge"}, EITHER["charge.refunded"]),
        ("charge.dispute.closed", {"object": "dispute"}, EITHER["charge.dispute.closed"]),
        (
            "radar.early_fraud_warning.created",
            {"object": "radar.early_fraud_warning"},
            payments.FRAUD_WARNING,
        ),
        ("charge.succeeded", {"object": "charge"}, payments.CHARGE),
        ("payment_intent.succeeded", {"object": "payment_intent"}, payments.MONEY),
        ("balance.available", {"object": "balance"}, payments.RECORDED),
        ("v1.billing.meter.no_meter_found", {}, payments.RECORDED),
    ],
)
def test_an_event_goes_by_what_its_object_is_and_then_by_its_type(
    kind: str, subject: dict[str, Any], handler: object
) -> None:
    assert handler_of({"type": kind, "data": {"object": subject}}) is handler
