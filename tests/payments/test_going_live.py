"""Going live with the installation in which a test key was tried: what was bought then must not count."""

from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from bookings.models import BookingStatus, Event, Seat, StopReason
from payments.fsck import inspect
from payments.gateway.errors import OtherMode
from payments.ledger.refund_sending import send
from payments.ledger.refunds import request_refund
from payments.ledger.verification import ask
from payments.models import Action, Cause, Origin, Payment, PaymentStatus, Refund, RefundStatus, StripeEvent
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from payments.staff.actions import possible
from payments.staff.alerts import alerts_of
from payments.status.payment import describe
from tests.support.members import make_member, make_plan
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.turns import pay_late, refund, sell, tell
from tests.support.worker import work


@pytest.fixture
def go_live(settings: Any) -> Any:
    def go() -> None:
        settings.STRIPE_SECRET_KEY = "sk_live_admit"

    return go


def end_test_mode(*options: str) -> str:
    out = StringIO()
    call_command("end_test_mode", *options, stdout=out)
    return out.getvalue()


def rules() -> list[str]:
    return [violation.rule for violation in inspect()]


def test_with_a_test_key_nothing_is_ended(paid: Purchase) -> None:
    assert "test key" in end_test_mode()
    assert paid.payment.status == PaymentStatus.SUCCEEDED
    assert rules() == []


def test_a_test_booking_is_named_and_then_ended(paid: Purchase, go_live: Any) -> None:
    go_live()
    named = rules()
    listed = end_test_mode("--dry-run")
    untouched = paid.booking.status

    done = end_test_mode()

    assert named == ["test_purchase_that_counts"]
    assert "A-1, A-2" in listed
    assert "1 purchases and memberships of test mode would be ended" in listed
    assert untouched == BookingStatus.CONFIRMED
    assert "1 purchases and memberships of test mode ended" in done
    assert paid.booking.status == BookingStatus.CANCELLED
    assert set(paid.booking.tickets.values_list("stopped_for", flat=True)) == {StopReason.TEST_ENDED}
    assert Seat.objects.free().count() == 20
    assert rules() == []
    assert "0 purchases" in end_test_mode()


def test_the_customer_reads_that_it_was_a_test(paid: Purchase, go_live: Any) -> None:
    go_live()
    end_test_mode()

    state = describe(paid.session_id)

    assert state is not None
    assert state["message"] == "This was a test. No money was charged, and the tickets aren’t valid."
    assert {ticket["success"] for ticket in state["tickets"]} == {False}


def test_an_unpaid_test_booking_frees_its_seats(purchase: Purchase, stripe: Sandbox, go_live: Any) -> None:
    go_live()
    asked = len(stripe.requests())

    end_test_mode()

    assert (purchase.payment.status, purchase.booking.status) == ("expired", BookingStatus.RELEASED)
    assert Seat.objects.free().count() == 20
    assert (len(stripe.requests()), rules()) == (asked, [])


def test_a_refund_of_test_mode_is_never_sent(paid: Purchase, stripe: Sandbox, go_live: Any) -> None:
    refund = request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
    go_live()

    send(refund.pk)
    end_test_mode()

    refund.refresh_from_db()
    assert (refund.status, stripe.objects("refund")) == (RefundStatus.WITHDRAWN, [])
    assert rules() == []


def test_stripe_is_not_asked_about_test_mode_by_a_live_key(
    purchase: Purchase, stripe: Sandbox, go_live: Any, client: Client
) -> None:
    go_live()
    Payment.objects.all().check_soon()
    asked = len(stripe.requests(purchase.session_id))

    reconcile(Run(rate=1_000))
    client.post("/api/payment-status/verify", {"session_id": purchase.session_id})
    client.get(f"/payments/cancelled/?session_id={purchase.session_id}")
    with pytest.raises(OtherMode):
        ask(purchase.payment, cause=Cause.STAFF)

    assert len(stripe.requests(purchase.session_id)) == asked
    assert purchase.payment.stripe_state != "missing"


def test_an_event_of_test_mode_is_not_tried_again(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, go_live: Any
) -> None:
    stripe.pay(purchase.session_id)
    Seat.objects.filter(label="A-2").update(booking=None)
    deliver("completed", purchase)
    StripeEvent.objects.update(retry_at="2020-01-01T00:00Z")
    go_live()

    counts = reconcile(Run(rate=1_000)).counts
    end_test_mode()

    assert counts["event_failed"] == 0
    assert StripeEvent.objects.get().outcome == "ignored"


def test_a_live_purchase_stays(buy: Buy, stripe: Sandbox, deliver: Deliver, go_live: Any) -> None:
    purchase = buy()
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    Payment.objects.update(livemode=True)
    go_live()
    deliver({**event, "livemode": True})

    end_test_mode()

    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert purchase.booking.status == BookingStatus.CONFIRMED
    assert rules() == []


def test_a_test_membership_ends_without_a_mail(db: None, stripe: Sandbox, go_live: Any) -> None:
    ada, plan = make_member(stripe), make_plan(stripe)
    ada.join(plan)
    mails = len(mail.outbox)
    go_live()
    named = rules()

    end_test_mode()

    assert named == ["test_membership_that_counts"]
    assert (ada.row.status, ada.row.entitled_until) == ("canceled", None)
    assert (len(mail.outbox), rules()) == (mails, [])


def test_a_payment_whose_session_never_came_has_no_mode(purchase: Purchase, go_live: Any) -> None:
    Payment.objects.update(livemode=None)
    go_live()

    assert "0 purchases" in end_test_mode()
    assert purchase.payment.status == PaymentStatus.PENDING


# Whatever had become of it before


def nothing_is_left_to_do(purchase: Purchase) -> bool:
    assert alerts_of(purchase.payment) == []
    assert not {Action.RESEAT, Action.REFUND, Action.RETRY_REFUND} & set(possible(purchase.payment))
    state = describe(purchase.session_id)
    return state is not None and state["message"].startswith("This was a test.")


def test_a_purchase_that_was_ended_waits_for_nobody(paid: Purchase, go_live: Any) -> None:
    go_live()
    end_test_mode()

    assert nothing_is_left_to_do(paid)


def test_a_test_purchase_is_given_no_seats(
    event: Event, released: Purchase, stripe: Sandbox, deliver: Deliver, go_live: Any
) -> None:
    sell(event, *(f"A-{number}" for number in range(1, 11)))
    pay_late(released, stripe, deliver)
    go_live()
    before = possible(released.payment)

    end_test_mode()

    assert released.payment.status == PaymentStatus.REFUND_DUE
    assert Action.RESEAT not in before
    assert nothing_is_left_to_do(released)
    assert rules() == ["hold_that_nobody_will_end"]  # That of the other customer.


def test_a_refund_of_test_mode_that_failed_is_nobodys_business(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, go_live: Any
) -> None:
    refund(paid)
    work("send_refund")
    stripe.settle_refund(str(Refund.objects.get().refund_id), "failed")
    tell(stripe, deliver)
    go_live()

    end_test_mode()

    assert nothing_is_left_to_do(paid)
    assert rules() == []


def test_neither_is_a_dispute_of_test_mode(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, go_live: Any
) -> None:
    stripe.dispute(paid.session_id, amount=4200)
    tell(stripe, deliver)
    go_live()

    end_test_mode()

    assert nothing_is_left_to_do(paid)
    assert rules() == []
