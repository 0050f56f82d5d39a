"""Going live with the installation in which a test key was tried: what was bought then must not count."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from bookings.models import BookingStatus, Event, Seat, StopReason
from payments.fsck import inspect
from payments.gateway.errors import OtherMode
from payments.ledger.going_live import end_test_payment
from payments.ledger.refund_sending import send
from payments.ledger.refunds import request_refund
from payments.ledger.verification import ask
from payments.memberships.emails import notify_of_ends
from payments.models import (
    Action,
    Backfill,
    Cause,
    MembershipNotification,
    Origin,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    StraySubscription,
    StripeEvent,
    Subscription,
)
from payments.reconciliation.backfill import read_missed
from payments.reconciliation.memberships import check_memberships
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from payments.staff.actions import possible
from payments.staff.alerts import alerts_of, survey
from payments.status.payment import describe
from payments.webhook.intake import apply_again
from tests.support.members import make_member, make_plan
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.turns import pay_late, refund, sell, tell
from tests.support.worker import work


@shared
def paid(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid: 84.00."""
    make_event()
    return box_office.sell()


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
    assert "1 purchases and memberships of test mode would end" in listed
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
    assert rules() == []


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


def alerts() -> list[str]:
    return [found.alert.name for found in survey() if found.count]


@pytest.mark.parametrize("is_ended", [False, True])
def test_an_event_of_test_mode_is_not_replayed(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, go_live: Any, is_ended: bool
) -> None:
    stripe.pay(purchase.session_id)
    Seat.objects.filter(label="A-2").update(booking=None)
    deliver("completed", purchase)
    Seat.objects.filter(label="A-2").update(booking=purchase.booking)
    event, before = StripeEvent.objects.get(), alerts()
    go_live()
    if is_ended:
        end_test_payment(purchase.payment, cause=Cause.STAFF)

    with pytest.raises(OtherMode):
        apply_again(event)

    assert before == ["paid_unheard", "event_failed"]
    assert "event_failed" not in alerts()
    assert Action.REPLAY not in possible(event)
    assert purchase.tickets == []


def dispute(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.dispute(paid.session_id)
    tell(stripe, deliver)


def dispute_a_part(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.dispute(paid.session_id, amount=4200)
    tell(stripe, deliver)


def refund_a_part(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.refund_by_staff(paid.session_id, 1000)
    tell(stripe, deliver)


def ask_for_a_refund(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    refund(paid)


def fail_to_refund(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.post("/balance", {"short": "refuse"})
    refund(paid)
    work("send_refund")


def do_nothing(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    pass


@pytest.mark.parametrize(
    "happens", [do_nothing, dispute, dispute_a_part, refund_a_part, ask_for_a_refund, fail_to_refund]
)
def test_what_was_ended_is_nobodys_business_any_more(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, go_live: Any, happens: Any
) -> None:
    happens(paid, stripe, deliver)
    work()
    go_live()

    end_test_mode()

    assert (alerts(), rules()) == ([], [])
    assert {Action.RESEAT, Action.REFUND, Action.ASSIGN_DISPUTE}.isdisjoint(possible(paid.payment))


def test_another_amount_that_was_paid_in_test_mode_waits_for_nothing(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, go_live: Any
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"] |= {"amount_total": 1, "amount_subtotal": 1}
    deliver(event)
    work("mail_notification")
    go_live()

    end_test_mode()

    assert (purchase.payment.problem, alerts(), rules()) == ("amount_mismatch", [], [])


def test_what_was_made_in_the_dashboard_in_one_mode_waits_while_the_key_is_of_the_other(
    db: None, stripe: Sandbox, settings: Any, go_live: Any
) -> None:
    test_key, ada, plan = settings.STRIPE_SECRET_KEY, make_member(stripe), make_plan(stripe)
    ada.join(plan)
    ada.do("card")
    stripe.post("/subscriptions", {"customer": ada.row.stripe_customer_id, "price": plan.price_id})
    ada.hear()
    StraySubscription.objects.update(checked_at=timezone.now() - timedelta(days=2))
    go_live()

    check_memberships(Run(rate=1_000), everything=False)

    assert "membership_made_at_stripe" not in alerts()
    assert Action.ADOPT not in possible(ada.row)
    settings.STRIPE_SECRET_KEY = test_key
    assert StraySubscription.objects.open().count() == 1
    assert "membership_made_at_stripe" in alerts()


def test_what_happened_while_the_key_was_of_the_other_mode_is_read_afterwards(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, settings: Any, go_live: Any
) -> None:
    test_key = settings.STRIPE_SECRET_KEY
    refunded = stripe.refund(paid.session_id)
    event = next(each for each in stripe.events() if each["data"]["object"]["id"] == refunded["id"])
    go_live()
    assert deliver(event).json()["outcome"] == "ignored"
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        Backfill.objects.create(read_until=timezone.now(), livemode=True)
        settings.STRIPE_SECRET_KEY = test_key

        read_missed(Run(rate=1_000))

    assert paid.payment.status == PaymentStatus.REFUNDED
    assert Backfill.objects.get().livemode is False


def test_a_copy_with_a_test_key_does_not_write_to_members(db: None, stripe: Sandbox) -> None:
    ada, plan = make_member(stripe), make_plan(stripe)
    ada.join(plan)
    Subscription.objects.update(livemode=True, ends_at=timezone.now() + timedelta(days=1))
    before = MembershipNotification.objects.count()

    notify_of_ends()

    assert MembershipNotification.objects.count() == before


def test_a_purchase_that_is_paid_with_the_test_key_back_is_ended_anew(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, settings: Any, go_live: Any
) -> None:
    test_key = settings.STRIPE_SECRET_KEY
    go_live()
    end_test_mode()
    settings.STRIPE_SECRET_KEY = test_key
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    bought = purchase.tickets

    go_live()
    named = rules()
    end_test_mode()

    assert (bought, named) == (["A-1", "A-2"], ["test_purchase_that_counts"])
    assert purchase.booking.status == BookingStatus.CANCELLED
    assert rules() == []


def test_nobody_is_sent_to_pay_for_a_test(purchase: Purchase, go_live: Any, client: Client) -> None:
    go_live()

    sent = client.post(f"/bookings/{purchase.booking.reference}/pay/")

    assert sent.headers["Location"] == f"/payments/success/?session_id={purchase.session_id}"


def test_the_seats_of_a_test_that_is_over_can_be_bought(
    released: Purchase, stripe: Sandbox, go_live: Any, client: Client
) -> None:
    go_live()
    asked = len(stripe.requests(released.session_id))

    client.post(f"/bookings/{released.booking.reference}/pay/")

    assert Payment.objects.filter(retry_of=released.payment).count() == 1
    assert len(stripe.requests(released.session_id)) == asked
