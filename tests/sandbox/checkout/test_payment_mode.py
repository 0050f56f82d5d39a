"""What each way of paying does to the session, its intent and its charges, and the events it writes."""

import threading
from typing import Any

import pytest

from tests.sandbox.support.process import Obj, Sandbox, order
from tests.support.stripe_schema import check as stripe_schema

PAID = [
    "charge.succeeded",
    "payment_intent.succeeded",
    "payment_intent.created",
    "checkout.session.completed",
]


def paid_intent(sandbox: Sandbox, session_id: str) -> Any:
    return sandbox.session(session_id, "payment_intent.latest_charge").payment_intent


def last_event(sandbox: Sandbox, event_type: str) -> Obj:
    found: Obj = [event for event in sandbox.events() if event["type"] == event_type][-1]["data"]["object"]
    return found


def test_a_good_card_pays_at_once(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    answer = sandbox.pay(session.id)
    paid = sandbox.session(session.id)
    intent = paid_intent(sandbox, session.id)
    charge = intent.latest_charge

    assert answer["outcome"] == "paid"
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert (intent.status, intent.amount_received, intent.amount) == ("succeeded", 4200, 4200)
    assert (charge.status, charge.paid, charge.captured, charge.amount_captured) == (
        "succeeded",
        True,
        True,
        4200,
    )
    assert intent.metadata.to_dict() == {"payment": "p1"}
    assert paid.customer_details is not None
    assert (paid.customer_details.email, paid.customer_details.name) == ("ada@example.com", "Ada Lovelace")
    assert sandbox.event_types() == PAID


def test_events_tell_of_the_moment_they_were_written_in(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)

    assert last_event(sandbox, "payment_intent.created")["status"] == "requires_payment_method"
    assert last_event(sandbox, "payment_intent.succeeded")["status"] == "succeeded"
    completed = last_event(sandbox, "checkout.session.completed")
    assert completed == sandbox.api("GET", f"/v1/checkout/sessions/{session.id}").json()
    assert {event["request"]["id"] for event in sandbox.events()} == {None}
    assert {event["api_version"] for event in sandbox.events()} == {"2026-10-28.endive"}


def test_the_balance_transaction_follows_three_seconds_later(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    assert paid_intent(sandbox, session.id).latest_charge.balance_transaction is None
    sandbox.advance(3)

    event = sandbox.events()[-1]
    assert event["type"] == "charge.updated"
    assert event["data"]["previous_attributes"] == {"balance_transaction": None}
    transaction = sandbox.stripe.balance_transactions.retrieve(event["data"]["object"]["balance_transaction"])
    assert (transaction.amount, transaction.fee, transaction.net) == (4200, 151, 4049)
    assert transaction.status == "pending"
    sandbox.advance(2 * 24 * 3600)
    assert sandbox.stripe.balance_transactions.retrieve(transaction.id).status == "available"


@pytest.mark.parametrize(
    ("card", "code", "decline_code", "message"),
    [
        ("4000000000000002", "card_declined", "generic_decline", "Your card was declined."),
        ("4000000000009995", "card_declined", "insufficient_funds", "Your card has insufficient funds."),
        ("4000000000009987", "card_declined", "lost_card", "Your card was declined."),
        ("4000000000009979", "card_declined", "stolen_card", "Your card was declined."),
        ("4000000000000069", "expired_card", "expired_card", "Your card has expired."),
        (
            "4000000000000127",
            "incorrect_cvc",
            "incorrect_cvc",
            "Your card's security code is incorrect.",
        ),
        (
            "4000000000000119",
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
        (
            "4000000000006975",
            "card_declined",
            "card_velocity_exceeded",
            "Your card was declined for making repeated attempts too frequently or exceeding its amount "
            "limit.",
        ),
        ("4000008400001280", "card_declined", "generic_decline", "Your card was declined."),
    ],
)
def test_a_declined_card_leaves_the_session_open(
    sandbox: Sandbox, card: str, code: str, decline_code: str, message: str
) -> None:
    session = sandbox.open_session()
    answer = sandbox.http.post(f"/_sandbox/sessions/{session.id}/pay", json={"card": card})
    intent = paid_intent(sandbox, session.id)
    error = intent.last_payment_error

    assert (answer.status_code, answer.json()["outcome"]) == (402, "declined")
    assert answer.json()["message"] == message
    assert sandbox.session(session.id).status == "open"
    assert intent.status == "requires_payment_method"
    assert (error.type, error.code, error.decline_code, error.message) == (
        "card_error",
        code,
        decline_code,
        message,
    )
    assert error.charge == intent.latest_charge.id
    assert (intent.latest_charge.status, intent.latest_charge.paid) == ("failed", False)
    assert intent.latest_charge.failure_code == code
    assert sandbox.event_types() == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]


def test_the_next_try_uses_the_same_intent(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.control(f"sessions/{session.id}/fail")
    first = paid_intent(sandbox, session.id)
    sandbox.pay(session.id, card="4000000000009995")
    sandbox.pay(session.id)
    last = paid_intent(sandbox, session.id)

    assert last.id == first.id
    assert (last.status, last.last_payment_error) == ("succeeded", None)
    assert len(sandbox.stripe.charges.list({"payment_intent": last.id}).data) == 3
    assert sandbox.event_types()[3:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_a_mistyped_number_never_reaches_an_intent(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    answer = sandbox.pay(session.id, card="4242424242424241")

    assert (answer["outcome"], answer["code"]) == ("declined", "incorrect_number")
    assert sandbox.session(session.id).payment_intent is None
    assert sandbox.events() == []


def test_a_real_card_is_declined(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    assert sandbox.pay(session.id, card="4111111111111111")["code"] == "test_mode_live_card"


@pytest.mark.parametrize("card", ["4000002500003155", "4000002760003184", "4000000000003220"])
def test_a_challenge_that_is_passed_pays(sandbox: Sandbox, card: str) -> None:
    session = sandbox.open_session()
    assert sandbox.pay(session.id, card=card)["outcome"] == "requires_action"
    waiting = paid_intent(sandbox, session.id)
    assert (waiting.status, waiting.latest_charge) == ("requires_action", None)
    assert waiting.next_action.redirect_to_url.url == f"{sandbox.url}/c/pay/{session.id}/challenge"

    assert sandbox.control(f"sessions/{session.id}/complete_3ds")["outcome"] == "paid"
    paid = paid_intent(sandbox, session.id)
    assert (paid.id, paid.status, paid.next_action) == (waiting.id, "succeeded", None)
    assert paid.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"
    assert sandbox.event_types() == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


@pytest.mark.parametrize("deed", ["fail", "complete_3ds"])
def test_a_challenge_that_is_failed_leaves_the_session_open(sandbox: Sandbox, deed: str) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, card="4000002760003184")
    sandbox.control(f"sessions/{session.id}/{deed}", ok=False)
    intent = paid_intent(sandbox, session.id)

    assert sandbox.session(session.id).status == "open"
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert sandbox.event_types()[-1] == "payment_intent.payment_failed"
    assert sandbox.pay(session.id)["outcome"] == "paid"


@pytest.mark.parametrize(
    ("card", "code"), [("4000008400001629", "generic_decline"), ("4000008260003178", "insufficient_funds")]
)
def test_a_card_can_be_declined_after_its_challenge(sandbox: Sandbox, card: str, code: str) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id, card=card)
    assert sandbox.control(f"sessions/{session.id}/complete_3ds")["code"] == code
    assert paid_intent(sandbox, session.id).last_payment_error.decline_code == code


def test_there_is_no_challenge_to_complete_without_one(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    answer = sandbox.http.post(f"/_sandbox/sessions/{session.id}/complete_3ds")
    assert (answer.status_code, answer.json()["outcome"]) == (409, "not_open")


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


def test_nothing_to_pay_needs_no_payment_intent(sandbox: Sandbox) -> None:
    session = sandbox.open_session(line_items=order(amount=0)["line_items"])
    sandbox.pay(session.id)
    done = sandbox.session(session.id)

    assert (done.status, done.payment_status) == ("complete", "no_payment_required")
    assert done.payment_intent is None
    assert sandbox.event_types() == ["checkout.session.completed"]


def test_a_customer_is_made_when_asked_for(sandbox: Sandbox) -> None:
    guest, known = sandbox.open_session(), sandbox.open_session(customer_creation="always")
    sandbox.pay(guest.id)
    assert sandbox.session(guest.id).customer is None
    sandbox.pay(known.id)

    customer: Any = sandbox.session(known.id, "customer").customer
    assert (customer.email, customer.name) == ("ada@example.com", "Ada Lovelace")
    assert paid_intent(sandbox, known.id).customer == customer.id
    assert sandbox.event_types()[4:] == ["customer.created", *PAID]


def test_the_intent_carries_what_the_session_was_given_for_it(sandbox: Sandbox) -> None:
    data = {"description": "Two seats", "transfer_group": "G1", "receipt_email": "r@example.com"}
    session = sandbox.open_session(payment_intent_data=data)
    sandbox.pay(session.id)
    intent = paid_intent(sandbox, session.id)

    assert (intent.description, intent.transfer_group, intent.receipt_email) == (
        "Two seats",
        "G1",
        "r@example.com",
    )
    assert intent.latest_charge.transfer_group == "G1"


def test_objects_have_every_member_that_stripe_sends(sandbox: Sandbox) -> None:
    session = sandbox.open_session(customer_creation="always")
    sandbox.pay(session.id)
    sandbox.advance(5)
    expand = "&".join(
        f"expand[]={path}"
        for path in (
            "customer",
            "line_items.data.price.product",
            "payment_intent.payment_method",
            "payment_intent.latest_charge.balance_transaction",
        )
    )
    found = sandbox.api("GET", f"/v1/checkout/sessions/{session.id}?{expand}").json()
    intent, item = found["payment_intent"], found["line_items"]["data"][0]
    objects = [found["customer"], intent, intent["payment_method"], intent["latest_charge"], item]
    objects += [intent["latest_charge"]["balance_transaction"], item["price"], item["price"]["product"]]

    schema = stripe_schema.load()
    for obj in [*objects, sandbox.events()[0]]:
        assert (obj["object"], schema.absent_members(obj)) == (obj["object"], [])
        assert schema.unknown_fields(obj) == []


def test_an_expired_session_cannot_be_paid_and_leaves_no_intent_behind(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.control(f"sessions/{session.id}/fail")
    sandbox.stripe.checkout.sessions.expire(session.id)

    assert sandbox.pay(session.id)["outcome"] == "not_open"
    intent = paid_intent(sandbox, session.id)
    assert (intent.status, intent.amount_received) == ("canceled", 0)
    assert sandbox.event_types()[3:] == ["payment_intent.canceled", "checkout.session.expired"]


@pytest.mark.parametrize("declined_before", [True, False])
def test_a_late_payment_completes_an_expired_session(sandbox: Sandbox, declined_before: bool) -> None:
    session = sandbox.open_session()
    if declined_before:
        sandbox.control(f"sessions/{session.id}/fail")
    sandbox.stripe.checkout.sessions.expire(session.id)
    answer = sandbox.pay(session.id, late=True)

    assert (answer["outcome"], answer["session"]["status"]) == ("paid", "complete")
    paid = sandbox.session(session.id)
    assert (paid.payment_status, paid.url) == ("paid", None)
    assert paid_intent(sandbox, session.id).amount_received == 4200
    types = sandbox.event_types()
    assert types[types.index("checkout.session.expired") + 1 :] == PAID
    assert sandbox.pay(session.id, late=True)["outcome"] == "not_open"


def test_a_late_bank_debit_is_paid_later(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.advance(25 * 3600)
    assert sandbox.pay(session.id, method="sepa_debit", late=True)["outcome"] == "processing"
    sandbox.advance(11)
    assert sandbox.session(session.id).payment_status == "paid"


def test_a_late_payment_that_is_declined_leaves_the_session_expired(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.stripe.checkout.sessions.expire(session.id)
    assert sandbox.pay(session.id, card="4000000000000002", late=True)["outcome"] == "declined"
    assert sandbox.session(session.id).status == "expired"
    answer = sandbox.http.post(
        f"/_sandbox/sessions/{session.id}/pay", json={"card": "4000002760003184", "late": True}
    )
    assert answer.status_code == 400


def test_paying_and_expiring_at_once_has_one_winner(sandbox: Sandbox) -> None:
    for _ in range(10):
        session = sandbox.open_session()
        start = threading.Barrier(2)
        codes: dict[str, int] = {}

        def pay(session_id: str = session.id, start: threading.Barrier = start, codes: Any = codes) -> None:
            start.wait()
            codes["pay"] = sandbox.http.post(f"/_sandbox/sessions/{session_id}/pay").status_code

        payer = threading.Thread(target=pay)
        payer.start()
        start.wait()
        codes["expire"] = sandbox.api("POST", f"/v1/checkout/sessions/{session.id}/expire").status_code
        payer.join()

        status = sandbox.session(session.id).status
        assert codes == ({"pay": 200, "expire": 400} if status == "complete" else {"pay": 409, "expire": 200})
        ends = [event["type"] for event in sandbox.events() if event["data"]["object"]["id"] == session.id]
        assert ends == ["checkout.session.completed" if status == "complete" else "checkout.session.expired"]


def test_many_clicks_pay_once(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    clicks = [threading.Thread(target=sandbox.pay, args=(session.id,)) for _ in range(8)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()

    assert len(sandbox.stripe.charges.list().data) == 1
    assert sandbox.event_types() == PAID


def manual(sandbox: Sandbox) -> Any:
    """Return the authorised intent of a session with manual capture."""
    session = sandbox.open_session(payment_intent_data={"capture_method": "manual"})
    sandbox.pay(session.id)
    return paid_intent(sandbox, session.id)


def test_an_authorisation_waits_for_its_capture(sandbox: Sandbox) -> None:
    intent = manual(sandbox)

    assert (intent.status, intent.amount_capturable) == ("requires_capture", 4200)
    assert intent.latest_charge.captured is False
    capture_before = intent.latest_charge.payment_method_details.card.capture_before
    assert capture_before == intent.latest_charge.created + 7 * 24 * 3600
    assert sandbox.event_types() == [
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "payment_intent.created",
        "checkout.session.completed",
    ]

    captured = sandbox.stripe.payment_intents.capture(intent.id, {"amount_to_capture": 4000})
    sandbox.advance(5)
    assert (captured.status, captured.amount_received) == ("succeeded", 4000)
    assert sandbox.event_types()[4:] == ["charge.captured", "payment_intent.succeeded", "charge.updated"]


def test_more_than_was_authorised_cannot_be_captured(sandbox: Sandbox) -> None:
    intent = manual(sandbox)
    answer = sandbox.api("POST", f"/v1/payment_intents/{intent.id}/capture", "amount_to_capture=4201")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "amount_to_capture")


def test_an_authorisation_can_be_released(sandbox: Sandbox) -> None:
    intent = manual(sandbox)
    released = sandbox.stripe.payment_intents.cancel(intent.id, {"cancellation_reason": "duplicate"})
    assert (released.status, released.cancellation_reason) == ("canceled", "duplicate")
    assert sandbox.event_types()[4:] == ["charge.refunded", "payment_intent.canceled"]


def test_an_authorisation_lapses_after_a_week(sandbox: Sandbox) -> None:
    intent = manual(sandbox)
    sandbox.advance(7 * 24 * 3600 + 60)
    assert paid_intent(sandbox, sandbox.events()[3]["data"]["object"]["id"]).status == "canceled"
    assert sandbox.event_types()[4:] == ["charge.expired", "payment_intent.canceled"]
    assert intent.id


@pytest.mark.parametrize(("deed", "done"), [("capture", "captured"), ("cancel", "canceled")])
def test_a_finished_payment_can_be_neither_captured_nor_cancelled(
    sandbox: Sandbox, deed: str, done: str
) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    intent = sandbox.session(session.id).payment_intent
    answer = sandbox.api("POST", f"/v1/payment_intents/{intent}/{deed}")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "payment_intent_unexpected_state")
    assert error["payment_intent"]["id"] == intent
    assert f"could not be {done} because it has a status of succeeded" in error["message"]


def test_an_intent_of_checkout_is_ended_by_expiring_its_session(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.control(f"sessions/{session.id}/fail")
    intent = sandbox.session(session.id).payment_intent
    error = sandbox.api("POST", f"/v1/payment_intents/{intent}/cancel").json()["error"]
    assert "Expire the Checkout Session" in error["message"]
