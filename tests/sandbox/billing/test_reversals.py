"""Refunds and disputes of what invoices have collected."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.disputes import BEGUN
from tests.sandbox.support.process import Obj, Sandbox
from tests.sandbox.support.subscribers import history, plan, subscribe

AFTER = ("refund.", "charge.", "invoice", "customer.subscription.")


def since(sandbox: Sandbox, before: int) -> list[str]:
    return [event["type"] for event in history(sandbox)[before:] if event["type"].startswith(AFTER)]


def paid_charge(sandbox: Sandbox, invoice_id: str) -> Any:
    """Return the charge of an invoice, found as Stripe's clients find it."""
    expand: Any = {"expand": ["payments.data.payment.payment_intent"]}
    invoice: Any = sandbox.stripe.invoices.retrieve(invoice_id, expand)
    return sandbox.stripe.charges.retrieve(invoice.payments.data[0].payment.payment_intent.latest_charge)


def owner_of(sandbox: Sandbox, intent: str) -> str:
    """Return the invoice that an intent has paid."""
    wanted: Any = {"payment": {"type": "payment_intent", "payment_intent": intent}}
    [payment] = sandbox.stripe.invoice_payments.list(wanted).data
    return str(payment.invoice)


def unchanged(sandbox: Sandbox, subscription: stripe.Subscription) -> tuple[Any, Any]:
    """Return the subscription and its invoice: money that goes back leaves both as they were."""
    invoice = sandbox.stripe.invoices.retrieve(str(subscription.latest_invoice))
    return sandbox.stripe.subscriptions.retrieve(subscription.id), invoice


@pytest.mark.parametrize("amount", [500, None])
def test_an_invoice_is_refunded(sandbox: Sandbox, amount: int | None) -> None:
    subscription = subscribe(sandbox)
    before = unchanged(sandbox, subscription)
    seen = len(history(sandbox))
    charge = paid_charge(sandbox, str(subscription.latest_invoice))
    params: Any = {"payment_intent": charge.payment_intent} | ({"amount": amount} if amount else {})
    refund = sandbox.stripe.refunds.create(params)

    assert (refund.amount, refund.charge, refund.status) == (amount or 1200, charge.id, "succeeded")
    assert owner_of(sandbox, str(refund.payment_intent)) == subscription.latest_invoice
    assert since(sandbox, seen) == ["refund.created", "charge.refunded"]
    assert sandbox.stripe.charges.retrieve(charge.id).refunded is (amount is None)
    assert unchanged(sandbox, subscription) == before


@pytest.mark.parametrize("kind", ["subscriptions", "invoices"])
def test_staff_refund_a_membership_in_the_dashboard(sandbox: Sandbox, kind: str) -> None:
    subscription = subscribe(sandbox)
    paid = subscription.id if kind == "subscriptions" else str(subscription.latest_invoice)
    made: Obj = sandbox.control(f"{kind}/{paid}/refund", amount=300)
    assert (made["amount"], owner_of(sandbox, made["payment_intent"])) == (300, subscription.latest_invoice)


def test_a_members_payment_is_disputed(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    before, seen = unchanged(sandbox, subscription), len(history(sandbox))
    opened: Obj = sandbox.control(f"subscriptions/{subscription.id}/dispute", amount=700)

    assert (opened["amount"], opened["charge"]) == (
        700,
        paid_charge(sandbox, str(subscription.latest_invoice)).id,
    )
    assert owner_of(sandbox, opened["payment_intent"]) == subscription.latest_invoice
    sandbox.control(f"disputes/{opened['id']}/close", status="won")
    closed = ["charge.dispute.closed", "charge.dispute.funds_reinstated"]
    assert since(sandbox, seen) == [*BEGUN, *closed]
    assert unchanged(sandbox, subscription) == before


def test_each_periods_payment_is_its_own(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    first = str(subscription.latest_invoice)
    second = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]["id"]
    assert sandbox.control(f"invoices/{first}/dispute")["charge"] == paid_charge(sandbox, first).id
    assert sandbox.control(f"subscriptions/{subscription.id}/warn")["charge"] == (
        paid_charge(sandbox, second).id
    )


def test_what_an_invoice_has_not_collected_does_not_go_back(sandbox: Sandbox) -> None:
    free = subscribe(sandbox, plan(sandbox, amount=0))
    trial = subscribe(sandbox, subscription_data={"trial_period_days": 14})
    for subscription in (free, trial):
        for verb in ("refund", "dispute", "warn"):
            path = f"/_sandbox/subscriptions/{subscription.id}/{verb}"
            assert sandbox.http.post(path, json={}).status_code == 409
