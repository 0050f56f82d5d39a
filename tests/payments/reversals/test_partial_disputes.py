"""A dispute of a part of a payment: what the rest still pays for stays valid."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from bookings.models import BookingStatus, Event, Seat
from payments.checkout.cancellation import NotCancellable, cancel_booking
from payments.fsck import inspect
from payments.fsck.ledger import balances
from payments.ledger.refunds import NotRefundable, refundable_amount
from payments.models import Action, Dispute, Payment, PaymentStatus, Refund, StripeState
from payments.staff.actions import possible
from payments.staff.alerts import alerts_of
from payments.staff.commands import NotPossible
from payments.staff.timeline import timeline
from tests.payments.staff.actions.test_actions import do
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.staff import make_user
from tests.support.turns import refund, tell
from tests.support.worker import work


@shared
def paid(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid: 84.00."""
    make_event()
    return box_office.sell()


def tickets(purchase: Purchase) -> list[tuple[str, str, str]]:
    found = purchase.booking.tickets.order_by("pk")
    return list(found.values_list("seat__label", "status", "stopped_for"))


def message(purchase: Purchase) -> str:
    answer = Client().get("/api/payment-status", {"session_id": purchase.session_id})
    return str(answer.json()["message"])


def alerts(purchase: Purchase) -> list[str]:
    return [alert.name for alert in alerts_of(purchase.payment)]


def assign(purchase: Purchase, *labels: str, dispute: Dispute | None = None) -> str:
    """Say as staff that the dispute is about these seats; return what staff read."""
    chosen = purchase.booking.tickets.filter(seat__label__in=labels)
    which = dispute or Dispute.objects.get()
    manager = make_user("Finance")
    return do(Action.ASSIGN_DISPUTE, manager, purchase, dispute=which, tickets=list(chosen)).words


BOTH_VALID = [("A-1", "valid", ""), ("A-2", "valid", "")]


@pytest.fixture
def partly(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """A purchase of two seats for 84.00, of which 10.00 are disputed."""
    stripe.dispute(paid.session_id, amount=1000)
    tell(stripe, deliver)
    return paid


@pytest.fixture
def half(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """A purchase of two seats for 84.00, of which 42.00 are disputed: staff say that it's about A-2."""
    stripe.dispute(paid.session_id, amount=4200)
    tell(stripe, deliver)
    assign(paid, "A-2")
    return paid


def close(stripe: Sandbox, deliver: Deliver, status: str) -> None:
    for dispute in Dispute.objects.all():
        if not dispute.is_closed:
            stripe.close_dispute(dispute.dispute_id, status)
    tell(stripe, deliver)


# Until staff have said which tickets it is about


def test_a_part_stops_no_ticket(partly: Purchase) -> None:
    payment = partly.payment

    assert tickets(partly) == BOTH_VALID
    assert (payment.status, payment.stripe_state) == (PaymentStatus.DISPUTED, StripeState.DISPUTED)
    assert Seat.objects.free().count() == 18
    assert message(partly) == (
        "€10.00 of your €84.00 is disputed, and the bank decides about it. Your tickets are still valid."
    )
    assert {"disputed", "dispute_unassigned"} <= set(alerts(partly))
    assert "Dispute of €10.00 opened by the bank: fraudulent." in [it.words for it in timeline(payment)]
    assert inspect() == []


def test_a_part_that_is_lost_costs_no_ticket_by_itself(
    partly: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    close(stripe, deliver, "lost")

    assert tickets(partly) == BOTH_VALID
    assert partly.payment.status == PaymentStatus.DISPUTED
    assert message(partly) == ("The bank reversed €10.00 of your €84.00. Your tickets are still valid.")
    assert Seat.objects.free().count() == 18
    assert "dispute_unassigned" in alerts(partly)
    assert [str(balance) for balance in balances()] == [
        "€84.00 in = €84.00 for valid tickets + €0.00 refunded + €0.00 being refunded + €10.00 disputed"
        " - €10.00 given"
    ]
    assert inspect() == []


def test_a_part_that_is_won_leaves_all_as_it_was(partly: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    close(stripe, deliver, "won")

    assert tickets(partly) == BOTH_VALID
    assert partly.payment.status == PaymentStatus.SUCCEEDED
    assert alerts(partly) == []
    assert mail.outbox == []


def test_staff_may_say_that_it_is_about_no_ticket(partly: Purchase) -> None:
    words = assign(partly)

    assert words == "Matched to no tickets. They stay as they are."
    assert tickets(partly) == BOTH_VALID
    assert "dispute_unassigned" not in alerts(partly)


# Once they have


def test_the_ticket_that_it_is_about_is_on_hold_and_the_other_stays(half: Purchase) -> None:
    assert tickets(half) == [("A-1", "valid", ""), ("A-2", "suspended", "disputed")]
    assert "dispute_unassigned" not in alerts(half)
    assert message(half) == (
        "€42.00 of your €84.00 is disputed, and the bank decides about it. "
        "A ticket that isn’t valid says why. The others are still valid."
    )
    work("mail_notification")
    assert (
        "€42.00 of your payment of €84.00 is disputed, and the bank decides about it. Until then, the ticket "
        "for seat A-2 is on hold. Your other tickets are still valid."
    ) in body()
    assert inspect() == []


def body() -> str:
    return " ".join(str(mail.outbox[-1].body).split())


def test_a_part_that_is_lost_voids_its_ticket_and_frees_its_seat_alone(
    half: Purchase, stripe: Sandbox, deliver: Deliver, buy: Buy
) -> None:
    close(stripe, deliver, "lost")

    assert tickets(half) == [("A-1", "valid", ""), ("A-2", "void", "charged_back")]
    assert half.booking.status == BookingStatus.CONFIRMED
    assert buy("A-2").answer["session_id"]
    work("mail_notification")
    assert (
        "The bank reversed €42.00 of your payment of €84.00. So the ticket for seat A-2 is no longer "
        "valid. Your other tickets are still valid."
    ) in body()
    assert [violation for violation in inspect() if violation.rule != "hold_that_nobody_will_end"] == []


def test_a_part_that_is_won_restores_the_same_ticket(
    half: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    close(stripe, deliver, "won")

    assert tickets(half) == BOTH_VALID
    assert half.payment.status == PaymentStatus.SUCCEEDED
    work("mail_notification")
    assert mail.outbox[-1].subject == "Your tickets are valid again: Demo Night"


def test_a_part_that_was_lost_before_anybody_said_it_voids_the_ticket_at_once(
    partly: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    close(stripe, deliver, "lost")

    assert assign(partly, "A-1") == "Tickets cancelled, seats free."
    assert tickets(partly) == [("A-1", "void", "charged_back"), ("A-2", "valid", "")]
    with pytest.raises(NotPossible):
        assign(partly, "A-2")


def test_while_it_is_open_staff_can_correct_what_they_said(half: Purchase) -> None:
    assign(half, "A-1")

    assert tickets(half) == [("A-1", "suspended", "disputed"), ("A-2", "valid", "")]


# Parts that make up the whole


def test_parts_that_make_up_the_whole_stop_all_tickets(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    for _ in range(2):
        stripe.dispute(paid.session_id, amount=4200)
    tell(stripe, deliver)
    assert tickets(paid) == [("A-1", "suspended", "disputed"), ("A-2", "suspended", "disputed")]
    assert message(paid) == ("This payment is disputed. The tickets are on hold until the bank has decided.")
    assert "dispute_unassigned" not in alerts(paid)

    close(stripe, deliver, "lost")

    assert tickets(paid) == [("A-1", "void", "charged_back"), ("A-2", "void", "charged_back")]
    assert paid.booking.status == BookingStatus.CANCELLED
    assert message(paid) == "The bank reversed this payment, so the tickets are no longer valid."


def test_of_two_halves_one_lost_and_one_won_leave_it_to_staff(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    first, second = (stripe.dispute(paid.session_id, amount=4200)["id"] for _ in range(2))
    stripe.close_dispute(first, "lost")
    stripe.close_dispute(second, "won")
    tell(stripe, deliver)

    assert tickets(paid) == BOTH_VALID
    assert "dispute_unassigned" in alerts(paid)


def test_a_refund_and_a_dispute_of_the_rest_make_up_the_whole(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    refund(paid, tickets=paid.booking.tickets.filter(seat__label="A-1"))
    work("send_refund")
    stripe.dispute(paid.session_id, amount=4200)
    tell(stripe, deliver)
    assert tickets(paid) == [("A-1", "void", "refunded"), ("A-2", "suspended", "disputed")]

    close(stripe, deliver, "lost")

    assert tickets(paid) == [("A-1", "void", "refunded"), ("A-2", "void", "charged_back")]
    assert inspect() == []


def test_a_fee_that_was_kept_pays_for_no_other_ticket(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    policy = {"cancellable_until": timezone.now() + timedelta(days=9), "cancellation_fee_percent": 50}
    Event.objects.update(**policy)
    cancel_booking(paid.booking, labels=["A-1"])
    work("send_refund")
    stripe.dispute(paid.session_id, amount=4200)
    tell(stripe, deliver)
    assert tickets(paid) == [("A-1", "void", "refunded"), ("A-2", "suspended", "disputed")]
    assert "dispute_unassigned" not in alerts(paid)

    close(stripe, deliver, "lost")

    assert tickets(paid) == [("A-1", "void", "refunded"), ("A-2", "void", "charged_back")]
    assert inspect() == []


def test_a_rest_that_a_rate_of_exchange_explains_pays_for_nothing(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.dispute(paid.session_id, amount=8350)
    tell(stripe, deliver)

    assert {status for _label, status, _why in tickets(paid)} == {"suspended"}


def test_more_than_was_received_is_all_of_it(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    stripe.dispute(paid.session_id, amount=9000, beyond=True)
    tell(stripe, deliver)

    assert {status for _label, status, _why in tickets(paid)} == {"suspended"}
    assert refundable_amount(paid.payment) == 0
    assert [str(balance) for balance in balances()] == [
        "€84.00 in = €0.00 for valid tickets + €0.00 refunded + €0.00 being refunded + €84.00 disputed"
        " + €0.00 kept"
    ]


# Other money


def show(stripe: Sandbox, **members: Any) -> None:
    """Have Stripe's dispute shown with other members."""
    (dispute,) = stripe.objects("dispute")
    stripe.override(dispute["id"], **members)


def booked(stripe: Sandbox, *amounts: int, currency: str = "eur") -> list[Any]:
    (dispute,) = stripe.objects("dispute")
    (first, *_) = dispute["balance_transactions"]
    return [{**first, "amount": amount, "net": amount, "currency": currency} for amount in amounts]


def test_in_another_currency_what_was_booked_says_which_part_it_is(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.dispute(paid.session_id, amount=4200)
    show(stripe, amount=4600, currency="usd")
    tell(stripe, deliver)

    assert Dispute.objects.get().part == 4200
    assert tickets(paid) == BOTH_VALID
    assert message(paid).startswith("€42.00 of your €84.00 is disputed")


def test_if_nothing_says_which_part_it_is_the_tickets_wait_for_staff(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.dispute(paid.session_id, amount=4200)
    show(stripe, amount=4600, currency="usd", balance_transactions=booked(stripe, -4500, currency="chf"))
    stripe.post(f"/disputes/{stripe.objects('dispute')[0]['id']}/close", {"status": "lost"})
    tell(stripe, deliver)
    assert {why for _label, _status, why in tickets(paid)} == {"disputed"}
    assert "dispute_unassigned" in alerts(paid)
    assert refundable_amount(paid.payment) == 0

    assign(paid, "A-2")

    assert tickets(paid) == [("A-1", "valid", ""), ("A-2", "void", "charged_back")]


def test_a_dispute_lost_in_part_takes_that_part(paid: Purchase, stripe: Sandbox, deliver: Deliver) -> None:
    """As the banks do it if a part had been refunded; Stripe calls that lost, and returns the part."""
    stripe.dispute(paid.session_id)
    stripe.close_dispute(stripe.objects("dispute")[0]["id"], "lost")
    show(stripe, balance_transactions=booked(stripe, -8400, 4200))
    tell(stripe, deliver)

    assert Dispute.objects.get().part == 4200
    assert tickets(paid) == BOTH_VALID


# Money is where Stripe has booked it


@pytest.mark.parametrize("case_type", ["resolution", "block"])
def test_a_prevented_dispute_counts_as_lost_for_what_it_took(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, case_type: str
) -> None:
    stripe.dispute(paid.session_id, case_type=case_type)
    tell(stripe, deliver)

    took = case_type == "resolution"
    assert Dispute.objects.get().status == "prevented"
    assert paid.payment.status == (PaymentStatus.DISPUTED if took else PaymentStatus.SUCCEEDED)
    assert {status for _label, status, _why in tickets(paid)} == ({"void"} if took else {"valid"})
    assert refundable_amount(paid.payment) == (0 if took else 8400)


@pytest.mark.parametrize(
    ("status", "withdrawn", "effect"),
    [
        ("won", True, "open"),
        ("won", False, ""),
        ("lost", True, "lost"),
        ("lost", False, ""),
        ("prevented", True, "lost"),
        ("prevented", False, ""),
        ("warning_closed", True, "lost"),
        ("warning_closed", False, ""),
        ("warning_needs_response", True, "open"),
    ],
)
def test_the_effect_of_a_dispute_is_that_of_its_money(
    paid: Purchase, stripe: Sandbox, deliver: Deliver, status: str, withdrawn: bool, effect: str
) -> None:
    found = stripe.dispute(paid.session_id)
    stripe.post(f"/disputes/{found['id']}/move", {"status": status, "withdrawn": withdrawn})
    tell(stripe, deliver)

    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.effect) == (status, effect)
    is_disputed = paid.payment.status == PaymentStatus.DISPUTED
    assert is_disputed is bool(effect)
    assert {"open": "suspended", "lost": "void", "": "valid"}[effect] == tickets(paid)[0][1]
    assert ("disputed" in alerts(paid)) is (effect == "open" or status.startswith("warning_needs"))


def test_money_that_comes_back_later_restores_the_tickets(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    found = stripe.dispute(paid.session_id)
    stripe.post(f"/disputes/{found['id']}/move", {"status": "won", "withdrawn": True})
    tell(stripe, deliver)
    assert {status for _label, status, _why in tickets(paid)} == {"suspended"}
    assert paid.payment.next_check_at is not None

    show(stripe, balance_transactions=booked(stripe, -8400, 8400))
    stripe.post(f"/objects/{found['id']}/event", {"type": "charge.dispute.funds_reinstated"})
    tell(stripe, deliver)

    assert tickets(paid) == BOTH_VALID
    assert paid.payment.status == PaymentStatus.SUCCEEDED


# What else can be done


def test_what_the_bank_has_taken_cannot_be_refunded_as_well(half: Purchase, stripe: Sandbox) -> None:
    assert refundable_amount(half.payment) == 4200
    with pytest.raises(NotRefundable):
        refund(half, amount=4201)
    with pytest.raises(NotRefundable):
        refund(half, tickets=half.booking.tickets.filter(seat__label="A-2"))


def test_the_rest_can_be_refunded_and_then_nothing_is_left(
    half: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.post("/disputes", {"rest_is_refundable": True})
    close(stripe, deliver, "lost")

    refund(half)
    work("send_refund")

    assert [one["amount"] for one in stripe.objects("refund")] == [4200]
    assert tickets(half) == [("A-1", "void", "refunded"), ("A-2", "void", "charged_back")]
    assert half.booking.status == BookingStatus.CANCELLED
    assert Action.REFUND not in possible(half.payment)
    assert inspect() == []


def test_where_all_of_it_is_disputed_no_refund_is_offered(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.dispute(paid.session_id)
    tell(stripe, deliver)

    assert {Action.REFUND, Action.RETRY_REFUND, Action.RESEND} & set(possible(paid.payment)) == set()
    with pytest.raises(NotRefundable):
        refund(paid)


def test_a_refund_that_was_asked_for_before_is_not_sent_for_disputed_money(
    paid: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.post("/disputes", {"rest_is_refundable": True})
    refund(paid)
    stripe.dispute(paid.session_id, amount=1000)
    tell(stripe, deliver)

    work("send_refund")

    assert [one["amount"] for one in stripe.objects("refund")] == [7400]
    row = Refund.objects.get()
    assert (row.amount, row.asked_amount, row.status) == (7400, 8400, "succeeded")
    assert message(paid).startswith("€10.00 of your €84.00 is disputed") or "on hold" in message(paid)


def test_a_customer_asks_the_box_office_while_a_part_is_disputed(partly: Purchase) -> None:
    type(partly.booking.event).objects.update(cancellable_until=partly.booking.event.starts_at)

    with pytest.raises(NotCancellable, match="Part of your payment is disputed"):
        cancel_booking(partly.booking)

    assert not Refund.objects.exists()


def test_money_that_bought_nothing_goes_back_once_the_bank_has_returned_its_part(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.post("/disputes", {"rest_is_refundable": True})
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"]["client_reference_id"] = "another"
    deliver(event)
    stripe.dispute(purchase.session_id, amount=1000)
    tell(stripe, deliver)
    work("send_refund")
    assert [one["amount"] for one in stripe.objects("refund")] == [7400]

    close(stripe, deliver, "won")
    work("send_refund")

    assert [one["amount"] for one in stripe.objects("refund")] == [7400, 1000]
    assert Payment.objects.get().status == PaymentStatus.REFUNDED
    assert inspect() == []
