"""Refunds: their statuses, the charge, the balance, and refused requests."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Obj, Sandbox, order
from tests.support.stripe_schema import check as stripe_schema

SLOW, FAILING = "4000000000007726", "4000000000005126"
MADE = ["refund.created", "charge.refunded"]


def pay(sandbox: Sandbox, card: str = "4242424242424242", **changes: Any) -> str:
    """Return the payment intent of a session over 42 euros that was paid a while ago."""
    session = sandbox.open_session(**changes)
    sandbox.pay(session.id, card=card)
    sandbox.advance(5)
    return str(sandbox.session(session.id).payment_intent)


def refund(sandbox: Sandbox, intent: str, **params: Any) -> stripe.Refund:
    given: Any = {"payment_intent": intent, **params}
    return sandbox.stripe.refunds.create(given)


def charge_of(sandbox: Sandbox, intent: str) -> Any:
    return sandbox.stripe.charges.list({"payment_intent": intent, "expand": ["data.refunds"]}).data[0]


def counted(sandbox: Sandbox, intent: str) -> tuple[int, bool]:
    charge = charge_of(sandbox, intent)
    return charge.amount_refunded, charge.refunded


def events_since(sandbox: Sandbox, last: str = "charge.updated") -> list[Obj]:
    """Return the events after the first of a type."""
    events = sandbox.events()
    return events[[event["type"] for event in events].index(last) + 1 :]


def types_since(sandbox: Sandbox, last: str = "charge.updated") -> list[str]:
    return [event["type"] for event in events_since(sandbox, last)]


def refused(sandbox: Sandbox, form: str) -> Obj:
    answer = sandbox.api("POST", "/v1/refunds", form)
    assert answer.status_code == 400
    error: Obj = answer.json()["error"]
    return error


def settle(sandbox: Sandbox, refund_id: str, status: str, **given: Any) -> Obj:
    return sandbox.control(f"refunds/{refund_id}/settle", status=status, **given)


def test_a_refund_gives_the_whole_charge_back(sandbox: Sandbox) -> None:
    intent = pay(sandbox)
    made = refund(sandbox, intent, reason="requested_by_customer", metadata={"refund": "r1"})
    charge = charge_of(sandbox, intent)

    assert (made.amount, made.currency, made.status) == (4200, "eur", "succeeded")
    assert (made.charge, made.payment_intent) == (charge.id, intent)
    assert made.reason == "requested_by_customer"
    assert made.metadata is not None
    assert made.metadata.to_dict() == {"refund": "r1"}
    assert (charge.amount_refunded, charge.refunded) == (4200, True)
    assert types_since(sandbox) == MADE
    assert events_since(sandbox)[1]["data"]["object"]["amount_refunded"] == 4200


def test_a_refund_is_taken_from_the_balance(sandbox: Sandbox) -> None:
    made = refund(sandbox, pay(sandbox), amount=1000, expand=["balance_transaction"])
    booked: Any = made.balance_transaction
    assert (booked.type, booked.amount, booked.fee, booked.net) == ("refund", -1000, 0, -1000)
    assert (booked.source, booked.status) == (made.id, "pending")


def test_a_refund_of_a_bank_debit_is_a_payment_refund(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, method="sepa_debit")
    sandbox.advance(11)
    made = refund(sandbox, str(sandbox.session(session.id).payment_intent), expand=["balance_transaction"])
    booked: Any = made.balance_transaction
    details: Any = made.destination_details
    assert booked.type == "payment_refund"
    assert details.type == "eu_bank_transfer"


def test_a_charge_can_be_refunded_in_parts_but_not_beyond(sandbox: Sandbox) -> None:
    intent = pay(sandbox)
    refund(sandbox, intent, amount=1000)
    assert counted(sandbox, intent) == (1000, False)
    error = refused(sandbox, f"payment_intent={intent}&amount=3201")
    assert error["param"] == "amount"
    assert "code" not in error
    assert error["message"] == ("Refund amount (€32.01) is greater than unrefunded amount on charge (€32.00)")
    refund(sandbox, intent, amount=200)
    assert refund(sandbox, intent).amount == 3000
    assert counted(sandbox, intent) == (4200, True)
    assert types_since(sandbox) == MADE * 3


def test_a_charge_is_refunded_once(sandbox: Sandbox) -> None:
    intent = pay(sandbox)
    refund(sandbox, intent)
    charge = charge_of(sandbox, intent).id
    for form in (f"payment_intent={intent}", f"charge={charge}&amount=1"):
        error = refused(sandbox, form)
        assert error["code"] == "charge_already_refunded"
        assert error["message"] == f"Charge {charge} has already been refunded."


def test_a_refund_may_name_the_charge(sandbox: Sandbox) -> None:
    intent = pay(sandbox)
    made = sandbox.stripe.refunds.create({"charge": charge_of(sandbox, intent).id})
    assert made.payment_intent == intent


def test_the_same_key_refunds_once(sandbox: Sandbox) -> None:
    intent = pay(sandbox)
    params: Any = {"payment_intent": intent, "amount": 1000}
    first, again = (sandbox.stripe.refunds.create(params, {"idempotency_key": "refund:1"}) for _ in range(2))
    assert first.id == again.id
    assert counted(sandbox, intent) == (1000, False)


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ("payment_intent=pi_nobody", "resource_missing", "payment_intent"),
        ("charge=ch_nobody", "resource_missing", "charge"),
        ("amount=100", "parameter_missing", "payment_intent"),
        ("payment_intent=pi_1&charge=ch_1", "parameter_missing", "payment_intent"),
        ("payment_intent=pi_1&reason=whim", None, "reason"),
        ("payment_intent=pi_1&amount=0", "parameter_invalid_integer", "amount"),
        ("payment_intent=pi_1&reverse_transfer=true", None, "reverse_transfer"),
    ],
)
def test_a_refund_names_one_payment_and_what_stripe_knows(
    sandbox: Sandbox, form: str, code: str | None, param: str
) -> None:
    error = refused(sandbox, form)
    assert (error.get("code"), error["param"]) == (code, param)


def test_what_was_never_paid_cannot_be_refunded(sandbox: Sandbox) -> None:
    declined, debited = sandbox.open_session(), sandbox.open_session()
    sandbox.control(f"sessions/{declined.id}/fail")
    sandbox.pay(debited.id, method="sepa_debit")
    for session in (declined, debited):
        intent = sandbox.session(session.id).payment_intent
        assert refused(sandbox, f"payment_intent={intent}")["message"] == (
            f"This PaymentIntent ({intent}) does not have a successful charge to refund."
        )


def test_an_authorisation_is_released_and_not_refunded(sandbox: Sandbox) -> None:
    session = sandbox.open_session(payment_intent_data={"capture_method": "manual"})
    sandbox.pay(session.id)
    intent = sandbox.session(session.id).payment_intent
    assert "uncaptured charge" in refused(sandbox, f"payment_intent={intent}")["message"]
    assert "uncaptured charge" in refused(sandbox, f"payment_intent={intent}&amount=1")["message"]
    sandbox.stripe.payment_intents.cancel(str(intent))
    assert "successful charge" in refused(sandbox, f"payment_intent={intent}")["message"]


def test_amounts_keep_to_their_currency(sandbox: Sandbox) -> None:
    intent = pay(sandbox, line_items=order(amount=12500, currency="kwd")["line_items"])
    assert refused(sandbox, f"payment_intent={intent}&amount=1005")["param"] == "amount"


def test_a_slow_refund_is_pending_first(sandbox: Sandbox) -> None:
    intent = pay(sandbox, SLOW)
    made = refund(sandbox, intent)
    assert (made.status, made.pending_reason) == ("pending", "processing")
    assert counted(sandbox, intent) == (4200, True)
    sandbox.advance(9)
    assert types_since(sandbox) == MADE
    sandbox.advance(2)

    done = sandbox.stripe.refunds.retrieve(made.id)
    assert done.status == "succeeded"
    assert "pending_reason" not in done
    assert types_since(sandbox, "charge.refunded") == ["refund.updated", "charge.refund.updated"]
    assert events_since(sandbox, "charge.refunded")[0]["data"]["previous_attributes"] == {
        "status": "pending",
        "pending_reason": "processing",
    }


def test_a_refund_can_fail_after_it_succeeded(sandbox: Sandbox) -> None:
    intent = pay(sandbox, FAILING)
    made = refund(sandbox, intent)
    assert (made.status, counted(sandbox, intent)) == ("succeeded", (4200, True))
    sandbox.advance(11)

    failed = sandbox.stripe.refunds.retrieve(made.id, {"expand": ["failure_balance_transaction"]})
    returned: Any = failed.failure_balance_transaction
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert (returned.type, returned.amount, returned.source) == ("refund_failure", 4200, made.id)
    assert counted(sandbox, intent) == (0, False)
    assert types_since(sandbox, "charge.refunded") == [
        "refund.updated",
        "refund.failed",
        "charge.refund.updated",
    ]


def test_what_a_failed_refund_gave_up_can_be_refunded_again(sandbox: Sandbox) -> None:
    intent = pay(sandbox)
    settle(sandbox, refund(sandbox, intent).id, "failed")
    assert refund(sandbox, intent).amount == 4200
    assert counted(sandbox, intent) == (4200, True)


@pytest.mark.parametrize(
    ("status", "reason", "events", "amount"),
    [
        ("failed", "declined", ["refund.updated", "refund.failed", "charge.refund.updated"], 0),
        ("canceled", "merchant_request", ["refund.updated", "charge.refund.updated"], 0),
        ("requires_action", None, ["refund.updated", "charge.refund.updated"], 4200),
        ("pending", None, ["refund.updated", "charge.refund.updated"], 4200),
    ],
)
def test_a_refund_is_moved_on_demand(
    sandbox: Sandbox, status: str, reason: str | None, events: list[str], amount: int
) -> None:
    intent = pay(sandbox)
    given = {"failure_reason": reason} if reason else {}
    moved = settle(sandbox, refund(sandbox, intent).id, status, **given)

    assert (moved["status"], moved.get("failure_reason")) == (status, reason)
    assert sandbox.api("GET", f"/v1/refunds/{moved['id']}").json() == moved
    assert types_since(sandbox, "charge.refunded") == events
    assert counted(sandbox, intent)[0] == amount


def test_a_refund_moved_by_hand_is_not_moved_by_its_timer(sandbox: Sandbox) -> None:
    made = refund(sandbox, pay(sandbox, FAILING))
    settle(sandbox, made.id, "pending")
    settle(sandbox, made.id, "succeeded")
    sandbox.advance(60)
    assert sandbox.stripe.refunds.retrieve(made.id).status == "succeeded"


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_an_ended_refund_stays_as_it_is(sandbox: Sandbox, status: str) -> None:
    made = refund(sandbox, pay(sandbox))
    settle(sandbox, made.id, status)
    path = f"/_sandbox/refunds/{made.id}/settle"
    assert sandbox.http.post(path, json={"status": "succeeded"}).status_code == 409
    assert sandbox.http.post(path, json={"status": "lost"}).status_code == 400
    assert sandbox.http.post("/_sandbox/refunds/re_nobody/settle", json={}).status_code == 404


def test_only_a_refund_that_waits_for_the_customer_can_be_canceled(sandbox: Sandbox) -> None:
    intent = pay(sandbox)
    made = refund(sandbox, intent)
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        sandbox.stripe.refunds.cancel(made.id)
    waiting = settle(sandbox, made.id, "requires_action")
    assert waiting["next_action"]["display_details"]["email_sent"]["email_sent_to"] == "ada@example.com"

    canceled = sandbox.stripe.refunds.cancel(made.id)
    assert (canceled.status, canceled.failure_reason) == ("canceled", "merchant_request")
    assert canceled.failure_balance_transaction is not None
    assert "next_action" not in canceled
    assert counted(sandbox, intent) == (0, False)


def test_without_money_refunds_wait_until_there_is_some(sandbox: Sandbox) -> None:
    intent = pay(sandbox)
    assert sandbox.control("balance", short="pending") == {"short": "pending"}
    made = refund(sandbox, intent)
    assert (made.status, made.pending_reason) == ("pending", "insufficient_funds")
    assert made.balance_transaction is None
    assert counted(sandbox, intent) == (4200, True)
    sandbox.advance(3600)
    assert types_since(sandbox) == MADE

    assert sandbox.control("balance", short=False) == {"short": False}
    done = sandbox.stripe.refunds.retrieve(made.id)
    assert done.status == "succeeded"
    assert done.balance_transaction is not None
    assert types_since(sandbox, "charge.refunded") == ["refund.updated", "charge.refund.updated"]


def test_a_refund_that_waits_for_money_can_fail(sandbox: Sandbox) -> None:
    sandbox.control("balance", short="pending")
    intent = pay(sandbox)
    failed = settle(sandbox, refund(sandbox, intent).id, "failed", failure_reason="insufficient_funds")
    assert "failure_balance_transaction" not in failed
    assert counted(sandbox, intent) == (0, False)


def test_without_money_a_refund_may_be_refused(sandbox: Sandbox) -> None:
    intent = pay(sandbox)
    sandbox.control("balance", short="refuse")
    error = refused(sandbox, f"payment_intent={intent}")
    assert error["code"] == "balance_insufficient"
    assert counted(sandbox, intent) == (0, False)
    sandbox.control("balance", short=False)
    assert refund(sandbox, intent).status == "succeeded"
    assert sandbox.http.post("/_sandbox/balance", json={"short": "very"}).status_code == 400


def test_metadata_is_laid_over_and_told_of(sandbox: Sandbox) -> None:
    made = refund(sandbox, pay(sandbox), metadata={"a": "1", "b": "2"})
    changed = sandbox.stripe.refunds.update(made.id, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    sandbox.stripe.refunds.update(made.id)
    assert types_since(sandbox, "charge.refunded") == ["refund.updated", "charge.refund.updated"]


def test_refunds_are_listed_by_what_they_belong_to(sandbox: Sandbox) -> None:
    one, other = pay(sandbox), pay(sandbox)
    ids = [refund(sandbox, one, amount=100).id for _ in range(3)][::-1]
    elsewhere = refund(sandbox, other)
    refunds = sandbox.stripe.refunds

    assert [r.id for r in refunds.list({"payment_intent": one}).data] == ids
    assert [r.id for r in refunds.list({"charge": str(elsewhere.charge)}).data] == [elsewhere.id]
    assert [r.id for r in refunds.list({"limit": 2}).auto_paging_iter()] == [elsewhere.id, *ids]
    assert refunds.list({"created": {"gt": elsewhere.created}}).data == []
    with pytest.raises(stripe.InvalidRequestError) as caught:
        refunds.retrieve("re_nobody")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_a_charge_shows_its_refunds_when_asked_for(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    intent = str(sandbox.session(session.id).payment_intent)
    ids = [refund(sandbox, intent, amount=100).id for _ in range(2)]

    plain: Any = sandbox.session(session.id, "payment_intent.latest_charge").payment_intent
    assert "refunds" not in plain.latest_charge
    path = "payment_intent.latest_charge.refunds"
    charge: Any = sandbox.session(session.id, path).payment_intent.latest_charge  # type: ignore[union-attr]
    assert [r.id for r in charge.refunds.data] == ids[::-1]
    assert (charge.refunds.url, charge.refunds.has_more) == (f"/v1/charges/{charge.id}/refunds", False)


def test_a_refund_has_every_member_that_stripe_sends(sandbox: Sandbox) -> None:
    made = refund(sandbox, pay(sandbox))
    found = sandbox.api("GET", f"/v1/refunds/{made.id}?expand[]=balance_transaction&expand[]=charge").json()
    schema = stripe_schema.load()
    for obj in (found, found["balance_transaction"], found["charge"]):
        assert (obj["object"], schema.check_object(obj)) == (obj["object"], [])


def test_how_long_a_refund_takes_is_an_option(start: Any) -> None:
    sandbox = start("--refund-delay", "100")
    made = refund(sandbox, pay(sandbox, SLOW))
    sandbox.advance(90)
    assert sandbox.stripe.refunds.retrieve(made.id).status == "pending"
    sandbox.advance(11)
    assert sandbox.stripe.refunds.retrieve(made.id).status == "succeeded"
