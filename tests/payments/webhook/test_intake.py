import json
import re
import time
from typing import Any

import pytest
from django.test import Client
from prometheus_client import REGISTRY

from payments.models import Outcome, PaymentStatus, StripeEvent, shop_id
from payments.webhook.intake import NotApplied, apply_again
from tests.fuzz.values import TEXTS
from tests.support.sandbox import Sandbox, encode, sign
from tests.support.shared import shared
from tests.support.shop import SECRET, BoxOffice, Buy, Deliver, Purchase, make_event

URL = "/api/webhook/stripe"
FOREIGN = {
    "id": "evt_1foreign",
    "object": "event",
    "type": "checkout.session.completed",
    "data": {"object": {"id": "cs_foreign", "object": "checkout.session", "metadata": {"order": "7"}}},
}


@shared
def purchase(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, whose payment page is open."""
    make_event()
    return box_office.buy()


def post(client: Client, body: bytes, signature: str, url: str = URL) -> Any:
    headers = {"Stripe-Signature": signature} if signature else {}
    return client.post(url, body, content_type="application/json", headers=headers)


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


@pytest.mark.parametrize("body", [b"", b"{}", encode(FOREIGN), b"\xff\xfe", b"x" * 100_000], ids=len)
@pytest.mark.parametrize(
    "signature",
    [
        "",
        "nonsense",
        "t=1,v1=",
        "v1=abc",
        "t=x,v1=y",
        "t=99999999999999999999,v1=00",
        "t=1,v0=ab",
        "t=1,v1=é",
    ],
)
def test_a_body_that_stripe_did_not_sign_is_refused(
    db: None, client: Client, body: bytes, signature: str
) -> None:
    assert code(post(client, body, signature)) == (400, "invalid_signature")
    assert not StripeEvent.objects.exists()


def test_a_body_signed_with_another_secret_is_refused(db: None, client: Client) -> None:
    body = encode(FOREIGN)

    assert code(post(client, body, sign(body, "whsec_forged"))) == (400, "invalid_signature")


def test_a_body_changed_after_signing_is_refused(db: None, client: Client) -> None:
    body = encode(FOREIGN)

    assert code(post(client, body + b" ", sign(body, "whsec_new"))) == (400, "invalid_signature")


def test_a_signature_older_than_five_minutes_is_refused(db: None, client: Client) -> None:
    body = encode(FOREIGN)

    stale = post(client, body, sign(body, "whsec_new", at=time.time() - 310))
    recent = post(client, body, sign(body, "whsec_new", at=time.time() - 290))

    assert code(stale) == (400, "invalid_signature")
    assert recent.status_code == 200


@pytest.mark.parametrize(
    "secrets", [["whsec_new"], ["whsec_old"], ["whsec_old", "whsec_new"], ["x", "whsec_old"]]
)
def test_each_secret_of_a_rotation_is_accepted(db: None, client: Client, secrets: list[str]) -> None:
    body = encode(FOREIGN)

    assert post(client, body, sign(body, *secrets)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"{}",
        b'{"id": "evt_1"}',
        b'{"id": 1, "type": "x", "data": {"object": {}}}',
        b'{"id": "", "type": "x", "data": {"object": {}}}',
        b'{"id": "evt_1", "type": "x", "data": {"object": []}}',
        b'{"id": "evt_1", "type": "x", "data": null}',
        b'{"id": "evt_1", "type": null, "data": {"object": {}}}',
        b'{"id": "evt_\\u0000", "type": "x", "data": {"object": {}}}',
        b'{"id": "%s", "type": "x", "data": {"object": {}}}' % (b"e" * 256),
        b"[" * 100_000,
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(db: None, client: Client, body: bytes) -> None:
    assert code(post(client, body, sign(body, "whsec_new"))) == (400, "invalid_payload")


def test_a_body_larger_than_any_event_is_refused(db: None, client: Client) -> None:
    body = encode({**FOREIGN, "padding": "x" * 3_000_000})

    assert code(post(client, body, sign(body, "whsec_new"))) == (400, "invalid_payload")


def test_somebody_elses_event_is_counted_and_not_kept(db: None, client: Client) -> None:
    labels = {"outcome": "ignored"}
    before = REGISTRY.get_sample_value("admit_webhook_events_total", labels) or 0
    body = encode(FOREIGN)

    response = post(client, body, sign(body, "whsec_new"))

    assert (response.status_code, response.json()) == (200, {"received": True, "outcome": "ignored"})
    assert not StripeEvent.objects.exists()
    assert REGISTRY.get_sample_value("admit_webhook_events_total", labels) == before + 1


def test_a_thin_event_is_ignored(db: None, client: Client) -> None:
    body = encode({"id": "evt_1thin", "object": "v2.core.event", "type": "v1.billing.meter.error_report"})

    response = post(client, body, sign(body, "whsec_new"))

    assert response.json() == {"received": True, "outcome": "ignored"}


def test_other_events_of_our_payment_are_kept_and_change_nothing(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    others = [event for event in stripe.events() if not event["type"].startswith("checkout.session.")]

    assert {deliver(event).json()["outcome"] for event in others} == {"ignored"}

    assert purchase.payment.status == PaymentStatus.PENDING
    kept = StripeEvent.objects.filter(outcome=Outcome.IGNORED, payment=purchase.payment)
    assert {event.type for event in kept} >= {"charge.succeeded", "payment_intent.succeeded"}


def test_a_state_that_stripe_may_invent_one_day_is_evidence_not_a_ticket(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"] |= {"status": "suspended", "payment_status": "unpaid"}

    assert code(deliver(event)) == (500, "not_applied")
    assert purchase.payment.status == PaymentStatus.PENDING


@pytest.mark.parametrize("name", ["Ada\x00", "\ud800", "x" * 100_000], ids=len)
def test_whatever_a_customer_typed_at_stripe_the_payment_is_settled(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, name: str
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"]["customer_details"]["name"] = name

    assert deliver(event).json()["outcome"] == "applied"
    assert StripeEvent.objects.get().payload == event


def test_the_evidence_keeps_payload_and_headers(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)

    record = StripeEvent.objects.get()
    assert record.payload == stripe.event("completed", purchase.session_id)
    assert record.headers["Stripe-Signature"].startswith("t=")
    assert record.payment == purchase.payment


@pytest.mark.parametrize("url", [URL, URL + "/"])
def test_the_webhook_never_redirects(db: None, url: str) -> None:
    client = Client(enforce_csrf_checks=True)
    body = encode(FOREIGN)

    assert post(client, body, sign(body, "whsec_new"), url).status_code == 200


def test_the_webhook_takes_posts_only(db: None, client: Client) -> None:
    response = client.get(URL)

    assert code(response) == (405, "method_not_allowed")


def test_a_delivery_may_be_written_by_any_json_library(buy: Buy, stripe: Sandbox, client: Client) -> None:
    purchase = buy()
    stripe.pay(purchase.session_id)
    body = json.dumps(stripe.event("completed", purchase.session_id), separators=(",", ":")).encode()

    assert post(client, body, sign(body, "whsec_old")).json()["outcome"] == "applied"


@pytest.mark.parametrize("intent", [4200, ["pi_1"], "pi\0", "\ud800"])
def test_an_event_of_a_shape_that_nobody_knows_leaves_evidence(
    client: Client, paid: Purchase, stripe: Sandbox, intent: Any
) -> None:
    event = stripe.event("completed", paid.session_id)
    event |= {"id": "evt_1odd", "type": "refund.updated", "livemode": 0}
    event["data"]["object"] = {"id": "re_1", "object": "refund", "payment_intent": intent}
    body = encode(event)

    answer = post(client, body, sign(body, SECRET))

    kept = StripeEvent.objects.get(event_id="evt_1odd")
    assert code(answer) == (500, "not_applied")
    assert (kept.outcome, kept.livemode, kept.body) == (Outcome.FAILED, None, body.decode())
    assert "Traceback" in kept.traceback


ODD = [5, True, [], ["pi_1"], {}, {"id": 5}, {"id": None}, "", "pi_\x00", "\ud800", None, 1e300]


@pytest.mark.parametrize("kind", ["refund.updated", "charge.dispute.created"])
def test_what_names_its_money_in_an_odd_shape_leaves_evidence(
    purchase: Purchase, deliver: Deliver, kind: str
) -> None:
    ours = {"payment": purchase.payment.reference, "shop": shop_id()}
    for number, odd in enumerate(ODD):
        subject = {"id": "re_1", "object": "refund", "payment_intent": odd, "metadata": ours}
        for name, told in (("ours", subject), ("whose", {**subject, "metadata": None})):
            deliver({"id": f"evt_{name}_{number}", "type": kind, "data": {"object": told}})

    kept = set(StripeEvent.objects.values_list("event_id", flat=True))
    assert {f"evt_ours_{number}" for number in range(len(ODD))} <= kept
    unreadable = [number for number, odd in enumerate(ODD) if odd is not None and not isinstance(odd, str)]
    assert {f"evt_whose_{number}" for number in unreadable} <= kept


@pytest.mark.parametrize("envelope", [{"livemode": 0}, {"livemode": "no"}, {"account": 7}, {"context": []}])
def test_an_odd_envelope_is_no_reason_to_drop_what_is_ours(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, envelope: dict[str, Any]
) -> None:
    stripe.pay(purchase.session_id)

    deliver({**stripe.event("completed", purchase.session_id), **envelope})

    assert purchase.payment.status == PaymentStatus.SUCCEEDED


def test_a_session_whose_members_are_odd_leaves_evidence(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    for member, odd in (("payment_intent", [1]), ("metadata", [1]), ("amount_total", {}), ("currency", 5)):
        event = stripe.event("completed", purchase.session_id)
        event["id"], event["data"]["object"][member] = f"evt_{member}", odd

        deliver(event)

        assert StripeEvent.objects.filter(event_id=f"evt_{member}").exists()


def test_an_event_that_nobody_can_read_does_not_stop_the_others_that_are_tried_again(
    purchase: Purchase, deliver: Deliver
) -> None:
    subject = {"id": "re_1", "object": "refund", "payment_intent": [1]}
    deliver({"id": "evt_odd", "type": "refund.updated", "data": {"object": subject}})
    record = StripeEvent.objects.get()

    with pytest.raises(NotApplied):
        apply_again(record)

    record.refresh_from_db()
    assert (record.outcome, "UnreadableOwner" in record.traceback) == (Outcome.FAILED, True)


@pytest.mark.parametrize("kind", ["refund.updated", "charge.dispute.created"])
def test_stripe_is_asked_about_nothing_that_is_no_id(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, kind: str
) -> None:
    asked = len(stripe.requests())
    odd = [text for text in TEXTS if text and not re.fullmatch(r"\w{1,255}", text, re.ASCII)]
    for number, text in enumerate(odd):
        subject = {"id": "re_1", "object": "refund", "payment_intent": text}
        deliver({"id": f"evt_{number}", "type": kind, "data": {"object": subject}})
        related = {"id": text, "type": "refund"}
        deliver({"id": f"evt_t{number}", "object": "v2.core.event", "type": kind, "related_object": related})

    kept = StripeEvent.objects.filter(outcome=Outcome.FAILED, traceback__contains="UnreadableOwner")
    assert set(kept.values_list("event_id", flat=True)) == {f"evt_{number}" for number in range(len(odd))}
    assert len(stripe.requests()) == asked


@pytest.mark.parametrize("created", [10**400, -(10**400), 2**63, -1, 0, True, 1e308, "", None, [], {}])
def test_whenever_an_event_says_that_it_was_made_it_is_applied(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, created: Any
) -> None:
    stripe.pay(purchase.session_id)

    answer = deliver({**stripe.event("completed", purchase.session_id), "created": created})

    assert (answer.status_code, answer.json()) == (200, {"received": True, "outcome": "applied"})
