"""Refunds that staff make in Stripe's Dashboard, beside those of the API."""

from typing import Any

import pytest

from tests.sandbox.support.payments import paid_intent, pay, refund
from tests.sandbox.support.process import Obj, Sandbox


def by_staff(sandbox: Sandbox, session_id: str, **given: Any) -> Obj:
    return sandbox.control(f"sessions/{session_id}/refund", **given)


def refund_events(sandbox: Sandbox) -> list[str]:
    return [kind for kind in sandbox.event_types() if "refund" in kind]


def test_staff_refund_a_part_and_then_the_rest(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    part = by_staff(sandbox, session_id, amount=1000, reason="duplicate", metadata={"why": "rain"})
    rest = by_staff(sandbox, session_id)

    charge = paid_intent(sandbox, session_id).latest_charge
    assert (part["amount"], part["reason"], part["metadata"]) == (1000, "duplicate", {"why": "rain"})
    assert (rest["amount"], rest["status"]) == (3200, "succeeded")
    assert (charge.amount_refunded, charge.refunded) == (4200, True)
    assert refund_events(sandbox) == ["refund.created", "charge.refunded"] * 2
    assert sandbox.events()[-1]["request"] == {"id": None, "idempotency_key": None}


@pytest.mark.parametrize(("ours", "left"), [("pending", 2700), ("failed", 4200)])
def test_staff_refund_what_ours_leaves(sandbox: Sandbox, ours: str, left: int) -> None:
    session_id = pay(sandbox)
    first = refund(sandbox, session_id, amount=1500)
    sandbox.control(f"refunds/{first.id}/settle", status=ours)
    assert by_staff(sandbox, session_id)["amount"] == left


@pytest.mark.parametrize("status", ["pending", "requires_action", "succeeded"])
def test_staff_choose_the_status_that_a_refund_begins_with(sandbox: Sandbox, status: str) -> None:
    made = by_staff(sandbox, pay(sandbox), amount=1000, status=status)
    assert made["status"] == status
    assert refund_events(sandbox) == ["refund.created", "charge.refunded"]


def test_a_refund_by_staff_fails(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    made = by_staff(sandbox, session_id, status="failed", failure_reason="declined")
    assert (made["status"], made["failure_reason"]) == ("failed", "declined")
    assert paid_intent(sandbox, session_id).latest_charge.amount_refunded == 0
    assert refund_events(sandbox) == [
        *("refund.created", "charge.refunded", "refund.updated", "refund.failed", "charge.refund.updated")
    ]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"amount": 0}, 400),
        ({"amount": "1000"}, 400),
        ({"status": "banana"}, 400),
        ({"amount": 4201}, 409),
        ({"reason": "whim"}, 409),
        ({"metadata": {"k" * 41: "v"}}, 409),
    ],
)
def test_what_staff_cannot_refund_is_refused(sandbox: Sandbox, given: Obj, code: int) -> None:
    session_id = pay(sandbox)
    answer = sandbox.http.post(f"/_sandbox/sessions/{session_id}/refund", json=given)
    assert (answer.status_code, "error" in answer.json()) == (code, True)
    assert refund_events(sandbox) == []


def test_a_refund_can_have_no_status_or_an_unknown_one(sandbox: Sandbox) -> None:
    made = by_staff(sandbox, pay(sandbox), amount=1000)
    for status, more in ((None, {}), ("banana", {"unknown": True})):
        path = f"refunds/{made['id']}/settle"
        assert sandbox.control(path, status=status, **more)["status"] == status
        assert sandbox.stripe.refunds.retrieve(made["id"]).status == status
        told = sandbox.events()[-2]
        assert (told["type"], told["data"]["object"]["status"]) == ("refund.updated", status)
        assert told["data"]["previous_attributes"] == {"status": "succeeded"}
    refused = sandbox.http.post(f"/_sandbox/refunds/{made['id']}/settle", json={"status": "banana"})
    assert refused.status_code == 400
