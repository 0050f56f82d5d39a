"""The balance."""

from tests.sandbox.support.payments import pay, refund
from tests.sandbox.support.process import Sandbox, order
from tests.support.stripe_schema import check as stripe_schema

AVAILABLE_AT_ONCE = "4000000000000077"
DAY = 24 * 3600


def balance(sandbox: Sandbox) -> dict[str, tuple[int, int]]:
    """Return what is available and what is pending, by currency."""
    found = sandbox.stripe.balance.retrieve()
    pending = {part.currency: part.amount for part in found.pending}
    return {part.currency: (part.amount, pending[part.currency]) for part in found.available}


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
    assert stripe_schema.load().check_object(found) == []
