"""Rule 13: no second payable session while the first is undecided."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.models import Booking, BookingStatus, Event, Seat
from bookings.seats.holds import release
from payments.fsck import inspect
from payments.models import Payment, PaymentStatus
from payments.staff.timeline import timeline
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.threads import at_once


@shared
def purchase(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, whose payment page is open."""
    make_event()
    return box_office.buy()


@pytest.fixture
def expired(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """Seats A-1 and A-2, not paid in time."""
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)
    return purchase


def pay(client: Client, purchase: Purchase) -> Any:
    return client.post(reverse("payments:pay", args=[purchase.booking.reference]))


def open_sessions(stripe: Sandbox) -> list[str]:
    return [session["id"] for session in stripe.sessions() if session["status"] == "open"]


def success(session_id: str) -> str:
    return f"/payments/success/?session_id={session_id}"


def actions(client: Client, purchase: Purchase) -> str:
    return client.get(purchase.booking.get_absolute_url()).content.decode()


def test_an_open_payment_is_continued_at_the_same_checkout(
    client: Client, purchase: Purchase, stripe: Sandbox
) -> None:
    assert "Continue to payment" in actions(client, purchase)

    answer = pay(client, purchase)

    assert (answer.status_code, answer.url) == (302, purchase.answer["checkout_url"])
    assert open_sessions(stripe) == [purchase.session_id]
    assert Booking.objects.count() == 1


def test_what_is_over_is_booked_again_as_it_was(client: Client, expired: Purchase, stripe: Sandbox) -> None:
    owner = User.objects.create(username="ada")
    Booking.objects.update(customer=owner, language="de")
    assert "Diese Plätze" in actions(client, expired) or "Book these seats again" in actions(client, expired)

    answer = pay(client, expired)

    (session_id,) = open_sessions(stripe)
    again = Payment.objects.get(session_id=session_id)
    assert answer.url == again.checkout_url
    assert again.booking_id != expired.booking.pk
    booking = again.booking
    assert (booking.name, booking.email, booking.customer, booking.language) == (
        "Ada Lovelace",
        "ada@example.com",
        owner,
        "de",
    )
    assert (booking.seat_labels, booking.status) == (["A-1", "A-2"], BookingStatus.HELD)
    assert expired.booking.status == BookingStatus.RELEASED
    assert "Book these seats again" not in actions(client, expired)


def test_old_pages_all_lead_to_the_one_open_payment(
    client: Client, expired: Purchase, stripe: Sandbox
) -> None:
    first = pay(client, expired).url

    assert pay(client, expired).url == first
    assert len(open_sessions(stripe)) == 1


def test_what_was_begun_again_and_ended_is_begun_once_more_from_the_oldest_page(
    client: Client, expired: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    pay(client, expired)
    (second,) = open_sessions(stripe)
    stripe.expire(second)
    deliver(stripe.event("expired", second))

    pay(client, expired)

    (third,) = open_sessions(stripe)
    assert third not in (second, expired.session_id)
    assert Booking.objects.count() == 3


def test_a_session_whose_end_nobody_told_is_closed_before_another_opens(
    client: Client, purchase: Purchase, stripe: Sandbox
) -> None:
    now = timezone.now()
    Payment.objects.update(created_at=now - timedelta(hours=1), expires_at=now - timedelta(minutes=1))

    pay(client, purchase)

    assert stripe.session(purchase.session_id)["status"] == "expired"
    assert purchase.payment.status == PaymentStatus.EXPIRED
    assert len(open_sessions(stripe)) == 1


def test_the_old_tab_can_pay_nothing_any_more(client: Client, expired: Purchase, stripe: Sandbox) -> None:
    pay(client, expired)

    with pytest.raises(Exception, match="Client error '4"):
        stripe.pay(expired.session_id)
    assert Payment.objects.paid().count() == 0


def test_an_open_session_of_a_payment_that_was_given_up_is_closed_first(
    client: Client, purchase: Purchase, stripe: Sandbox
) -> None:
    """As it is where the seats were freed by hand, and nobody told Stripe."""
    release(purchase.booking)
    purchase.put("expired")

    pay(client, purchase)

    assert stripe.session(purchase.session_id)["status"] == "expired"
    assert len(open_sessions(stripe)) == 1


def test_what_was_given_up_while_a_bank_works_on_it_is_not_paid_again(
    client: Client, purchase: Purchase, stripe: Sandbox
) -> None:
    release(purchase.booking)
    purchase.put("expired")
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")

    answer = pay(client, purchase)

    assert answer.status_code == 503
    assert "Don’t pay again." in answer.content.decode()
    assert (open_sessions(stripe), Booking.objects.count()) == ([], 1)


def test_what_turns_out_to_be_paid_is_not_paid_again(
    client: Client, purchase: Purchase, stripe: Sandbox
) -> None:
    stripe.pay(purchase.session_id)

    answer = pay(client, purchase)

    assert answer.url == success(purchase.session_id)
    assert purchase.payment.status == PaymentStatus.SUCCEEDED
    assert open_sessions(stripe) == []


def test_late_money_that_nobody_told_of_is_found_instead(
    client: Client, expired: Purchase, stripe: Sandbox
) -> None:
    stripe.pay(expired.session_id, late=True)

    answer = pay(client, expired)

    assert answer.url == success(expired.session_id)
    assert expired.payment.status == PaymentStatus.SUCCEEDED
    assert Booking.objects.count() == 1


def test_a_payment_that_the_bank_works_on_has_no_second_one(
    client: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")
    deliver("completed", purchase)

    answer = pay(client, purchase)

    assert answer.url == success(purchase.session_id)
    assert "Continue to payment" not in actions(client, purchase)
    assert (open_sessions(stripe), Booking.objects.count()) == ([], 1)


def test_a_debit_that_failed_can_be_tried_again(
    client: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="failed")
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": False})
    deliver("async_payment_failed", purchase)
    assert purchase.payment.status == PaymentStatus.FAILED

    pay(client, purchase)

    assert len(open_sessions(stripe)) == 1


def test_who_cancelled_can_change_their_mind(client: Client, purchase: Purchase, stripe: Sandbox) -> None:
    client.get(f"/payments/cancelled/?session_id={purchase.session_id}")

    pay(client, purchase)

    (session_id,) = open_sessions(stripe)
    assert session_id != purchase.session_id


def test_seats_that_are_gone_are_named_and_the_others_kept_chosen(
    client: Client, expired: Purchase, buy: Buy, stripe: Sandbox
) -> None:
    other = buy("A-1")

    answer = pay(client, expired)

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Seat A-1 was just taken. Choose another." in page
    assert 'value="Ada Lovelace"' in page
    assert answer.context["form"].chosen == ["A-2"]
    assert open_sessions(stripe) == [other.session_id]


def test_after_the_sale_nothing_is_booked_again(client: Client, expired: Purchase, event: Event) -> None:
    Event.objects.update(sales_until=timezone.now() - timedelta(minutes=1))

    answer = pay(client, expired)

    assert answer.status_code == 409
    assert "Ticket sales have ended." in answer.content.decode()
    assert "Book these seats again" not in actions(client, expired)
    assert Seat.objects.free().count() == 20


def test_while_stripe_cannot_tell_nothing_is_opened(
    client: Client, expired: Purchase, stripe: Sandbox
) -> None:
    stripe.fault("GET /v1/checkout/sessions/*", "500_before", times=None)

    answer = pay(client, expired)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "Don’t pay again." in answer.content.decode()
    assert (open_sessions(stripe), Booking.objects.count()) == ([], 1)


def test_a_session_that_could_not_be_opened_frees_the_seats_for_the_next_try(
    client: Client, expired: Purchase, stripe: Sandbox
) -> None:
    stripe.fault("POST /v1/checkout/sessions", "500_before", times=9)
    assert pay(client, expired).status_code == 503
    assert Seat.objects.free().count() == 20
    stripe.clear_faults()

    assert pay(client, expired).status_code == 302
    assert len(open_sessions(stripe)) == 1


def test_asking_for_the_address_only_shows_the_booking(client: Client, expired: Purchase) -> None:
    answer = client.get(reverse("payments:pay", args=[expired.booking.reference]))

    assert answer.headers["Location"] == expired.booking.get_absolute_url()
    assert client.post(f"/bookings/{'A' * 26}/pay/").status_code == 404
    assert Booking.objects.count() == 1


def test_the_success_page_offers_to_pay_again(client: Client, expired: Purchase) -> None:
    page = client.get(success(expired.session_id)).content.decode()

    assert f'action="/bookings/{expired.booking.reference}/pay/" data-when="failed expired"' in page


def test_staff_read_which_payment_was_made_in_the_place_of_which(
    client: Client, expired: Purchase, stripe: Sandbox
) -> None:
    pay(client, expired)
    again = Payment.objects.with_booking().get(session_id=open_sessions(stripe)[0])

    def told(payment: Payment) -> list[tuple[str, object]]:
        return [(entry.words, entry.subject) for entry in timeline(payment)]

    assert ("Customer booked the same seats again.", again) in told(expired.payment)
    assert ("Replaces a payment that failed.", expired.payment) in told(again)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("times", [2, 5])
def test_many_tabs_at_once_open_one_payable_session(expired: Purchase, stripe: Sandbox, times: int) -> None:
    answers = at_once(lambda _n: pay(Client(), expired), times)

    (session_id,) = open_sessions(stripe)
    assert {answer.url for answer in answers} == {Payment.objects.get(session_id=session_id).checkout_url}
    assert Booking.objects.count() == 2
    assert inspect() == []


@pytest.mark.django_db(transaction=True)
def test_paying_again_and_late_money_at_once_sell_the_seats_once(
    expired: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(expired.session_id, late=True)

    at_once(lambda n: pay(Client(), expired) if n else deliver("completed", expired), 2)

    assert expired.payment.status == PaymentStatus.SUCCEEDED
    assert (open_sessions(stripe), Booking.objects.count()) == ([], 1)
    assert inspect() == []
