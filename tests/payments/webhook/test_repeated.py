"""An event that is done is owed nothing, whatever is wrong with the deliveries that follow."""

from typing import Any

import pytest

from payments.models import Outcome, Payment, PaymentStatus, StripeEvent
from tests.payments.webhook.test_whose import thin
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Deliver, Purchase, make_event
from tests.support.threads import at_once

REFUND = {"id": "re_1", "object": "refund"}
ODD_INTENTS: list[Any] = [7, [], {}]
UNREADABLE: list[dict[str, Any]] = [
    *({"type": "refund.updated", "data": {"object": REFUND | {"payment_intent": it}}} for it in ODD_INTENTS),
    {"type": "charge.dispute.created", "data": {"object": REFUND | {"payment_intent": "pi\0"}}},
    {"type": "invoice.paid", "data": {"object": {"object": "invoice", "parent": [1]}}},
    {"data": {"object": {"object": "subscription", "items": {"data": 5}, "customer": "cus_1"}}},
    {"type": "v1.refund.updated", "object": "v2.core.event", "related_object": {"type": [], "id": {}}},
]


@shared
def done(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid, with the event that said so."""
    make_event()
    return box_office.sell()


@pytest.mark.parametrize("change", UNREADABLE, ids=str)
def test_what_is_done_stays_done_though_its_next_delivery_cannot_be_read(
    done: Purchase, stripe: Sandbox, deliver: Deliver, change: dict[str, Any]
) -> None:
    event = stripe.event("completed", done.session_id)

    answers = [deliver({**event, **change}) for _try in range(2)]

    assert {answer.status_code for answer in answers} == {200}
    kept = StripeEvent.objects.get(event_id=event["id"])
    assert (kept.outcome, kept.traceback, kept.payload) == (Outcome.APPLIED, "", event)
    assert (done.payment.status, done.tickets) == (PaymentStatus.SUCCEEDED, ["A-1", "A-2"])


def test_a_delivery_whose_owner_cannot_be_read_is_counted_as_one_more(
    done: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    event = stripe.event("completed", done.session_id)

    answer = deliver({**event, **UNREADABLE[0]})

    assert (answer.json()["outcome"], StripeEvent.objects.get().deliveries) == ("duplicate", 2)


def test_what_changed_nothing_is_done_as_well(done: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    event = next(event for event in stripe.events() if event["type"] == "payment_intent.succeeded")
    deliver(event)

    assert deliver({**event, **UNREADABLE[0]}).json()["outcome"] == "duplicate"
    assert StripeEvent.objects.get(event_id=event["id"]).outcome == Outcome.IGNORED


def test_what_is_done_needs_no_word_of_stripe(done: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    event = thin("v1.checkout.session.completed", stripe.session(done.session_id))
    deliver(event)
    stripe.fault("GET /v1/checkout/sessions/*", "500_before", times=None)

    assert deliver(event).json()["outcome"] == "duplicate"
    assert StripeEvent.objects.get(event_id=event["id"]).deliveries == 2


def test_what_is_done_is_not_owed_again_when_its_payment_is_forgotten(
    done: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    refund = stripe.refund(done.session_id)
    event = next(e for e in stripe.events() if e["data"]["object"]["id"] == refund["id"])
    deliver(event)
    unknown = {"session_id": "cs_test_other", "reference": "01JDX00000000000000000LOST"}
    Payment.objects.update(**unknown, payment_intent_id=None)

    assert deliver(event).json()["outcome"] == "duplicate"


def test_a_delivery_that_cannot_be_read_comes_first_and_again(
    done: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    refund = stripe.refund(done.session_id)
    event = next(e for e in stripe.events() if e["data"]["object"]["id"] == refund["id"])
    odd = {**event, **UNREADABLE[0]}

    answers = [deliver(one).status_code for one in (odd, odd, event, odd)]

    assert answers == [500, 500, 200, 200]
    assert done.payment.status == PaymentStatus.REFUNDED


@pytest.mark.django_db(transaction=True)
def test_deliveries_at_once_of_which_one_cannot_be_read_end_as_done(
    box_office: BoxOffice, stripe: Sandbox
) -> None:
    make_event()
    purchase = box_office.buy()
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    bodies = [event, {**event, **UNREADABLE[0]}] * 4

    at_once(lambda number: box_office.deliver(bodies[number]), len(bodies))

    assert {box_office.deliver(body).status_code for body in bodies} == {200}
    assert StripeEvent.objects.get().outcome == Outcome.APPLIED
    assert purchase.tickets == ["A-1", "A-2"]
