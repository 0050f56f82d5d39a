"""Every status of a dispute: its events, where its money is, and disputes that were prevented."""

from typing import Any

import pytest

from tests.sandbox.support.disputes import (
    BEGUN,
    CLOSED,
    CREATED,
    REINSTATED,
    UPDATED,
    WITHDRAWN,
    booked,
    dispute,
    dispute_events,
    move,
)
from tests.sandbox.support.payments import pay, refund
from tests.sandbox.support.process import Sandbox
from tests.support.stripe_schema import check as stripe_schema

TAKEN, RETURNED = ("dispute", -4200, 1500), ("dispute_reversal", 4200, 0)


@pytest.mark.parametrize(
    ("status", "events", "transactions"),
    [
        ("under_review", [UPDATED], [TAKEN]),
        ("appeal_needs_response", [UPDATED], [TAKEN]),
        ("appeal_under_review", [UPDATED], [TAKEN]),
        ("warning_needs_response", [UPDATED], [TAKEN]),
        ("warning_under_review", [UPDATED], [TAKEN]),
        ("prevented", [UPDATED], [TAKEN]),
        ("lost", [CLOSED], [TAKEN]),
        ("won", [CLOSED, REINSTATED], [TAKEN, RETURNED]),
        ("warning_closed", [CLOSED, REINSTATED], [TAKEN, RETURNED]),
    ],
)
def test_a_chargeback_is_moved_to_any_status(
    sandbox: Sandbox, status: str, events: list[str], transactions: list[Any]
) -> None:
    opened = dispute(sandbox, pay(sandbox))
    assert move(sandbox, opened["id"], status)["status"] == status
    assert dispute_events(sandbox) == [*BEGUN, *events]
    assert booked(sandbox, opened["id"]) == transactions


@pytest.mark.parametrize(
    ("status", "events", "taken"),
    [
        ("warning_under_review", [UPDATED], False),
        ("warning_closed", [CLOSED], False),
        ("won", [CLOSED], False),
        ("prevented", [UPDATED], False),
        ("needs_response", [UPDATED, WITHDRAWN], True),
        ("under_review", [UPDATED, WITHDRAWN], True),
        ("appeal_needs_response", [UPDATED, WITHDRAWN], True),
        ("lost", [CLOSED, WITHDRAWN], True),
    ],
)
def test_an_inquiry_is_moved_to_any_status(
    sandbox: Sandbox, status: str, events: list[str], taken: bool
) -> None:
    opened = dispute(sandbox, pay(sandbox), inquiry=True)
    moved = move(sandbox, opened["id"], status)
    assert dispute_events(sandbox) == [CREATED, *events]
    assert booked(sandbox, opened["id"]) == [TAKEN] * taken
    kind = "block" if status == "prevented" else "chargeback" if taken else "inquiry"
    assert moved["payment_method_details"]["card"]["case_type"] == kind


def test_an_update_says_which_status_it_was(sandbox: Sandbox) -> None:
    move(sandbox, dispute(sandbox, pay(sandbox))["id"], "under_review")
    assert sandbox.events()[-1]["data"]["previous_attributes"] == {"status": "needs_response"}


@pytest.mark.parametrize(
    ("case_type", "events", "transactions", "refundable"),
    [
        ("block", [CREATED], [], True),
        ("resolution", BEGUN, [("dispute", -4200, 0)], False),
    ],
)
def test_a_dispute_is_prevented_with_and_without_its_money(
    sandbox: Sandbox, case_type: str, events: list[str], transactions: list[Any], refundable: bool
) -> None:
    opened = dispute(sandbox, pay(sandbox), case_type=case_type)
    assert (opened["status"], opened["is_charge_refundable"]) == ("prevented", refundable)
    assert opened["payment_method_details"]["card"]["case_type"] == case_type
    assert opened["evidence_details"]["due_by"] == 0
    assert dispute_events(sandbox) == events
    assert booked(sandbox, opened["id"]) == transactions
    assert stripe_schema.load().check_object(opened) == []


@pytest.mark.parametrize("withdrawn", [True, False])
def test_where_the_money_of_a_prevented_dispute_is_can_be_said(sandbox: Sandbox, withdrawn: bool) -> None:
    session_id = pay(sandbox)
    opened = dispute(sandbox, session_id, inquiry=withdrawn)
    moved = move(sandbox, opened["id"], "prevented", withdrawn=withdrawn)

    movement = WITHDRAWN if withdrawn else REINSTATED
    assert dispute_events(sandbox)[-2:] == [UPDATED, movement]
    assert len(moved["balance_transactions"]) == (1 if withdrawn else 2)
    assert moved["is_charge_refundable"] is not withdrawn
    if not withdrawn:
        assert refund(sandbox, session_id).amount == 4200


def test_a_prevented_dispute_takes_no_evidence(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, pay(sandbox), case_type="block")
    refused = sandbox.api("POST", f"/v1/disputes/{opened['id']}", "evidence[customer_name]=Ada")
    assert refused.status_code == 400


def test_a_dispute_takes_its_money_once(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, pay(sandbox))
    for status in ("won", "needs_response"):
        move(sandbox, opened["id"], status)
    assert booked(sandbox, opened["id"]) == [TAKEN, RETURNED]
    path = f"/_sandbox/disputes/{opened['id']}/move"
    again = sandbox.http.post(path, json={"status": "under_review", "withdrawn": True})
    assert again.status_code == 409


def test_an_unknown_case_type_is_refused(sandbox: Sandbox) -> None:
    path = f"/_sandbox/sessions/{pay(sandbox)}/dispute"
    assert sandbox.http.post(path, json={"case_type": "compliments"}).status_code == 400
