"""The balance, and early fraud warnings."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Sandbox, order
from tests.support.stripe_schema import check as stripe_schema

WARNED, AVAILABLE_AT_ONCE = "4000000000005423", "4000000000000077"
DAY = 24 * 3600
KIND = "radar.early_fraud_warning"


def pay(sandbox: Sandbox, card: str = "4242424242424242", **changes: Any) -> str:
    """Return a session over 42 euros that has been paid and booked: 40.49 without the fee."""
    session = sandbox.open_session(**changes)
    sandbox.pay(session.id, card=card)
    sandbox.advance(4)
    return session.id


def refund(sandbox: Sandbox, session_id: str, **params: Any) -> stripe.Refund:
    given: Any = {"payment_intent": sandbox.session(session_id).payment_intent, **params}
    return sandbox.stripe.refunds.create(given)


def balance(sandbox: Sandbox) -> dict[str, tuple[int, int]]:
    """Return what is available and what is pending, by currency."""
    found = sandbox.stripe.balance.retrieve()
    pending = {part.currency: part.amount for part in found.pending}
    return {part.currency: (part.amount, pending[part.currency]) for part in found.available}


def warnings_told(sandbox: Sandbox) -> list[str]:
    return [kind for kind in sandbox.event_types() if kind.startswith("radar.")]


def test_a_new_account_has_nothing(sandbox: Sandbox) -> None:
    assert balance(sandbox) == {"usd": (0, 0)}


def test_money_becomes_available_after_two_days(sandbox: Sandbox) -> None:
    pay(sandbox)
    pay(sandbox, line_items=order(currency="gbp")["line_items"])
    assert balance(sandbox) == {"eur": (0, 4049), "gbp": (0, 4049)}
    sandbox.advance(2 * DAY)
    assert balance(sandbox) == {"eur": (4049, 0), "gbp": (4049, 0)}


def test_some_cards_money_is_available_at_once(sandbox: Sandbox) -> None:
    pay(sandbox, AVAILABLE_AT_ONCE)
    assert balance(sandbox) == {"eur": (4049, 0)}


def test_refunds_are_taken_from_where_the_charge_is(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    refund(sandbox, session_id, amount=1000)
    assert balance(sandbox) == {"eur": (0, 3049)}
    sandbox.advance(2 * DAY)
    made = refund(sandbox, session_id, amount=1000)
    assert balance(sandbox) == {"eur": (2049, 0)}
    sandbox.control(f"refunds/{made.id}/settle", status="failed")
    assert balance(sandbox) == {"eur": (3049, 0)}


def test_a_refund_before_the_charge_is_booked_leaves_nothing_overdrawn(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    refund(sandbox, session.id, amount=1000)
    assert balance(sandbox) == {"eur": (0, -1000)}
    sandbox.advance(4)
    assert balance(sandbox) == {"eur": (0, 3049)}


def test_a_dispute_costs_its_amount_and_a_fee_that_stays_gone(sandbox: Sandbox) -> None:
    session_id = pay(sandbox, AVAILABLE_AT_ONCE)
    opened = sandbox.control(f"sessions/{session_id}/dispute")
    assert balance(sandbox) == {"eur": (4049 - 4200 - 1500, 0)}
    sandbox.control(f"disputes/{opened['id']}/close", status="won")
    assert balance(sandbox) == {"eur": (4049 - 1500, 0)}


def test_the_fee_of_a_dispute_keeps_to_its_currency(sandbox: Sandbox) -> None:
    session_id = pay(sandbox, line_items=order(amount=2000, currency="jpy")["line_items"])
    [withdrawn] = sandbox.control(f"sessions/{session_id}/dispute")["balance_transactions"]
    assert (withdrawn["amount"], withdrawn["fee"], withdrawn["net"]) == (-4000, 15, -4015)


def test_the_balance_has_every_member_that_stripe_sends(sandbox: Sandbox) -> None:
    pay(sandbox)
    found = sandbox.api("GET", "/v1/balance").json()
    schema = stripe_schema.load()
    assert (schema.absent_members(found), schema.unknown_fields(found)) == ([], [])


def test_a_card_warns_of_fraud_a_moment_later(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, card=WARNED)
    assert sandbox.stripe.radar.early_fraud_warnings.list().data == []
    sandbox.advance(3)

    [found] = sandbox.stripe.radar.early_fraud_warnings.list({"expand": ["data.charge"]}).data
    charge: Any = found.charge
    assert (found.actionable, found.fraud_type) == (True, "unauthorized_use_of_card")
    assert found.payment_intent == charge.payment_intent == sandbox.session(session.id).payment_intent
    assert (charge.disputed, warnings_told(sandbox)) == (False, [f"{KIND}.created"])
    assert sandbox.stripe.radar.early_fraud_warnings.retrieve(found.id).id == found.id


@pytest.mark.parametrize("deed", ["refund", "dispute"])
def test_there_is_nothing_to_do_about_a_warning_when_it_is_too_late(sandbox: Sandbox, deed: str) -> None:
    session_id = pay(sandbox)
    warning = sandbox.control(f"sessions/{session_id}/warn")
    assert (warning["actionable"], warnings_told(sandbox)) == (True, [f"{KIND}.created"])
    refund(sandbox, session_id, amount=100)
    assert warnings_told(sandbox) == [f"{KIND}.created"]

    if deed == "refund":
        refund(sandbox, session_id)
    else:
        sandbox.control(f"sessions/{session_id}/dispute")
    assert sandbox.stripe.radar.early_fraud_warnings.retrieve(warning["id"]).actionable is False
    assert warnings_told(sandbox) == [f"{KIND}.created", f"{KIND}.updated"]


def test_warnings_are_listed_by_what_they_belong_to(sandbox: Sandbox) -> None:
    one, other = (sandbox.control(f"sessions/{pay(sandbox)}/warn") for _ in range(2))
    warnings = sandbox.stripe.radar.early_fraud_warnings
    assert [w.id for w in warnings.list().data] == [other["id"], one["id"]]
    assert [w.id for w in warnings.list({"charge": one["charge"]}).data] == [one["id"]]
    assert [w.id for w in warnings.list({"payment_intent": other["payment_intent"]}).data] == [other["id"]]
    assert warnings.list({"created": {"gt": other["created"]}}).data == []
    with pytest.raises(stripe.InvalidRequestError) as caught:
        warnings.retrieve("issfr_nobody")
    assert caught.value.http_status == 404


def test_only_a_paid_session_can_be_warned_of(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    assert sandbox.http.post(f"/_sandbox/sessions/{session.id}/warn").status_code == 409
