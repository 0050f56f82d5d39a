"""Early fraud warnings."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.payments import pay, refund
from tests.sandbox.support.process import Sandbox

WARNED = "4000000000005423"
KIND = "radar.early_fraud_warning"


def warnings_told(sandbox: Sandbox) -> list[str]:
    return [kind for kind in sandbox.event_types() if kind.startswith("radar.")]


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


@pytest.mark.parametrize("action", ["refund", "dispute"])
def test_there_is_nothing_to_do_about_a_warning_when_it_is_too_late(sandbox: Sandbox, action: str) -> None:
    session_id = pay(sandbox)
    warning = sandbox.control(f"sessions/{session_id}/warn")
    assert (warning["actionable"], warnings_told(sandbox)) == (True, [f"{KIND}.created"])
    refund(sandbox, session_id, amount=100)
    assert warnings_told(sandbox) == [f"{KIND}.created"]

    if action == "refund":
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
