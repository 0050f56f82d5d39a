"""Paying by voucher and bank transfer: the customer still has to act when the session is complete."""

from typing import Any

import pytest

from tests.sandbox.support.payments import paid_intent
from tests.sandbox.support.process import Obj, Sandbox, order
from tests.sandbox.support.subscribers import DAY

VOUCHERS = {
    "multibanco": ("eur", {"entity", "reference", "expires_at", "hosted_voucher_url"}),
    "boleto": ("brl", {"number", "pdf", "expires_at", "hosted_voucher_url"}),
    "oxxo": ("mxn", {"number", "expires_after", "hosted_voucher_url"}),
    "konbini": ("jpy", {"stores", "expires_at", "hosted_voucher_url"}),
}
PLACED = ["payment_intent.created", "payment_intent.requires_action", "checkout.session.completed"]
PAID = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded"]
FAILED = ["payment_intent.payment_failed", "checkout.session.async_payment_failed"]


def place(sandbox: Sandbox, method: str, currency: str = "eur", **changes: Any) -> Obj:
    """Return a session over 42.00 that waits for the customer's money."""
    sandbox.control("account", payment_methods=["card", "sepa_debit", *VOUCHERS, "customer_balance"])
    items = order(currency=currency)["line_items"]
    answer = sandbox.pay(sandbox.open_session(line_items=items, **changes).id, method=method)
    assert answer["outcome"] == "awaiting_customer", answer
    session: Obj = answer["session"]
    return session


def details(sandbox: Sandbox, session: Obj) -> Obj:
    """Return the details in the intent's ``next_action``."""
    action = sandbox.stripe.payment_intents.retrieve(session["payment_intent"]).to_dict()["next_action"]
    found: Obj = action[action["type"]]
    return found


@pytest.mark.parametrize("method", sorted(VOUCHERS))
def test_a_voucher_completes_the_session_before_anything_is_paid(sandbox: Sandbox, method: str) -> None:
    currency, members = VOUCHERS[method]
    session = place(sandbox, method, currency)
    intent = paid_intent(sandbox, session["id"])

    assert (session["status"], session["payment_status"], session["url"]) == ("complete", "unpaid", None)
    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    assert intent.next_action.type == f"{method}_display_details"
    assert set(details(sandbox, session)) == members
    assert all(details(sandbox, session).values())
    assert sandbox.event_types() == PLACED
    assert sandbox.stripe.charges.list().data == []


@pytest.mark.parametrize("method", sorted(VOUCHERS))
def test_the_money_of_a_voucher_comes_later(sandbox: Sandbox, method: str) -> None:
    session = place(sandbox, method, VOUCHERS[method][0])
    assert sandbox.control(f"sessions/{session['id']}/settle")["outcome"] == "paid"
    intent = paid_intent(sandbox, session["id"])

    assert sandbox.session(session["id"]).payment_status == "paid"
    assert (intent.status, intent.amount_received, intent.next_action) == ("succeeded", 4200, None)
    assert intent.latest_charge.payment_method_details.type == method
    assert intent.latest_charge.balance_transaction is not None
    assert sandbox.event_types() == PLACED + PAID
    assert sandbox.http.post(f"/_sandbox/sessions/{session['id']}/settle").status_code == 409
    sandbox.stripe.refunds.create({"payment_intent": intent.id})


@pytest.mark.parametrize(("method", "days"), [("multibanco", 7), ("boleto", 3), ("oxxo", 3), ("konbini", 3)])
def test_a_voucher_that_nobody_pays_expires(sandbox: Sandbox, method: str, days: int) -> None:
    session = place(sandbox, method, VOUCHERS[method][0])
    shown = details(sandbox, session)
    assert shown.get("expires_at", shown.get("expires_after")) == session["created"] + days * DAY
    sandbox.advance(days * DAY - 60)
    assert sandbox.event_types() == PLACED
    sandbox.advance(120)
    intent = paid_intent(sandbox, session["id"])

    assert sandbox.session(session["id"]).payment_status == "unpaid"
    assert (intent.status, intent.latest_charge) == ("requires_payment_method", None)
    assert intent.last_payment_error.code == "payment_intent_payment_attempt_expired"
    assert sandbox.event_types() == PLACED + FAILED


def test_a_voucher_can_be_made_to_fail(sandbox: Sandbox) -> None:
    session = place(sandbox, "multibanco")
    assert sandbox.control(f"sessions/{session['id']}/settle", ok=False)["outcome"] == "failed"
    sandbox.advance(8 * DAY)

    assert sandbox.event_types() == PLACED + FAILED


@pytest.mark.parametrize(
    ("currency", "kind", "account"),
    [
        ("eur", "eu_bank_transfer", "iban"),
        ("gbp", "gb_bank_transfer", "sort_code"),
        ("jpy", "jp_bank_transfer", "zengin"),
        ("mxn", "mx_bank_transfer", "spei"),
        ("usd", "us_bank_transfer", "aba"),
    ],
)
def test_a_transfer_says_where_to_send_how_much(
    sandbox: Sandbox, currency: str, kind: str, account: str
) -> None:
    session = place(sandbox, "customer_balance", currency)
    shown = details(sandbox, session)

    assert (shown["amount_remaining"], shown["currency"], shown["type"]) == (4200, currency, kind)
    assert shown["financial_addresses"][0]["type"] == account
    assert session["customer"].startswith("cus_")
    sandbox.advance(20 * DAY)
    assert sandbox.event_types() == ["customer.created", *PLACED]


def test_a_transfer_can_arrive_in_parts(sandbox: Sandbox) -> None:
    session = place(sandbox, "customer_balance")
    path = f"sessions/{session['id']}/fund"
    assert sandbox.control(path, amount=1000)["remaining"] == 3200
    intent = paid_intent(sandbox, session["id"])

    assert (intent.status, intent.amount_received) == ("requires_action", 0)
    assert details(sandbox, session)["amount_remaining"] == 3200
    assert sandbox.event_types()[4:] == ["payment_intent.partially_funded"]
    assert sandbox.control(path, amount=3201) == {
        "error": "Give an amount of at most 3200, which is what remains."
    }
    assert sandbox.control(path, amount=3200)["remaining"] == 0
    assert sandbox.event_types()[5:] == PAID
    assert paid_intent(sandbox, session["id"]).amount_received == 4200


def test_only_a_transfer_arrives_in_parts(sandbox: Sandbox) -> None:
    session = place(sandbox, "multibanco")
    answer = sandbox.http.post(f"/_sandbox/sessions/{session['id']}/fund", json={"amount": 1000})
    assert answer.status_code == 409


def test_a_voucher_is_no_challenge(sandbox: Sandbox) -> None:
    session = place(sandbox, "multibanco")
    assert sandbox.control(f"sessions/{session['id']}/complete_3ds")["outcome"] == "not_open"
    assert sandbox.control(f"sessions/{session['id']}/fail")["outcome"] == "not_open"
    assert sandbox.event_types() == PLACED


def test_an_intent_that_waits_for_a_voucher_cannot_be_canceled(sandbox: Sandbox) -> None:
    session = place(sandbox, "multibanco")
    answer = sandbox.api("POST", f"/v1/payment_intents/{session['payment_intent']}/cancel")
    assert answer.status_code == 400


def test_a_voucher_has_no_outcome_when_it_is_placed(sandbox: Sandbox) -> None:
    sandbox.control("account", payment_methods=["card", "multibanco"])
    session = sandbox.open_session()
    answer = sandbox.http.post(
        f"/_sandbox/sessions/{session.id}/pay", json={"method": "multibanco", "outcome": "succeeded"}
    )
    assert (answer.status_code, sandbox.session(session.id).status) == (400, "open")
