from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments.models import Payment, PaymentStatus
from payments.status.messages import MESSAGES
from payments.status.payment import mask
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event

URL = "/api/payment-status"


@shared
def purchase(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, whose payment page is open."""
    make_event()
    return box_office.buy()


def ask(client: Client, session_id: str, **headers: str) -> Any:
    return client.get(URL, {"session_id": session_id}, headers=headers)


def verify(client: Client, session_id: Any) -> Any:
    return client.post(f"{URL}/verify", {"session_id": session_id}, content_type="application/json")


def test_the_status_of_a_paid_booking_is_as_the_contract_says(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    payment = purchase.payment
    assert payment.processed_at is not None
    first, second = payment.booking.tickets.all()

    assert ask(client, purchase.session_id).json() == {
        "session_id": purchase.session_id,
        "status": "succeeded",
        "is_processed": True,
        "processed_at": payment.processed_at.isoformat().replace("+00:00", "Z"),
        "message": "Paid. Your tickets are below.",
        "error_message": None,
        "checked_at": None,
        "instructions_url": None,
        "booking": {
            "reference": payment.booking.reference,
            "event_title": "Demo Night",
            "customer_name": "Ada Lovelace",
            "customer_email": "a…@example.com",
            "booked_seats": ["A-1", "A-2"],
            "amount_total": 8400,
            "currency": "eur",
            "payment_id": stripe.session(purchase.session_id)["payment_intent"],
            "ticket_reference": payment.booking.ticket_reference,
        },
        "tickets": [
            {
                "seat": ticket.seat.label,
                "code": ticket.code,
                "success": True,
                "error_message": None,
                "url": f"/tickets/{ticket.code}/",
                "qr_url": f"/tickets/{ticket.code}/qr.png",
            }
            for ticket in (first, second)
        ],
    }


def test_a_payment_that_nobody_made_yet_is_pending(purchase: Purchase, client: Client) -> None:
    answer = ask(client, purchase.session_id).json()

    assert (answer["status"], answer["is_processed"], answer["tickets"]) == ("pending", False, [])
    assert answer["booking"]["ticket_reference"] is None


def test_every_status_has_its_words() -> None:
    assert set(MESSAGES) == set(PaymentStatus)


@pytest.mark.parametrize("status", PaymentStatus)
def test_what_waiting_can_change_is_not_processed(
    purchase: Purchase, client: Client, status: PaymentStatus
) -> None:
    waiting = {PaymentStatus.PENDING, PaymentStatus.PROCESSING, PaymentStatus.REFUND_DUE}
    purchase.put(status)

    answer = ask(client, purchase.session_id).json()

    assert (answer["status"], answer["is_processed"]) == (status, status not in waiting)


def test_nothing_on_the_way_may_keep_an_answer(purchase: Purchase, client: Client) -> None:
    response = ask(client, purchase.session_id)

    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["ETag"].startswith('"')


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_an_unchanged_status_is_304_without_a_body(purchase: Purchase, client: Client, form: str) -> None:
    tag = ask(client, purchase.session_id).headers["ETag"]

    response = ask(client, purchase.session_id, **{"If-None-Match": form.format(tag)})

    assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", tag)


def test_a_change_makes_another_tag(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    tag = ask(client, purchase.session_id).headers["ETag"]
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)

    response = ask(client, purchase.session_id, **{"If-None-Match": tag})

    assert response.status_code == 200
    assert response.headers["ETag"] != tag


@pytest.mark.parametrize("seats", [1, 5])
def test_the_status_costs_the_same_few_queries_for_any_number_of_seats(
    buy: Buy, stripe: Sandbox, deliver: Deliver, client: Client, seats: int
) -> None:
    purchase = buy(*[f"A-{number}" for number in range(1, seats + 1)])
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        ask(client, purchase.session_id)

    assert len(queries) == 1


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("session_id", ["", "cs_unknown", "cs_\x00", "'; --", "x" * 3000, "pi_1", "cs_é"])
def test_a_session_that_is_not_ours_is_404(db: None, client: Client, session_id: str, slash: str) -> None:
    response = client.get(URL + slash, {"session_id": session_id})

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_session")


def test_an_answer_without_the_parameter_is_404(db: None, client: Client) -> None:
    assert client.get(URL).status_code == 404


def test_the_customers_address_is_masked() -> None:
    assert mask("ada@example.com") == "a…@example.com"
    assert mask('"a@b"@example.com') == '"…@example.com'


def test_a_friendly_front_end_may_ask_and_no_other(purchase: Purchase, client: Client) -> None:
    friend = ask(client, purchase.session_id, Origin="https://friend.example")
    stranger = ask(client, purchase.session_id, Origin="https://stranger.example")

    assert friend.headers["Access-Control-Allow-Origin"] == "https://friend.example"
    assert "Access-Control-Allow-Origin" not in stranger.headers


# Verification


def test_verifying_settles_what_the_webhook_never_told(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    stripe.pay(purchase.session_id)

    answer = verify(client, purchase.session_id).json()

    assert (answer["status"], len(answer["tickets"])) == ("succeeded", 2)
    assert answer["checked_at"] is not None
    assert purchase.payment.transitions.get().cause == "verification"


def test_verifying_sees_that_a_debit_came_to_nothing(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="failed")
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": False})

    assert verify(client, purchase.session_id).json()["status"] == "failed"


def test_a_verification_is_never_answered_with_nothing_new(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    body = {"session_id": purchase.session_id}
    response = client.post(f"{URL}/verify", body, "application/json", headers={"If-None-Match": "*"})

    assert response.status_code == 200


def test_verifying_twice_in_ten_seconds_asks_stripe_once(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    first = verify(client, purchase.session_id).json()
    second = verify(client, purchase.session_id).json()
    Payment.objects.update(asked_at=timezone.now() - timedelta(seconds=11))
    verify(client, purchase.session_id)

    assert first["checked_at"] == second["checked_at"]
    assert len(stripe.requests(f"GET /v1/checkout/sessions/{purchase.session_id}")) == 2


def test_verifying_while_stripe_is_away_says_so_and_changes_nothing(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    stripe.fault("GET /v1/checkout/sessions/*", "reset_before", times=3)

    response = verify(client, purchase.session_id)

    assert (response.status_code, response.json()["error"]["code"]) == (503, "stripe_unavailable")
    assert purchase.payment.status == PaymentStatus.PENDING
    again = verify(client, purchase.session_id)
    assert (again.status_code, again.json()["checked_at"]) == (200, None)


@pytest.mark.parametrize(
    ("session_id", "status"),
    [("cs_unknown", 404), ("", 400), (None, 400), (7, 404), ("\x00", 400), ([], 400)],
)
def test_verifying_nonsense_is_explained(db: None, client: Client, session_id: Any, status: int) -> None:
    response = verify(client, session_id)

    assert response.status_code == status
    assert response.json()["error"]["message"]
