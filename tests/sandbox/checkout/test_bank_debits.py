"""Paying by bank debit, which settles or fails later."""

import pytest

from tests.sandbox.support.payments import paid_intent
from tests.sandbox.support.process import Sandbox, order


@pytest.mark.parametrize("currency", ["usd", "eur"])
def test_a_bank_debit_completes_unpaid_and_is_paid_later(sandbox: Sandbox, currency: str) -> None:
    session = sandbox.open_session(line_items=order(currency=currency)["line_items"])
    answer = sandbox.pay(session.id, method="us_bank_account")
    pending = paid_intent(sandbox, session.id)

    assert answer["outcome"] == "processing"
    assert (pending.status, pending.latest_charge.status) == ("processing", "pending")
    assert (answer["session"]["status"], answer["session"]["payment_status"]) == ("complete", "unpaid")
    assert sandbox.event_types() == [
        "charge.pending",
        "payment_intent.created",
        "payment_intent.processing",
        "checkout.session.completed",
    ]

    sandbox.advance(11)
    paid = paid_intent(sandbox, session.id)
    assert sandbox.session(session.id).payment_status == "paid"
    assert (paid.status, paid.amount_received) == ("succeeded", 4200)
    assert (paid.latest_charge.status, paid.latest_charge.paid) == ("succeeded", True)
    assert sandbox.event_types()[4:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
    ]


def test_a_bank_debit_can_fail_later(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, method="sepa_debit", outcome="failed")
    sandbox.advance(11)
    intent = paid_intent(sandbox, session.id)

    failed = sandbox.session(session.id)
    assert (failed.status, failed.payment_status) == ("complete", "unpaid")
    assert (intent.status, intent.latest_charge.status) == ("requires_payment_method", "failed")
    assert sandbox.event_types()[4:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]


@pytest.mark.parametrize(
    ("currency", "account", "code"),
    [
        ("usd", "000111111113", "account_closed"),
        ("usd", "000222222227", "insufficient_funds"),
        ("eur", "AT861904300235473202", "charge_exceeds_source_limit"),
    ],
)
def test_a_bank_says_why_it_refuses(sandbox: Sandbox, currency: str, account: str, code: str) -> None:
    session = sandbox.open_session(line_items=order(currency=currency)["line_items"])
    sandbox.pay(session.id, method="bank_debit", account=account)
    sandbox.advance(11)
    intent = paid_intent(sandbox, session.id)

    assert intent.last_payment_error.code == code
    assert intent.latest_charge.failure_code == code


def test_a_bank_debit_can_stay_in_processing(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, method="sepa_debit", outcome="processing")
    sandbox.advance(20 * 24 * 3600)
    assert paid_intent(sandbox, session.id).status == "processing"

    assert sandbox.control(f"sessions/{session.id}/settle")["outcome"] == "paid"
    assert sandbox.session(session.id).payment_status == "paid"


@pytest.mark.parametrize(("ok", "last"), [(True, "async_payment_succeeded"), (False, "async_payment_failed")])
def test_a_bank_debit_is_settled_once(sandbox: Sandbox, ok: bool, last: str) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, method="sepa_debit")
    sandbox.control(f"sessions/{session.id}/settle", ok=ok)
    sandbox.advance(60)

    assert sandbox.event_types()[-1] == f"checkout.session.{last}"
    assert len(sandbox.events()) == 7
    assert sandbox.http.post(f"/_sandbox/sessions/{session.id}/settle").status_code == 409


def test_a_bank_debit_needs_its_currency(sandbox: Sandbox) -> None:
    session = sandbox.open_session(line_items=order(currency="gbp")["line_items"])
    answer = sandbox.http.post(f"/_sandbox/sessions/{session.id}/pay", json={"method": "us_bank_account"})
    assert answer.status_code == 400
