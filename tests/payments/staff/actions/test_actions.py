"""What staff can do, by the functions that their buttons call."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from bookings.models import BookingStatus, Event, Seat, Ticket
from payments.fsck import inspect
from payments.gateway.client import stripe_client
from payments.gateway.errors import StripeUnavailable
from payments.models import Action, Payment, PaymentStatus, Refund, RefundStatus, StaffAction, StripeEvent
from payments.staff.actions import PERMISSIONS, execute, possible, version_of
from payments.staff.commands import NotPossible, StaffCommand, Stale
from payments.staff.timeline import timeline
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.staff import make_user
from tests.support.turns import pay_late, sell
from tests.support.worker import work

MAY = {
    "Door": set(),
    "Box office": {
        *(
            Action.ASK,
            Action.REPLAY,
            Action.RELEASE,
            Action.RESEND,
            Action.ADDRESS,
            Action.NAME,
            Action.REDRAW,
            Action.NOTE,
        ),
        Action.LET_GO,
        Action.ADOPT,
    },
    "Finance": set(Action),
}


@shared
def paid(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid: 84.00."""
    make_event()
    return box_office.sell()


@pytest.fixture
def manager(db: None) -> User:
    return make_user("Finance")


def command(action: Action, actor: User, purchase: Purchase, **more: Any) -> StaffCommand:
    payment = purchase.payment
    known = {"reason": "They said so.", "form_id": uuid4().hex, "version": version_of(payment)}
    return StaffCommand(action=action, actor=actor, payment=payment, **{**known, **more})


def do(action: Action, actor: User, purchase: Purchase, **more: Any) -> StaffAction:
    return execute(command(action, actor, purchase, **more))


# Who may


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("group", [*MAY, "nobody"])
def test_each_role_may_do_what_it_is_for(action: Action, group: str, db: None) -> None:
    assert make_user(group).has_perm(PERMISSIONS[action]) is (action in MAY.get(group, set()))


def test_only_the_door_may_scan(db: None) -> None:
    may = {group: make_user(group).has_perm("bookings.scan_ticket") for group in MAY}
    assert may == {"Door": True, "Box office": False, "Finance": False}


@pytest.mark.parametrize("action", Action)
def test_a_action_without_its_permission_leaves_nothing(action: Action, paid: Purchase) -> None:
    with pytest.raises(PermissionDenied):
        do(action, make_user("Door"), paid)

    assert not StaffAction.objects.exists()


# What, when, why


def test_a_action_leaves_who_when_and_why(paid: Purchase, manager: User) -> None:
    record = do(Action.NOTE, manager, paid, reason="Called, wants an invoice.")

    kept = StaffAction.objects.get()
    assert (kept.actor, kept.action, kept.reason) == (manager, Action.NOTE, "Called, wants an invoice.")
    assert record.pk == kept.pk
    assert timeline(paid.payment)[-1].words == "Note: Called, wants an invoice."


def test_a_note_is_done_by_being_written(paid: Purchase, manager: User) -> None:
    record = do(Action.NOTE, manager, paid)

    assert (record.outcome, record.words) == ("done", "")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"outcome": "undone"}, "staff_action_outcome_known"),
        ({"outcome": ""}, "staff_action_outcome_known"),
        ({"words": ""}, "staff_action_finished_has_words"),
        ({"outcome": "refused", "words": ""}, "staff_action_finished_has_words"),
        ({"outcome": "failed", "words": ""}, "staff_action_finished_has_words"),
        ({"action": "note", "outcome": "begun"}, "staff_action_note_is_done"),
        ({"action": "note", "outcome": "refused"}, "staff_action_note_is_done"),
    ],
    ids=str,
)
def test_the_database_refuses_a_record_without_a_known_end(
    change: dict[str, str], rule: str, paid: Purchase, manager: User
) -> None:
    do(Action.RESEND, manager, paid)

    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        StaffAction.objects.update(**change)


def test_a_record_that_is_only_begun_needs_no_words(paid: Purchase, manager: User) -> None:
    do(Action.RESEND, manager, paid)

    assert StaffAction.objects.update(outcome="begun", words="") == 1


def test_a_form_that_is_sent_twice_is_one_action(paid: Purchase, manager: User) -> None:
    wanted = command(Action.REFUND, manager, paid, amount=100)

    first, second = execute(wanted), execute(wanted)

    assert first.pk == second.pk
    assert Refund.objects.count() == 1


def test_a_page_that_is_out_of_date_is_refused(paid: Purchase, manager: User) -> None:
    mine, other = (command(Action.REFUND, manager, paid, amount=100) for _ in range(2))
    execute(other)

    with pytest.raises(Stale):
        execute(mine)
    assert Refund.objects.count() == 1


def test_a_action_that_fails_is_known_too(
    paid: Purchase, manager: User, stripe: Sandbox, settings: Any
) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()
    stripe.fault("GET /v1/checkout/sessions/*", "500_before")

    with pytest.raises(StripeUnavailable):
        do(Action.ASK, manager, paid)

    kept = StaffAction.objects.get()
    assert (kept.outcome, kept.words[:10]) == ("failed", "Not done: ")
    assert paid.payment.stripe_checks.get().error


# The actions


def test_asking_stripe_settles_what_it_says(purchase: Purchase, manager: User, stripe: Sandbox) -> None:
    stripe.pay(purchase.session_id)

    record = do(Action.ASK, manager, purchase)

    assert record.words == "Updated from Stripe: Pending is now Succeeded."
    assert purchase.tickets == ["A-1", "A-2"]
    assert purchase.payment.transitions.get().cause == "staff"
    again = do(Action.ASK, manager, purchase)
    assert again.words == "Checked less than ten seconds ago. Wait a moment before you check again."


def test_asking_stripe_about_what_is_in_order_changes_nothing(
    paid: Purchase, manager: User, stripe: Sandbox
) -> None:
    version = version_of(paid.payment)

    assert do(Action.ASK, manager, paid).words == "At Stripe: Paid. Nothing to update."
    assert version_of(paid.payment) == version


def test_replaying_a_failed_event_applies_it(
    purchase: Purchase, manager: User, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    Seat.objects.filter(label="A-2").update(booking=None)
    assert deliver("completed", purchase).status_code == 500
    event = StripeEvent.objects.get()

    with pytest.raises(NotPossible):
        do(Action.REPLAY, manager, purchase, stripe_event=event)
    Seat.objects.filter(label="A-2").update(booking=purchase.booking)
    first = do(Action.REPLAY, manager, purchase, stripe_event=event)
    second = do(Action.REPLAY, manager, purchase, stripe_event=StripeEvent.objects.get())

    assert first.words == "Event applied."
    assert second.words == "Already applied. Nothing was changed."
    assert purchase.tickets == ["A-1", "A-2"]


def test_releasing_a_hold_closes_the_session_first(
    purchase: Purchase, manager: User, stripe: Sandbox
) -> None:
    assert do(Action.RELEASE, manager, purchase).words == "Payment page closed, seats released."

    assert stripe.session(purchase.session_id)["status"] == "expired"
    assert purchase.booking.status == BookingStatus.CANCELLED


def test_releasing_a_hold_that_is_paid_confirms_it(
    purchase: Purchase, manager: User, stripe: Sandbox
) -> None:
    stripe.pay(purchase.session_id)

    record = do(Action.RELEASE, manager, purchase)

    assert record.words == "No seats released: the payment is Succeeded."
    assert purchase.tickets == ["A-1", "A-2"]


def test_resent_tickets_are_a_mail_of_their_own(paid: Purchase, manager: User, mailoutbox: list[Any]) -> None:
    work("mail_tickets")
    do(Action.RESEND, manager, paid)
    work("mail_tickets")

    names = {mail.message()["Message-ID"] for mail in mailoutbox}
    assert len(mailoutbox) == len(names) == 2


def test_a_code_is_redrawn(paid: Purchase, manager: User) -> None:
    Ticket.objects.filter(seat__label="A-1").update(qr_png=None, drawing_error="Boom")

    assert do(Action.REDRAW, manager, paid).words == "1 QR code drawn."
    assert not Ticket.objects.exclude(drawing_error="").exists()


def test_a_refund_in_part_for_a_ticket(paid: Purchase, manager: User, stripe: Sandbox) -> None:
    do(Action.REFUND, manager, paid, tickets=list(paid.booking.tickets.filter(seat__label="A-2")))
    work("send_refund")

    assert [refund["amount"] for refund in stripe.objects("refund")] == [4200]
    assert paid.payment.status == PaymentStatus.PARTIALLY_REFUNDED


def test_a_refund_beyond_what_was_paid_is_refused_and_known(paid: Purchase, manager: User) -> None:
    with pytest.raises(NotPossible, match="more than what's left"):
        do(Action.REFUND, manager, paid, amount=8401)

    kept = StaffAction.objects.get()
    assert kept.outcome == "refused"
    assert "more than what's left" in kept.words


def test_a_part_refunded_in_the_dashboard_is_assigned_to_its_ticket(
    paid: Purchase, manager: User, stripe: Sandbox
) -> None:
    stripe.refund(paid.session_id, 4200)
    do(Action.ASK, manager, paid)
    refund = Refund.objects.get()
    assert Action.ASSIGN_REFUND in possible(paid.payment)

    ticket = paid.booking.tickets.get(seat__label="A-2")
    do(Action.ASSIGN_REFUND, manager, paid, refund=refund, tickets=[ticket])

    ticket.refresh_from_db()
    assert (ticket.status, ticket.stopped_for) == ("void", "refunded")
    assert Seat.objects.get(label="A-2").booking is None
    assert Action.ASSIGN_REFUND not in possible(paid.payment)
    assert [finding for finding in inspect() if finding.rule != "job_that_does_not_exist"] == []


# Re-seating


@pytest.fixture
def unlucky(purchase: Purchase, stripe: Sandbox, deliver: Deliver, event: Event) -> Purchase:
    """A purchase that was paid too late for any seat of row A, and whose refund Stripe refuses."""
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)
    sell(event, *(f"A-{number}" for number in range(1, 11)))
    pay_late(purchase, stripe, deliver)
    stripe.post("/balance", {"short": "refuse"})
    return purchase


def test_money_whose_refund_was_refused_can_buy_seats_that_became_free(
    unlucky: Purchase, manager: User
) -> None:
    work("send_refund")
    Seat.objects.filter(label__in=["A-7", "A-8"]).update(booking=None)

    record = do(Action.RESEAT, manager, unlucky)

    assert record.words == "Seats assigned: A-7, A-8. Emailing the tickets."
    assert unlucky.tickets == ["A-7", "A-8"]
    assert (unlucky.payment.status, unlucky.payment.problem) == (PaymentStatus.SUCCEEDED, "")


def test_a_refund_that_was_not_sent_yet_is_withdrawn_by_reseating(
    unlucky: Purchase, manager: User, stripe: Sandbox
) -> None:
    Seat.objects.filter(label__in=["A-7", "A-8"]).update(booking=None)

    do(Action.RESEAT, manager, unlucky)
    stripe.post("/balance", {"short": False})
    work("send_refund")

    assert stripe.objects("refund") == []
    assert Refund.objects.get().status == RefundStatus.WITHDRAWN
    assert Action.RETRY_REFUND not in possible(unlucky.payment)
    assert unlucky.payment.status == PaymentStatus.SUCCEEDED


def test_money_that_is_going_back_cannot_be_reseated(
    unlucky: Purchase, manager: User, stripe: Sandbox
) -> None:
    stripe.post("/balance", {"short": False})
    work("send_refund")
    Seat.objects.filter(label__in=["A-7", "A-8"]).update(booking=None)

    assert Action.RESEAT not in possible(unlucky.payment)
    with pytest.raises(NotPossible):
        do(Action.RESEAT, manager, unlucky)
    assert unlucky.payment.status == PaymentStatus.REFUNDED


def test_nothing_changes_where_no_seat_is_free(unlucky: Purchase, manager: User) -> None:
    with pytest.raises(NotPossible, match="free"):
        do(Action.RESEAT, manager, unlucky)

    assert Refund.objects.get().status == RefundStatus.DUE
    assert unlucky.payment.status == PaymentStatus.REFUND_DUE


def test_a_customer_whose_refund_failed_can_be_given_seats_instead(
    buy: Buy, manager: User, stripe: Sandbox, deliver: Deliver
) -> None:
    purchase = buy()
    stripe.pay(purchase.session_id, card="4000000000005126")
    deliver("completed", purchase)
    do(Action.REFUND, manager, purchase)
    work("send_refund")
    stripe.settle_refund(str(Refund.objects.get().refund_id), "failed")
    do(Action.ASK, manager, purchase)
    assert purchase.payment.status == PaymentStatus.REFUND_DUE

    do(Action.RESEAT, manager, purchase)
    work("mail_tickets")

    live = purchase.booking.tickets.filter(status="valid")
    assert [ticket.seat.label for ticket in live] == ["A-1", "A-2"]
    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert [f for f in inspect() if f.rule != "job_that_does_not_exist"] == []


def test_a_dispute_won_after_it_was_lost_can_be_given_seats(
    paid: Purchase, manager: User, stripe: Sandbox
) -> None:
    dispute = stripe.dispute(paid.session_id)
    stripe.close_dispute(dispute["id"], "lost")
    do(Action.ASK, manager, paid)
    stripe.post(f"/disputes/{dispute['id']}/move", {"status": "won"})
    Payment.objects.update(asked_at=None)
    do(Action.ASK, manager, paid)
    assert (paid.payment.status, paid.booking.status) == ("succeeded", "cancelled")

    do(Action.RESEAT, manager, paid)

    assert paid.booking.status == BookingStatus.CONFIRMED
    assert paid.booking.tickets.filter(status="valid").count() == 2


# What is offered, and told


def test_only_what_makes_sense_is_offered(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    assert possible(purchase.payment) == [Action.ASK, Action.RELEASE, Action.NOTE]

    stripe.pay(purchase.session_id)
    deliver("completed", purchase)

    assert possible(purchase.payment) == [
        Action.ASK,
        Action.MOVE,
        Action.REFUND,
        Action.RESEND,
        Action.ADDRESS,
        Action.NAME,
        Action.NOTE,
    ]


def test_the_timeline_tells_everything_the_newest_last(
    paid: Purchase, manager: User, stripe: Sandbox
) -> None:
    do(Action.REFUND, manager, paid, amount=100)
    work()

    kinds = [entry.kind for entry in timeline(paid.payment)]

    assert kinds[:2] == ["hold", "session"]
    assert {"event", "step", "ticket", "mail", "refund", "staff"} <= set(kinds)
    times = [entry.at for entry in timeline(paid.payment)]
    assert times == sorted(times)


def test_the_timeline_costs_the_same_few_queries_however_much_there_is(
    paid: Purchase, manager: User, django_assert_num_queries: Any, deliver: Deliver, stripe: Sandbox
) -> None:
    for _ in range(3):
        do(Action.NOTE, manager, paid)
    for event in stripe.events():
        deliver(event)

    with django_assert_num_queries(17):
        timeline(Payment.objects.with_booking().get(pk=paid.payment.pk))
