"""Disputes and inquiries: their start, evidence, end and money."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Obj, Sandbox
from tests.support.stripe_schema import check as stripe_schema

FRAUD, NOT_RECEIVED, INQUIRY = "4000000000000259", "4000000000002685", "4000000000001976"
SEVERAL = "4000000404000079"
BEGUN = ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
WON = ["charge.dispute.closed", "charge.dispute.funds_reinstated"]


def pay(sandbox: Sandbox, card: str = "4242424242424242", **changes: Any) -> str:
    """Return a session over 42 euros that is paid and not disputed yet."""
    session = sandbox.open_session(**changes)
    sandbox.pay(session.id, card=card)
    return session.id


def dispute(sandbox: Sandbox, session_id: str, **given: Any) -> Obj:
    return sandbox.control(f"sessions/{session_id}/dispute", **given)


def answer(sandbox: Sandbox, dispute_id: str, words: str, **params: Any) -> stripe.Dispute:
    given: Any = {"evidence": {"uncategorized_text": words}, **params}
    return sandbox.stripe.disputes.update(dispute_id, given)


def now(sandbox: Sandbox, dispute_id: str) -> stripe.Dispute:
    return sandbox.stripe.disputes.retrieve(dispute_id)


def dispute_events(sandbox: Sandbox) -> list[str]:
    """Return the types of the events about disputes, oldest first."""
    return [kind for kind in sandbox.event_types() if kind.startswith("charge.dispute.")]


def booked(sandbox: Sandbox, dispute_id: str) -> list[tuple[str, int, int]]:
    transactions = now(sandbox, dispute_id).balance_transactions
    return [(each.reporting_category, each.amount, each.fee) for each in transactions]


def status_of_refund(sandbox: Sandbox, session_id: str) -> str:
    """Refund one euro and return the refund's status, or the code of the error."""
    intent = str(sandbox.session(session_id).payment_intent)
    try:
        made = sandbox.stripe.refunds.create({"payment_intent": intent, "amount": 100})
    except stripe.InvalidRequestError as error:
        return str(error.code)
    return str(made.status)


@pytest.mark.parametrize(
    ("card", "reason", "code"),
    [(FRAUD, "fraudulent", "10.4"), (NOT_RECEIVED, "product_not_received", "13.1")],
)
def test_a_card_disputes_its_payment_a_moment_later(
    sandbox: Sandbox, card: str, reason: str, code: str
) -> None:
    session_id = pay(sandbox, card)
    sandbox.advance(1)
    assert dispute_events(sandbox) == []
    sandbox.advance(1.5)

    [found] = sandbox.stripe.disputes.list({"expand": ["data.charge"]}).data
    details: Any = found.payment_method_details
    charge: Any = found.charge
    assert (found.status, found.reason, found.amount) == ("needs_response", reason, 4200)
    assert (found.currency, found.is_charge_refundable) == ("eur", False)
    assert found.payment_intent == sandbox.session(session_id).payment_intent
    assert (details.card.case_type, details.card.network_reason_code) == ("chargeback", code)
    assert (charge.disputed, charge.refunded) == (True, False)
    assert booked(sandbox, found.id) == [("dispute", -4200, 1500)]
    assert dispute_events(sandbox) == BEGUN


def test_an_inquiry_moves_no_money(sandbox: Sandbox) -> None:
    session_id = pay(sandbox, INQUIRY)
    sandbox.advance(3)

    [found] = sandbox.stripe.disputes.list().data
    details: Any = found.payment_method_details
    assert (found.status, found.balance_transactions) == ("warning_needs_response", [])
    assert (details.card.case_type, found.is_charge_refundable) == ("inquiry", True)
    assert dispute_events(sandbox) == ["charge.dispute.created"]
    assert status_of_refund(sandbox, session_id) == "succeeded"


def test_several_disputes_share_one_charge(sandbox: Sandbox) -> None:
    pay(sandbox, SEVERAL)
    sandbox.advance(3)
    assert [found.amount for found in sandbox.stripe.disputes.list().data] == [2100]
    sandbox.advance(5)
    assert [found.amount for found in sandbox.stripe.disputes.list().data] == [2100, 2100]
    assert dispute_events(sandbox) == BEGUN * 2


def test_an_authorisation_is_disputed_once_it_is_captured(sandbox: Sandbox) -> None:
    session_id = pay(sandbox, FRAUD, payment_intent_data={"capture_method": "manual"})
    sandbox.advance(10)
    assert dispute_events(sandbox) == []
    sandbox.stripe.payment_intents.capture(str(sandbox.session(session_id).payment_intent))
    sandbox.advance(3)
    assert dispute_events(sandbox) == BEGUN


@pytest.mark.parametrize(
    ("words", "status", "events", "transactions"),
    [
        ("winning_evidence", "won", WON, [("dispute", -4200, 1500), ("dispute_reversal", 4200, 0)]),
        ("losing_evidence", "lost", ["charge.dispute.closed"], [("dispute", -4200, 1500)]),
    ],
)
def test_evidence_is_judged_a_moment_after_it_was_submitted(
    sandbox: Sandbox, words: str, status: str, events: list[str], transactions: list[Any]
) -> None:
    opened = dispute(sandbox, pay(sandbox))
    answered = answer(sandbox, opened["id"], words)
    assert (answered.status, answered.evidence_details.submission_count) == ("under_review", 1)
    assert dispute_events(sandbox) == [*BEGUN, "charge.dispute.updated"]
    sandbox.advance(3)

    closed = now(sandbox, opened["id"])
    assert (closed.status, closed.is_charge_refundable) == (status, status == "won")
    assert dispute_events(sandbox) == [*BEGUN, "charge.dispute.updated", *events]
    assert booked(sandbox, opened["id"]) == transactions
    assert sandbox.stripe.charges.retrieve(str(closed.charge)).disputed is True


def test_an_update_says_what_it_changed(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, pay(sandbox))
    answer(sandbox, opened["id"], "losing_evidence")
    previous = sandbox.events()[-1]["data"]["previous_attributes"]
    assert previous["status"] == "needs_response"
    assert set(previous) == {"status", "evidence", "evidence_details"}


def test_other_evidence_stays_under_review(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, pay(sandbox))
    answer(sandbox, opened["id"], "They sat in seat A-1.")
    sandbox.advance(3600)
    assert now(sandbox, opened["id"]).status == "under_review"


def test_staged_evidence_waits_for_its_submission(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, pay(sandbox))
    staged = answer(sandbox, opened["id"], "winning_evidence", submit=False)
    details = staged.evidence_details
    assert (staged.status, details.has_evidence, details.submission_count) == ("needs_response", True, 0)
    sandbox.advance(60)
    sandbox.stripe.disputes.update(opened["id"], {"metadata": {"seen": "yes"}})
    assert now(sandbox, opened["id"]).status == "needs_response"

    sandbox.stripe.disputes.update(opened["id"], {"submit": True})
    sandbox.advance(3)
    won = now(sandbox, opened["id"])
    assert (won.status, won.metadata.to_dict()) == ("won", {"seen": "yes"})


def test_a_dispute_can_be_given_up(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, pay(sandbox))
    assert sandbox.stripe.disputes.close(opened["id"]).status == "lost"
    assert dispute_events(sandbox) == [*BEGUN, "charge.dispute.closed"]


def test_an_inquiry_ends_as_a_closed_warning(sandbox: Sandbox) -> None:
    given_up, answered = (dispute(sandbox, pay(sandbox), inquiry=True)["id"] for _ in range(2))
    assert sandbox.stripe.disputes.close(given_up).status == "warning_closed"
    assert answer(sandbox, answered, "winning_evidence").status == "warning_under_review"
    sandbox.advance(3)
    assert now(sandbox, answered).status == "warning_closed"
    assert "charge.dispute.funds_withdrawn" not in dispute_events(sandbox)


def test_an_inquiry_can_escalate(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    opened = dispute(sandbox, session_id, inquiry=True)
    escalated = answer(sandbox, opened["id"], "escalate_inquiry_evidence")

    details: Any = escalated.payment_method_details
    assert (escalated.status, details.card.case_type) == ("needs_response", "chargeback")
    assert booked(sandbox, opened["id"]) == [("dispute", -4200, 1500)]
    assert dispute_events(sandbox) == [
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
    ]
    assert status_of_refund(sandbox, session_id) == "charge_disputed"
    answer(sandbox, opened["id"], "winning_evidence")
    sandbox.advance(3)
    assert now(sandbox, opened["id"]).status == "won"


@pytest.mark.parametrize(
    ("path", "form"), [("/close", ""), ("", "evidence[uncategorized_text]=more"), ("", "submit=true")]
)
def test_a_closed_dispute_stays_closed(sandbox: Sandbox, path: str, form: str) -> None:
    opened = dispute(sandbox, pay(sandbox))
    sandbox.control(f"disputes/{opened['id']}/close", status="won")
    refused = sandbox.api("POST", f"/v1/disputes/{opened['id']}{path}", form)
    assert refused.status_code == 400
    assert "already closed" in refused.json()["error"]["message"]
    assert now(sandbox, opened["id"]).status == "won"


def test_evidence_is_submitted_once(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, pay(sandbox))
    answer(sandbox, opened["id"], "first")
    with pytest.raises(stripe.InvalidRequestError, match="submitted already"):
        answer(sandbox, opened["id"], "second")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("needs_response", "charge_disputed"),
        ("under_review", "charge_disputed"),
        ("appeal_needs_response", "charge_disputed"),
        ("lost", "charge_disputed"),
        ("won", "succeeded"),
    ],
)
def test_a_charge_is_not_refunded_on_top_of_a_chargeback(sandbox: Sandbox, status: str, outcome: str) -> None:
    session_id = pay(sandbox)
    opened = dispute(sandbox, session_id)
    if status != "needs_response":
        sandbox.control(f"disputes/{opened['id']}/move", status=status)
    assert status_of_refund(sandbox, session_id) == outcome


def test_a_refund_of_a_chargeback_is_refused_in_stripes_words(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, pay(sandbox))
    charge = opened["charge"]
    error = sandbox.api("POST", "/v1/refunds", f"charge={charge}").json()["error"]
    assert error["message"] == f"Charge {charge} has been charged back; cannot issue a refund."


def test_what_was_refunded_is_not_disputed_again(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    assert status_of_refund(sandbox, session_id) == "succeeded"
    assert dispute(sandbox, session_id)["amount"] == 4100


def test_a_dispute_ends_the_refund_that_waits_for_money(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    sandbox.control("balance", short="pending")
    assert status_of_refund(sandbox, session_id) == "pending"
    opened = dispute(sandbox, session_id)

    [refund] = sandbox.stripe.refunds.list().data
    charge = sandbox.stripe.charges.retrieve(opened["charge"])
    assert (refund.status, refund.failure_reason) == ("failed", "charge_for_pending_refund_disputed")
    assert (charge.amount_refunded, charge.disputed, opened["amount"]) == (0, True, 4200)


def test_a_paid_session_can_be_disputed_on_demand(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    opened = dispute(sandbox, session_id, reason="duplicate")
    assert (opened["status"], opened["reason"]) == ("needs_response", "duplicate")
    assert sandbox.api("GET", f"/v1/disputes/{opened['id']}").json() == opened
    assert dispute_events(sandbox) == BEGUN


def test_a_bank_debit_can_be_disputed(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, method="sepa_debit")
    path = f"/_sandbox/sessions/{session.id}/dispute"
    assert sandbox.http.post(path, json={}).status_code == 409
    sandbox.control(f"sessions/{session.id}/settle")
    opened = dispute(sandbox, session.id, reason="debit_not_authorized")
    assert (opened["amount"], "payment_method_details" in opened) == (4200, False)


@pytest.mark.parametrize(
    ("inquiry", "status", "events"),
    [
        (False, "won", WON),
        (False, "lost", ["charge.dispute.closed"]),
        (False, "prevented", ["charge.dispute.updated"]),
        (True, "warning_closed", ["charge.dispute.closed"]),
    ],
)
def test_a_dispute_is_closed_on_demand(
    sandbox: Sandbox, inquiry: bool, status: str, events: list[str]
) -> None:
    opened = dispute(sandbox, pay(sandbox), inquiry=inquiry)
    closed = sandbox.control(f"disputes/{opened['id']}/close", status=status)
    assert closed["status"] == status
    assert dispute_events(sandbox)[2 - inquiry :] == events
    path = f"/_sandbox/disputes/{opened['id']}/close"
    assert sandbox.http.post(path, json={"status": status}).status_code == 409


def test_a_lost_dispute_can_be_appealed_and_won(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, pay(sandbox))
    for path, status in (("close", "lost"), ("move", "appeal_needs_response")):
        sandbox.control(f"disputes/{opened['id']}/{path}", status=status)
    answer(sandbox, opened["id"], "more of it")
    assert now(sandbox, opened["id"]).status == "appeal_under_review"
    sandbox.control(f"disputes/{opened['id']}/close", status="won")

    updated = "charge.dispute.updated"
    assert dispute_events(sandbox) == [*BEGUN, "charge.dispute.closed", updated, updated, *WON]
    assert len(booked(sandbox, opened["id"])) == 2


@pytest.mark.parametrize(
    ("path", "given", "code"),
    [
        ("close", {"status": "appeal_needs_response"}, 400),
        ("close", {"status": "warning_closed"}, 409),
        ("move", {"status": "forgotten"}, 400),
        ("move", {"status": "needs_response"}, 409),
        ("move", {"status": "prevented", "withdrawn": "perhaps"}, 400),
    ],
)
def test_nonsense_does_nothing_to_a_dispute(sandbox: Sandbox, path: str, given: Obj, code: int) -> None:
    opened = dispute(sandbox, pay(sandbox))
    answered = sandbox.http.post(f"/_sandbox/disputes/{opened['id']}/{path}", json=given)
    assert answered.status_code == code
    assert now(sandbox, opened["id"]).status == "needs_response"


def test_what_is_not_paid_cannot_be_disputed(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    path = f"/_sandbox/sessions/{session.id}/dispute"
    assert sandbox.http.post(path).status_code == 409
    assert sandbox.http.post("/_sandbox/sessions/cs_test_nobody/dispute").status_code == 404
    assert sandbox.http.post("/_sandbox/disputes/du_nobody/move").status_code == 404
    sandbox.pay(session.id)
    assert sandbox.http.post(path, json={"reason": "whim"}).status_code == 400


def test_disputes_are_listed_by_what_they_belong_to(sandbox: Sandbox) -> None:
    one, other = (dispute(sandbox, pay(sandbox)) for _ in range(2))
    disputes = sandbox.stripe.disputes
    assert [d.id for d in disputes.list().data] == [other["id"], one["id"]]
    assert [d.id for d in disputes.list({"charge": one["charge"]}).data] == [one["id"]]
    assert [d.id for d in disputes.list({"payment_intent": other["payment_intent"]}).data] == [other["id"]]
    assert disputes.list({"created": {"lt": one["created"]}}).data == []
    with pytest.raises(stripe.InvalidRequestError) as caught:
        disputes.retrieve("du_nobody")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_a_dispute_has_every_member_that_stripe_sends(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, pay(sandbox))
    assert stripe_schema.load().check_object(opened) == []


def test_evidence_has_bounds_one_by_one_and_together(sandbox: Sandbox) -> None:
    path = f"/v1/disputes/{dispute(sandbox, pay(sandbox))['id']}"
    texts = (
        *("uncategorized_text", "cancellation_rebuttal", "product_description", "access_activity_log"),
        *("refund_policy_disclosure", "refund_refusal_explanation", "duplicate_charge_explanation"),
    )
    full = "&".join(f"evidence[{name}]={'x' * 20_000}" for name in texts)
    long_name = sandbox.api("POST", path, f"evidence[customer_name]={'x' * 5_001}&submit=false")
    long_text = sandbox.api("POST", path, f"evidence[uncategorized_text]={'x' * 20_001}&submit=false")
    too_much = sandbox.api(
        "POST", path, f"{full}&evidence[cancellation_policy_disclosure]={'x' * 10_001}&submit=false"
    )

    assert long_name.json()["error"]["param"] == "evidence[customer_name]"
    assert long_text.json()["error"]["param"] == "evidence[uncategorized_text]"
    assert (too_much.status_code, too_much.json()["error"]["param"]) == (400, "evidence")
    assert sandbox.api("POST", path, f"{full}&submit=false").status_code == 200


def test_how_soon_a_payment_is_disputed_is_an_option(start: Any) -> None:
    sandbox = start("--dispute-delay", "100")
    pay(sandbox, FRAUD)
    sandbox.advance(90)
    assert dispute_events(sandbox) == []
    sandbox.advance(11)
    assert dispute_events(sandbox) == BEGUN
