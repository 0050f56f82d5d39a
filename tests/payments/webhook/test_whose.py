"""Several shops, both modes and connected accounts may send their events here."""

from typing import Any

import pytest
from prometheus_client import REGISTRY

from payments.models import Outcome, Payment, PaymentStatus, StripeEvent, shop_id
from payments.models.installation import Installation
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase


def foreign(whose: str) -> float:
    return REGISTRY.get_sample_value("admit_webhook_foreign_events_total", {"whose": whose}) or 0


def paid(purchase: Purchase, stripe: Sandbox) -> dict[str, Any]:
    """Return the event of a paid session."""
    stripe.pay(purchase.session_id)
    return stripe.event("completed", purchase.session_id)


def test_what_is_made_at_stripe_says_which_shop_made_it(purchase: Purchase, stripe: Sandbox) -> None:
    mark = {"payment": purchase.payment.reference, "shop": shop_id()}

    stripe.pay(purchase.session_id)

    assert stripe.session(purchase.session_id)["metadata"] == mark
    assert [intent["metadata"] for intent in stripe.objects("payment_intent")] == [mark]


def test_an_installation_has_one_id(db: None) -> None:
    assert shop_id() == shop_id() == Installation.objects.get().shop


STRANGE: list[Any] = [
    *(None, [], "text", {}, {"payment": None}, {"payment": 7}, {"payment": ""}),
    {"payment": "invoice-77"},
    {"payment": "01JDX0000000000000000NOBODY"},
    {"payment": "order-7", "shop": "another"},
    {"payment": "\x00", "shop": "another"},
    {"payment": "order-7", "shop": ["another"]},
    {"subscription": "01JDX0000000000000000NOBODY"},
]


@pytest.mark.parametrize(
    "kind", ["checkout.session.completed", "payment_intent.succeeded", "charge.refunded"]
)
@pytest.mark.parametrize("metadata", STRANGE, ids=str)
def test_metadata_of_nobody_here_belongs_to_another_shop(
    db: None, deliver: Deliver, kind: str, metadata: Any
) -> None:
    before = foreign("shop")
    subject = {"id": "cs_test_x", "object": "checkout.session", "mode": "payment", "metadata": metadata}

    answer = deliver({"id": "evt_1", "type": kind, "data": {"object": subject}})

    assert (answer.status_code, answer.json()["outcome"]) == (200, "ignored")
    assert not StripeEvent.objects.exists()
    assert foreign("shop") == before + 1


@pytest.mark.parametrize("mode", ["payment", "subscription"])
def test_what_names_this_shop_is_owed_though_nobody_here_knows_it(
    db: None, deliver: Deliver, mode: str
) -> None:
    kind = "payment" if mode == "payment" else "subscription"
    session = {
        "id": "cs_test_lost",
        "object": "checkout.session",
        "mode": mode,
        "status": "complete",
        "payment_status": "paid",
        "expires_at": 1_800_000_000,
        "metadata": {kind: "01JDX0000000000000000NOBODY", "shop": shop_id()},
    }

    answer = deliver({"id": "evt_1", "type": "checkout.session.completed", "data": {"object": session}})

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "not_applied")
    assert StripeEvent.objects.get().outcome == Outcome.FAILED


def test_our_reference_beside_another_shops_id_is_not_ours(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    event = paid(purchase, stripe)
    event["data"]["object"] |= {"id": "cs_test_elsewhere", "payment_intent": "pi_elsewhere"}
    event["data"]["object"]["metadata"]["shop"] = "another"

    assert deliver(event).json()["outcome"] == "ignored"
    assert purchase.payment.status == PaymentStatus.PENDING


def test_a_session_from_before_shops_had_ids_is_settled(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    event = paid(purchase, stripe)
    del event["data"]["object"]["metadata"]["shop"]

    assert deliver(event).json()["outcome"] == "applied"
    assert purchase.payment.status == PaymentStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("envelope", "whose"),
    [({"livemode": True}, "mode"), ({"account": "acct_1"}, "account"), ({"context": "acct_1"}, "account")],
)
def test_an_event_of_the_other_mode_or_of_a_connected_account_is_passed_over(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, envelope: dict[str, Any], whose: str
) -> None:
    before, event = foreign(whose), paid(purchase, stripe)

    answer = deliver({**event, **envelope})

    assert (answer.status_code, answer.json()["outcome"]) == (200, "ignored")
    assert purchase.payment.status == PaymentStatus.PENDING
    assert foreign(whose) == before + 1


def test_a_live_shop_passes_test_events_over(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, settings: Any
) -> None:
    event = paid(purchase, stripe)
    settings.STRIPE_SECRET_KEY = "rk_live_admit"

    assert deliver(event).json()["outcome"] == "ignored"


def test_payments_and_events_know_their_mode(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    deliver(paid(purchase, stripe))

    assert purchase.payment.livemode is False
    assert StripeEvent.objects.get().livemode is False


def forgotten(purchase: Purchase, stripe: Sandbox) -> dict[str, Any]:
    """Return the event of a refund whose payment this database has lost."""
    stripe.pay(purchase.session_id)
    refund = stripe.refund(purchase.session_id)
    unknown = {"session_id": "cs_test_other", "reference": "01JDX00000000000000000LOST"}
    Payment.objects.filter(pk=purchase.payment.pk).update(**unknown)
    return next(e for e in stripe.events() if e["data"]["object"]["id"] == refund["id"])


def test_the_refund_of_another_shops_payment_is_passed_over_after_one_question(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    event = forgotten(purchase, stripe)
    Installation.objects.update(shop="01JDX0000000000000000OTHER")

    assert [deliver(event).json()["outcome"] for _try in range(2)] == ["ignored", "ignored"]
    asked = f"GET /v1/payment_intents/{event['data']['object']['payment_intent']}"
    assert len(stripe.requests(asked)) == 1


def test_the_refund_of_our_own_payment_is_owed_though_nobody_here_knows_it(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    event = forgotten(purchase, stripe)

    assert deliver(event).status_code == 500
