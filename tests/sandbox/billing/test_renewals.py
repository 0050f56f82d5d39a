"""Renewals: periods, failed payments and their retries, trials, pauses."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import stripe

from tests.sandbox.support.process import Receiver, Sandbox
from tests.sandbox.support.subscribers import DAY, event_types_since, history, plan, status_of, subscribe

FAILING = "4000000000000341"  # can be saved; every later charge is declined
ASKING = "4000002760003184"  # asks for 3-D Secure each time


def item_of(sandbox: Sandbox, subscription: stripe.Subscription) -> Any:
    return sandbox.stripe.subscriptions.retrieve(subscription.id)["items"].data[0]


def invoices_of(sandbox: Sandbox, subscription: stripe.Subscription) -> list[stripe.Invoice]:
    """Return a subscription's invoices, oldest first."""
    found = sandbox.stripe.invoices.list({"subscription": subscription.id, "limit": 100}).data
    return found[::-1]


def to_the_end(sandbox: Sandbox, subscription: stripe.Subscription) -> None:
    """Move the clock to the end of the current period."""
    sandbox.advance(item_of(sandbox, subscription).current_period_end - sandbox.show("clock")["now"])


def test_a_renewal_begins_a_period_and_is_paid_an_hour_later(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    first = item_of(sandbox, subscription)
    to_the_end(sandbox, subscription)
    second, draft = item_of(sandbox, subscription), invoices_of(sandbox, subscription)[1]

    assert second.current_period_start == first.current_period_end
    assert (draft.status, draft.billing_reason, draft.amount_due) == ("draft", "subscription_cycle", 1200)
    assert draft.automatically_finalizes_at == draft.created + 3_600
    assert (draft.period_start, draft.period_end) == (first.current_period_start, first.current_period_end)
    assert draft.lines.data[0].period.start == second.current_period_start
    assert draft.lines.data[0].description == "1 × Friend (at €12.00 / month)"

    sandbox.advance(3_600)
    paid = invoices_of(sandbox, subscription)[1]
    assert (paid.status, paid.amount_paid, paid.attempt_count) == ("paid", 1200, 1)
    assert status_of(sandbox, subscription) == "active"


def test_the_events_of_a_renewal(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    before = len(history(sandbox))
    sandbox.control(f"subscriptions/{subscription.id}/renew")

    told = history(sandbox)[before:]
    assert event_types_since(
        sandbox, before, "customer", "invoice", "charge.succeeded", "payment_intent"
    ) == [
        *("invoice.upcoming", "customer.subscription.updated", "invoice.created", "invoice.finalized"),
        *("charge.succeeded", "payment_intent.succeeded", "payment_intent.created", "invoice.updated"),
        *("invoice.paid", "invoice.payment_succeeded", "invoice_payment.paid"),
    ]
    updated = next(event for event in told if event["type"] == "customer.subscription.updated")
    assert set(updated["data"]["previous_attributes"]) == {"items", "latest_invoice"}
    assert [event["request"]["id"] for event in told] == [None] * len(told)


def test_the_next_invoice_is_announced_a_week_before(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    end = item_of(sandbox, subscription).current_period_end
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    (upcoming,) = [event for event in history(sandbox) if event["type"] == "invoice.upcoming"]

    assert upcoming["created"] == end - 7 * DAY
    assert upcoming["data"]["object"]["amount_due"] == 1200
    assert upcoming["data"]["object"]["lines"]["data"][0]["period"]["start"] == end
    assert sandbox.api("GET", f"/v1/invoices/{upcoming['data']['object']['id']}").status_code == 404


def test_months_are_counted_from_the_day_it_began(sandbox: Sandbox) -> None:
    now = datetime.fromtimestamp(sandbox.show("clock")["now"], UTC)
    the_31st = datetime(now.year + 1, 1, 31, 12, tzinfo=UTC)
    sandbox.advance(the_31st.timestamp() - sandbox.show("clock")["now"])
    subscription = subscribe(sandbox)
    ends = []
    for _ in range(3):
        ends.append(datetime.fromtimestamp(item_of(sandbox, subscription).current_period_end, UTC))
        sandbox.control(f"subscriptions/{subscription.id}/renew")
    february = 29 if the_31st.year % 4 == 0 else 28
    assert [(end.month, end.day) for end in ends] == [(2, february), (3, 31), (4, 30)]


@pytest.mark.parametrize(
    ("interval", "count", "days"), [("day", 10, 10), ("week", 2, 14), ("year", 1, None), ("month", 3, None)]
)
def test_every_interval_recurs(sandbox: Sandbox, interval: str, count: int, days: int | None) -> None:
    price = plan(sandbox, recurring={"interval": interval, "interval_count": count})
    subscription = subscribe(sandbox, price)
    item = item_of(sandbox, subscription)
    start, end = (
        datetime.fromtimestamp(m, UTC) for m in (item.current_period_start, item.current_period_end)
    )

    if days:
        assert (end - start).days == days
    else:
        months = 12 if interval == "year" else count
        assert (end.year - start.year) * 12 + end.month - start.month == months
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    assert [each.status for each in invoices_of(sandbox, subscription)] == ["paid", "paid"]


def test_two_years_of_days_pass_in_one_jump(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, plan(sandbox, amount=100, interval="day"))
    sandbox.advance(730 * DAY + 2 * 3_600)

    paid = [event for event in history(sandbox) if event["type"] == "invoice.paid"]
    first = paid[0]["created"]
    assert len(paid) == 731
    assert [event["created"] for event in paid[1:]] == [first + n * DAY + 3_600 for n in range(1, 731)]
    assert status_of(sandbox, subscription) == "active"


def test_a_failed_renewal_is_retried_for_a_week_and_ends_the_subscription(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, card=FAILING)
    before = len(history(sandbox))
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    failed = invoices_of(sandbox, subscription)[1]

    assert status_of(sandbox, subscription) == "past_due"
    assert (failed.status, failed.attempt_count, failed.attempted) == ("open", 1, True)
    assert event_types_since(sandbox, before)[-3:] == [
        *("invoice.updated", "invoice.payment_failed", "customer.subscription.updated")
    ]

    attempts = []
    while (at := sandbox.stripe.invoices.retrieve(failed.id).next_payment_attempt) is not None:
        attempts.append(at)
        sandbox.control(f"subscriptions/{subscription.id}/retry")
    first = failed.created + 3_600
    assert attempts == [first + DAY, first + 3 * DAY, first + 7 * DAY]

    ended = sandbox.stripe.subscriptions.retrieve(subscription.id)
    assert (ended.status, ended.ended_at) == ("canceled", attempts[-1])
    assert ended.cancellation_details is not None
    assert ended.cancellation_details.reason == "payment_failed"
    assert event_types_since(sandbox, before)[-1] == "customer.subscription.deleted"
    assert sandbox.stripe.invoices.retrieve(failed.id).status == "open"
    before = len(history(sandbox))
    sandbox.advance(90 * DAY)
    assert event_types_since(sandbox, before) == []


@pytest.mark.parametrize("ends_as", ["unpaid", "past_due"])
def test_another_end_of_the_retries_can_be_chosen(sandbox: Sandbox, ends_as: str) -> None:
    sandbox.control("billing", after_retries=ends_as, retries=[DAY])
    subscription = subscribe(sandbox, card=FAILING)
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    sandbox.control(f"subscriptions/{subscription.id}/retry")
    assert status_of(sandbox, subscription) == ends_as

    sandbox.control(f"subscriptions/{subscription.id}/renew")
    latest = invoices_of(sandbox, subscription)[-1]
    assert latest.status == ("draft" if ends_as == "unpaid" else "open")
    assert status_of(sandbox, subscription) == ends_as


def test_a_retry_with_a_better_card_brings_it_back(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, card=FAILING)
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    sandbox.control(f"subscriptions/{subscription.id}/card", card="5555555555554444")
    assert status_of(sandbox, subscription) == "past_due"
    before = len(history(sandbox))
    sandbox.control(f"subscriptions/{subscription.id}/retry")

    assert status_of(sandbox, subscription) == "active"
    assert event_types_since(sandbox, before) == [
        *("invoice.updated", "invoice.paid", "customer.subscription.updated", "invoice.payment_succeeded"),
    ]
    assert len(sandbox.stripe.payment_intents.list().data) == 2


def test_paying_the_open_invoice_brings_it_back(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, card=FAILING)
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    invoice = invoices_of(sandbox, subscription)[1]
    with pytest.raises(stripe.CardError) as caught:
        sandbox.stripe.invoices.pay(invoice.id)
    sandbox.control(f"subscriptions/{subscription.id}/card")
    paid = sandbox.stripe.invoices.pay(invoice.id)

    assert (caught.value.code, caught.value.http_status) == ("card_declined", 402)
    assert paid.status == "paid"
    assert paid.next_payment_attempt is None
    assert status_of(sandbox, subscription) == "active"
    failed = [event for event in history(sandbox) if event["type"] == "charge.failed"]
    assert len(failed) == 2


def test_a_refused_payment_is_remembered_under_its_key(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, card=FAILING)
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    invoice = invoices_of(sandbox, subscription)[1]
    answers = [
        sandbox.api("POST", f"/v1/invoices/{invoice.id}/pay", **{"Idempotency-Key": "once"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [402, 402]
    assert answers[0].text == answers[1].text
    charges = sandbox.stripe.charges.list({"customer": str(subscription.customer)}).data
    assert [charge.status for charge in charges] == ["failed", "failed", "succeeded"]


def test_a_payment_elsewhere_counts(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, card=FAILING)
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    invoice = invoices_of(sandbox, subscription)[1]
    before = len(history(sandbox))
    sandbox.stripe.invoices.pay(invoice.id, {"paid_out_of_band": True})

    assert status_of(sandbox, subscription) == "active"
    assert "invoice.paid" in event_types_since(sandbox, before)
    assert "invoice.payment_succeeded" not in event_types_since(sandbox, before)
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        sandbox.stripe.invoices.pay(invoice.id)


def test_a_card_that_always_asks_needs_the_customer_at_each_renewal(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, card=ASKING)
    before = len(history(sandbox))
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    invoice = invoices_of(sandbox, subscription)[1]

    assert status_of(sandbox, subscription) == "past_due"
    assert event_types_since(sandbox, before)[-4:] == [
        *("invoice.updated", "invoice.payment_action_required", "invoice.payment_failed"),
        "customer.subscription.updated",
    ]
    payment: Any = sandbox.stripe.invoices.retrieve(
        invoice.id, {"expand": ["payments.data.payment.payment_intent"]}
    ).payments
    assert payment.data[0].payment.payment_intent.status == "requires_action"
    answer = sandbox.api("POST", f"/v1/invoices/{invoice.id}/pay").json()["error"]
    assert answer["code"] == "invoice_payment_intent_requires_action"


def test_one_payment_can_be_made_to_fail(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    assert sandbox.control(f"subscriptions/{subscription.id}/fail")["subscription"]["status"] == "past_due"
    assert sandbox.control(f"subscriptions/{subscription.id}/fail")["invoice"]["attempt_count"] == 2
    assert sandbox.control(f"subscriptions/{subscription.id}/retry")["subscription"]["status"] == "active"


def test_a_trial_ends_with_notice_and_a_payment(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox, subscription_data={"trial_period_days": 14})
    before = len(history(sandbox))
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    after = sandbox.stripe.subscriptions.retrieve(subscription.id)
    told = history(sandbox)[before:]
    notice = next(event for event in told if event["type"] == "customer.subscription.trial_will_end")

    assert subscription.trial_end is not None
    assert notice["created"] == subscription.trial_end - 3 * DAY
    assert after.status == "active"
    assert after["items"].data[0].current_period_start == after.trial_end == after.billing_cycle_anchor
    assert [(each.amount_paid, each.billing_reason) for each in invoices_of(sandbox, subscription)] == [
        (0, "subscription_create"),
        (1200, "subscription_cycle"),
    ]


def test_a_short_trial_is_noticed_at_once(sandbox: Sandbox) -> None:
    subscribe(sandbox, subscription_data={"trial_period_days": 1})
    sandbox.deliveries()
    sandbox.advance(1)
    assert [e["type"] for e in history(sandbox)].count("customer.subscription.trial_will_end") == 1


@pytest.mark.parametrize(
    ("behavior", "status", "told"),
    [
        ("pause", "paused", ["customer.subscription.updated", "customer.subscription.paused"]),
        ("cancel", "canceled", ["customer.subscription.deleted"]),
        ("create_invoice", "past_due", ["customer.subscription.updated"]),
    ],
)
def test_a_trial_without_a_card_ends_as_it_was_told_to(
    sandbox: Sandbox, behavior: str, status: str, told: list[str]
) -> None:
    settings = {"end_behavior": {"missing_payment_method": behavior}}
    subscription = subscribe(
        sandbox,
        payment_method_collection="if_required",
        subscription_data={"trial_period_days": 14, "trial_settings": settings},
    )
    assert subscription.default_payment_method is None
    before = len(history(sandbox))
    sandbox.advance(14 * DAY + 3_600)

    assert status_of(sandbox, subscription) == status
    assert event_types_since(sandbox, before, "customer.subscription")[-len(told) :] == told


def test_a_paused_subscription_resumes_once_it_is_paid(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    sandbox.control(f"subscriptions/{subscription.id}/pause")
    paused: Any = sandbox.stripe.subscriptions.retrieve(subscription.id)
    assert paused.status == "paused"
    assert paused.status_details.paused.subscription.type == "pause_requested"
    sandbox.advance(60 * DAY)
    assert len(invoices_of(sandbox, subscription)) == 1

    before = len(history(sandbox))
    resumed: Any = sandbox.stripe.subscriptions.resume(subscription.id)
    assert resumed.status == "active"
    assert "status_details" not in resumed
    assert resumed["items"].data[0].current_period_start == resumed.billing_cycle_anchor
    assert invoices_of(sandbox, subscription)[-1].status == "paid"
    assert event_types_since(sandbox, before, "customer.subscription")[-2:] == [
        *("customer.subscription.updated", "customer.subscription.resumed")
    ]
    with pytest.raises(stripe.InvalidRequestError, match="paused"):
        sandbox.stripe.subscriptions.resume(subscription.id)


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")],
)
def test_a_pause_of_collection_keeps_the_subscription_active(
    sandbox: Sandbox, behavior: str, status: str
) -> None:
    subscription = subscribe(sandbox)
    pause: Any = {"behavior": behavior, "resumes_at": item_of(sandbox, subscription).current_period_end + DAY}
    sandbox.stripe.subscriptions.update(subscription.id, {"pause_collection": pause})
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    assert status_of(sandbox, subscription) == "active"
    assert invoices_of(sandbox, subscription)[1].status == status

    sandbox.advance(DAY)
    assert sandbox.stripe.subscriptions.retrieve(subscription.id).pause_collection is None
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    assert invoices_of(sandbox, subscription)[2].status == "paid"


def test_switches_strike_these_events_too(sandbox: Sandbox, receiver: Receiver) -> None:
    subscription = subscribe(sandbox)
    sandbox.stripe.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["invoice.paid"]})
    sandbox.control("webhooks", duplicate={"times": 1, "types": ["invoice.*"]})
    sandbox.control(f"subscriptions/{subscription.id}/renew")
    sandbox.control("webhooks", drop={"types": ["invoice.paid"]})
    sandbox.control(f"subscriptions/{subscription.id}/renew")

    assert [d["state"] for d in sandbox.deliveries()] == ["delivered", "delivered", "dropped"]
    receiver.wait_for(2)
    assert len(receiver.received) == 2


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("subscriptions/sub_nobody/renew", {}, 404),
        ("subscriptions/{id}/retry", {}, 409),
        ("subscriptions/{id}/pay", {}, 409),
        ("subscriptions/{id}/card", {"card": "4000000000000002"}, 402),
        ("subscriptions/{id}/plan", {"price": "price_nobody"}, 400),
        ("billing", {"retries": "often"}, 400),
        ("billing", {"after_retries": "forgiven"}, 400),
        ("billing", {"moon": "full"}, 400),
    ],
)
def test_nonsense_is_refused(sandbox: Sandbox, path: str, given: dict[str, Any], status: int) -> None:
    subscription = subscribe(sandbox)
    answer: httpx.Response = sandbox.http.post(f"/_sandbox/{path.format(id=subscription.id)}", json=given)
    assert (answer.status_code, set(answer.json())) == (status, {"error"})
