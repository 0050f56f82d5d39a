"""Several shops, both modes and connected accounts may send their events here."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from prometheus_client import REGISTRY

from bookings.models import Seat
from payments.models import Outcome, Payment, PaymentStatus, Plan, StripeEvent, shop_id
from payments.models.installation import Installation
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from payments.webhook.intake import apply_again
from tests.support.members import Member
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase
from tests.support.staff import log_in


def foreign(whose: str) -> float:
    return REGISTRY.get_sample_value("admit_webhook_foreign_events_total", {"whose": whose}) or 0


def paid(purchase: Purchase, stripe: Sandbox) -> dict[str, Any]:
    """Return the event of a paid session."""
    stripe.pay(purchase.session_id)
    return stripe.event("completed", purchase.session_id)


def test_what_is_made_at_stripe_says_which_shop_made_it(purchase: Purchase, stripe: Sandbox) -> None:
    mark = {"payment": purchase.payment.reference, "shop": shop_id()}

    stripe.pay(purchase.session_id)

    purchased = {"event": "demo-night", "name": "Ada Lovelace", "language": "en-gb"}
    assert stripe.session(purchase.session_id)["metadata"] == mark | purchased
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


# Thin events, and those of older versions


def thin(kind: str, subject: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the thin event of this ``kind`` about an object of Stripe's."""
    related = {"id": subject["id"], "type": subject["object"], "url": "/v1/somewhere"}
    envelope = {"id": "evt_test_65", "object": "v2.core.event", "created": "2026-11-30T11:00:00.000Z"}
    return {**envelope, "type": kind, "livemode": False, "related_object": related, **changes}


def test_a_thin_event_is_news_to_ask_stripe_about(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = thin("v1.checkout.session.completed", stripe.session(purchase.session_id))

    answers = [deliver(event).json()["outcome"] for _try in range(2)]

    assert answers == ["applied", "duplicate"]
    assert (purchase.payment.status, purchase.tickets) == (PaymentStatus.SUCCEEDED, ["A-1", "A-2"])
    kept = StripeEvent.objects.get()
    assert (kept.type, kept.payment) == ("checkout.session.completed", purchase.payment)


def test_a_thin_event_about_a_refund_is_followed(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    refund = stripe.refund(paid.session_id)

    assert deliver(thin("v1.refund.created", refund)).json()["outcome"] == "applied"
    assert paid.payment.status == PaymentStatus.REFUNDED


def test_a_thin_event_while_stripe_is_away_is_not_accepted(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = thin("v1.checkout.session.completed", stripe.session(purchase.session_id))
    stripe.fault("GET /v1/checkout/sessions/*", "500_before", times=3)

    assert [deliver(event).status_code for _try in range(2)] == [500, 200]
    assert purchase.payment.status == PaymentStatus.SUCCEEDED


@pytest.mark.parametrize(
    "related",
    [
        *(None, [], {}, "text", {"id": 7, "type": 8}, {"id": "../events", "type": "charge"}),
        {"id": "cs_test_nobody", "type": "checkout.session"},
        {"id": "re_1", "type": "refund"},
        {"id": "x", "type": "future.thing"},
    ],
    ids=str,
)
def test_a_thin_event_about_what_stripe_does_not_know_here_is_passed_over(
    db: None, stripe: Sandbox, deliver: Deliver, related: Any
) -> None:
    event = thin("v1.refund.created", {"id": "", "object": ""}, related_object=related)

    assert deliver(event).json()["outcome"] == "ignored"
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize(
    "kind", ["v1.billing.meter.error_report", "v1.customer.created", "v2.core.account.created"]
)
def test_a_thin_event_that_changes_nothing_here_costs_no_question(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, kind: str
) -> None:
    asked = len(stripe.requests())

    assert deliver(thin(kind, stripe.session(purchase.session_id))).json()["outcome"] == "ignored"
    assert len(stripe.requests()) == asked + 1  # The test's own.


def test_a_thin_event_about_a_membership_is_followed(
    ada: Member, plan: Plan, stripe: Sandbox, deliver: Deliver
) -> None:
    ada.subscribe(plan)
    (subscription,) = stripe.objects("subscription")

    assert deliver(thin("v1.customer.subscription.updated", subscription)).json()["outcome"] == "applied"
    assert ada.status()["status"] == "active"


@pytest.mark.parametrize("kind", ["invoice.paid", "invoice.payment_failed"])
def test_an_invoice_as_it_was_before_basil_finds_its_membership(
    ada: Member, plan: Plan, stripe: Sandbox, deliver: Deliver, kind: str
) -> None:
    """Endpoints keep the version they were made with: https://docs.stripe.com/changelog/basil"""
    ada.subscribe(plan)
    (subscription,) = stripe.objects("subscription")
    old = {
        "id": "in_1",
        "object": "invoice",
        "subscription": subscription["id"],
        "subscription_details": {"metadata": subscription["metadata"]},
    }

    event = {"id": "evt_1old", "object": "event", "api_version": "2024-06-20", "type": kind}
    assert deliver({**event, "data": {"object": old}}).json()["outcome"] == "applied"
    assert ada.status()["status"] == "active"


def test_an_event_that_an_earlier_version_kept_though_it_is_somebody_elses_rests(
    db: None, stripe: Sandbox
) -> None:
    subject: dict[str, Any] = {"id": "cs_test_x", "object": "checkout.session", "mode": "payment"}
    subject |= {"metadata": {"payment": "invoice-77"}}
    event: dict[str, Any] = {"id": "evt_1", "type": "checkout.session.completed", "data": {"object": subject}}
    kept = {"outcome": Outcome.FAILED, "traceback": "UnknownPayment", "retry_at": "2020-01-01T00:00Z"}
    StripeEvent.objects.create(event_id="evt_1", type=event["type"], body=json.dumps(event), **kept)

    counts = reconcile(Run(rate=1_000)).counts

    assert (counts["event_failed"], StripeEvent.objects.get().outcome) == (0, Outcome.IGNORED)


def test_the_page_of_a_thin_event_that_failed_leads_to_its_replay(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    Seat.objects.filter(label="A-2").update(booking=None)
    deliver(thin("v1.checkout.session.completed", stripe.session(purchase.session_id)))
    Seat.objects.filter(label="A-2").update(booking=purchase.booking)
    event = StripeEvent.objects.get()
    staff = log_in(User.objects.create_superuser("boss", "boss@example.com", "x"))

    pages = [staff.get(f"/admin/payments/stripeevent/{event.pk}/{page}/") for page in ("change", "replay")]

    assert [page.status_code for page in pages] == [200, 200]
    assert apply_again(event) == Outcome.APPLIED
    assert purchase.payment.status == PaymentStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("kind", "status"),
    [("charge.succeeded", 200), ("payment_intent.succeeded", 200), ("charge.refunded", 500)],
)
def test_a_thin_event_that_the_key_may_not_read_is_only_sent_again_if_it_is_needed(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, kind: str, status: int
) -> None:
    (subject,) = stripe.objects(kind.partition(".")[0])
    stripe.fault(f"GET /v1/{subject['object']}s/*", "403", times=None)

    assert deliver(thin(f"v1.{kind}", subject)).status_code == status


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("customer.subscription.updated", "subscription"), ("invoice.paid", "invoice")],
)
def test_a_shop_without_memberships_asks_nothing_about_another_products(
    db: None, stripe: Sandbox, deliver: Deliver, kind: str, subject: str
) -> None:
    stripe.fault(f"GET /v1/{subject}s/*", "403", times=None)

    answer = deliver(thin(f"v1.{kind}", {"id": "x_1", "object": subject}))

    assert (answer.status_code, answer.json()["outcome"]) == (200, "ignored")
    assert stripe.requests() == []
