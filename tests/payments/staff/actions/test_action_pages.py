"""Staff repair a payment: a button, a page that explains and asks why, one action."""

from typing import Any

import pytest
from django.test import Client

from bookings.models import BookingStatus, Event, Seat, Ticket
from payments.gateway.client import stripe_client
from payments.ledger.verification import ask
from payments.models import Action, Check, Payment, PaymentStatus, Refund, StaffAction, StripeEvent, shop_id
from payments.staff.actions import version_of
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.staff import WHY, action_of, open_form, page_of, press, replay_of, somebody_of, told
from tests.support.turns import pay_late, sell
from tests.support.worker import work


@shared
def paid(box_office: BoxOffice) -> Purchase:
    make_event()
    return box_office.sell()


@pytest.fixture
def staff(db: None) -> Client:
    return somebody_of("Finance")


@pytest.fixture
def unheard(purchase: Purchase, stripe: Sandbox) -> Purchase:
    """A purchase that is paid, of which Stripe's word got lost."""
    stripe.pay(purchase.session_id)
    return purchase


@pytest.fixture
def failed(unheard: Purchase, deliver: Deliver) -> StripeEvent:
    """An event that could not be applied, though it could be now."""
    Seat.objects.filter(label="A-2").update(booking=None)
    assert deliver("completed", unheard).status_code == 500
    Seat.objects.filter(label="A-2").update(booking=unheard.booking)
    return StripeEvent.objects.get()


def silence(stripe: Sandbox, settings: Any) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()
    stripe.fault("* /v1/*", "500_before", times=None)


# Before anything is done


def test_only_what_makes_sense_has_a_button(staff: Client, purchase: Purchase) -> None:
    page = staff.get(page_of(purchase.payment))

    assert page.context["actions"] == [Action.ASK, Action.RELEASE, Action.NOTE]
    assert page.context["advised"] == Action.ASK
    for action in page.context["actions"]:
        assert action_of(purchase.payment, action) in page.content.decode()


def test_looking_changes_nothing(staff: Client, unheard: Purchase) -> None:
    version = version_of(unheard.payment)

    for action in (Action.ASK, Action.RELEASE, Action.NOTE):
        assert staff.get(action_of(unheard.payment, action)).status_code == 200

    assert version_of(unheard.payment) == version
    assert not StaffAction.objects.exists()
    assert not Check.objects.exists()
    assert unheard.payment.asked_at is None


def test_a_page_says_what_would_be_settled_before_it_asks_why(staff: Client, unheard: Purchase) -> None:
    page = staff.get(action_of(unheard.payment, Action.ASK)).content.decode()

    assert "At Stripe: <strong>Paid</strong>. Here: <strong>Pending</strong>." in page
    assert "<strong>Issue the tickets.</strong>" in page


@pytest.mark.parametrize("action", [Action.RESEAT, Action.REDRAW, Action.RELEASE, Action.RETRY_REFUND])
def test_what_makes_no_sense_leads_back(action: Action, staff: Client, paid: Purchase) -> None:
    page = staff.get(action_of(paid.payment, action), follow=True)

    assert told(page) == ["That’s not possible for this payment right now."]
    assert page.redirect_chain == [(page_of(paid.payment), 302)]


def test_what_makes_no_sense_is_not_done_either(staff: Client, paid: Purchase) -> None:
    form = open_form(staff, action_of(paid.payment, Action.NOTE))

    page = staff.post(action_of(paid.payment, Action.RELEASE), form, follow=True)

    assert "changed since you opened it" in told(page)[0]
    assert not StaffAction.objects.exists()
    assert paid.booking.cancelled_at is None


@pytest.mark.parametrize("action", ["replay", "delete", "ASK"])
def test_there_are_no_other_actions(action: str, staff: Client, paid: Purchase) -> None:
    assert staff.get(f"/admin/payments/payment/{paid.payment.pk}/{action}/do/").status_code == 404


def test_a_payment_that_does_not_exist_has_no_pages(staff: Client) -> None:
    assert staff.get("/admin/payments/payment/4711/ask/do/").status_code == 404
    assert staff.get("/admin/payments/payment/4711/compare/").status_code == 404
    assert staff.get("/admin/payments/stripeevent/4711/replay/").status_code == 404


# Saying why


@pytest.mark.parametrize("missing", ["reason", "version", "form_id"])
def test_without_a_reason_or_half_a_form_nothing_is_done(
    missing: str, staff: Client, unheard: Purchase
) -> None:
    page = press(staff, action_of(unheard.payment, Action.ASK), **{missing: ""})

    assert page.status_code == 200
    assert unheard.payment.status == PaymentStatus.PENDING
    assert not StaffAction.objects.exists()


def test_a_mistake_keeps_what_was_typed(staff: Client, paid: Purchase) -> None:
    address = action_of(paid.payment, Action.REFUND)
    form = {**open_form(staff, address), "what": "all", "again": "42"}

    page = staff.post(address, form)

    assert page.context["form"]["reason"].value() == WHY
    assert page.context["form"]["form_id"].value() == form["form_id"]


def test_a_action_says_who_when_and_why(staff: Client, paid: Purchase) -> None:
    page = press(staff, action_of(paid.payment, Action.NOTE), reason="Let in <b>at the door</b>.")

    assert told(page) == ["Note saved."]
    assert "Note: Let in &lt;b&gt;at the door&lt;/b&gt;." in page.content.decode()
    record = StaffAction.objects.get()
    assert (record.action, record.payment) == (Action.NOTE, paid.payment)
    assert f"({record.actor})" in page.content.decode()


# Once, and of what was seen


def test_a_form_that_is_sent_twice_is_one_action_with_one_answer(staff: Client, paid: Purchase) -> None:
    address = action_of(paid.payment, Action.REFUND)
    form = {**open_form(staff, address), "what": "all", "again": "84"}

    first, second = (staff.post(address, form, follow=True) for _ in range(2))

    assert told(first) == told(second) == ["Sending the refund to Stripe."]
    assert Refund.objects.count() == StaffAction.objects.count() == 1


def test_a_page_that_is_out_of_date_is_refused_and_shown_as_it_is_now(staff: Client, paid: Purchase) -> None:
    address = action_of(paid.payment, Action.REFUND)
    old = {**open_form(staff, address), "what": "part", "amount": "10", "again": "10"}
    press(staff, address, what="all", again="84")

    page = staff.post(address, old, follow=True)

    assert told(page) == ["This changed since you opened it. Check it and try again."]
    assert page.redirect_chain == [(page_of(paid.payment), 302)]
    assert Refund.objects.count() == 1


def test_a_form_that_was_refused_is_refused_again_in_the_same_words(
    staff: Client, paid: Purchase, stripe: Sandbox, settings: Any
) -> None:
    address = action_of(paid.payment, Action.ASK)
    form = open_form(staff, address)
    silence(stripe, settings)
    staff.post(address, form, follow=True)
    stripe.clear_faults()

    (message,) = staff.post(address, form, follow=True).context["messages"]

    assert (message.level_tag, str(message)[:9]) == ("error", "Not done:")


def test_a_action_that_was_begun_and_interrupted_is_not_said_to_be_done(
    staff: Client, paid: Purchase
) -> None:
    address = action_of(paid.payment, Action.RESEND)
    form = open_form(staff, address)
    staff.post(address, form, follow=True)
    StaffAction.objects.update(outcome="begun", words="")  # As a process that died leaves it.

    page = staff.post(address, {**form, "version": version_of(paid.payment)}, follow=True)

    assert told(page) == ["An earlier attempt was interrupted. Check where it stands and try again."]


def test_the_form_of_one_payment_does_nothing_to_another(staff: Client, paid: Purchase, buy: Buy) -> None:
    form = open_form(staff, action_of(paid.payment, Action.NOTE))
    other = buy("B-1")

    staff.post(action_of(other.payment, Action.NOTE), form)

    assert not StaffAction.objects.exists()


# Without Stripe


def test_while_stripe_is_away_pages_say_so(
    staff: Client, unheard: Purchase, stripe: Sandbox, settings: Any
) -> None:
    address = action_of(unheard.payment, Action.ASK)
    form = open_form(staff, address)
    silence(stripe, settings)

    looked, compared = staff.get(address), staff.get(f"{page_of(unheard.payment)[:-7]}compare/")
    pressed = staff.post(address, form, follow=True)
    stripe.clear_faults()

    for page in (looked, compared):
        assert "Can’t reach Stripe right now." in page.content.decode()
    assert told(pressed)[0].startswith("Can’t reach Stripe right now.")
    assert StaffAction.objects.get().outcome == "failed"
    assert unheard.payment.status == PaymentStatus.PENDING


# The actions


def test_asking_gives_the_customer_their_tickets(staff: Client, unheard: Purchase) -> None:
    page = press(staff, action_of(unheard.payment, Action.ASK))

    assert told(page) == ["Updated from Stripe: Pending is now Succeeded."]
    assert unheard.tickets == ["A-1", "A-2"]


def test_a_failed_event_is_replayed_and_leads_to_the_payment(
    staff: Client, failed: StripeEvent, unheard: Purchase
) -> None:
    assert replay_of(failed) in staff.get(page_of(unheard.payment)).content.decode()
    explained = staff.get(replay_of(failed)).content.decode()
    assert "Event says: <strong>Paid</strong>, €84.00." in explained

    page = press(staff, replay_of(failed))

    assert told(page) == ["Event applied."]
    assert page.redirect_chain == [(page_of(unheard.payment), 302)]
    assert unheard.tickets == ["A-1", "A-2"]
    assert "Replay event: They stand at the door." in page.content.decode()


def test_an_event_that_fails_again_says_so(staff: Client, failed: StripeEvent, unheard: Purchase) -> None:
    Seat.objects.filter(label="A-2").update(booking=None)

    page = press(staff, replay_of(failed))

    assert told(page) == ["Failed again. The event shows why."]


def test_an_event_that_is_nobodys_is_replayed_from_its_own_page(
    staff: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.expire(purchase.session_id)
    event = stripe.event("expired", purchase.session_id)
    event["data"]["object"].update(id="cs_test_lost", metadata={"payment": "X" * 26, "shop": shop_id()})
    assert deliver(event).status_code == 500
    nobodys = StripeEvent.objects.get()
    assert "No payment here matches its session." in staff.get(replay_of(nobodys)).content.decode()

    page = press(staff, replay_of(nobodys))

    assert told(page) == ["Failed again. The event shows why."]
    assert StaffAction.objects.get().stripe_event == nobodys
    assert page.redirect_chain == [(f"/admin/payments/stripeevent/{nobodys.pk}/change/", 302)]


def test_an_applied_event_offers_no_replay(staff: Client, paid: Purchase) -> None:
    event = StripeEvent.objects.get()

    page = staff.get(replay_of(event), follow=True)

    assert told(page) == ["Already applied: replaying it would change nothing."]
    assert replay_of(event) not in page.content.decode()


def test_releasing_names_the_seats_and_frees_them(staff: Client, purchase: Purchase) -> None:
    address = action_of(purchase.payment, Action.RELEASE)
    assert "releases seats <strong>A-1, A-2</strong>" in staff.get(address).content.decode()

    assert told(press(staff, address)) == ["Payment page closed, seats released."]
    assert purchase.booking.status == BookingStatus.CANCELLED


def test_resending_names_the_address(staff: Client, paid: Purchase, mailoutbox: list[Any]) -> None:
    work("mail_tickets")
    address = action_of(paid.payment, Action.RESEND)
    assert "again to <strong>ada@example.com</strong>" in staff.get(address).content.decode()

    press(staff, address)
    work("mail_tickets")

    assert len(mailoutbox) == 2


def test_a_code_is_redrawn(staff: Client, paid: Purchase) -> None:
    Ticket.objects.filter(seat__label="A-1").update(qr_png=None, drawing_error="Boom")
    address = action_of(paid.payment, Action.REDRAW)
    assert staff.get(page_of(paid.payment)).context["advised"] == Action.REDRAW
    assert "<strong>A-1</strong>: Boom" in staff.get(address).content.decode()

    assert told(press(staff, address)) == ["1 QR code drawn."]


@pytest.fixture
def late(purchase: Purchase, stripe: Sandbox, deliver: Deliver, event: Event) -> Purchase:
    """A purchase that was paid too late for any seat of row A, and whose refund Stripe refused."""
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)
    sell(event, *(f"A-{number}" for number in range(1, 11)))
    pay_late(purchase, stripe, deliver)
    stripe.post("/balance", {"short": "refuse"})
    work("send_refund")
    return purchase


def test_a_refund_that_was_refused_is_made_again(staff: Client, late: Purchase, stripe: Sandbox) -> None:
    stripe.post("/balance", {"short": False})
    broken = Refund.objects.get()
    address = action_of(late.payment, Action.RETRY_REFUND)
    assert broken.error_message in staff.get(address).content.decode()

    assert told(press(staff, address, refund=broken.pk)) == ["Sending the refund to Stripe again."]
    work("send_refund")
    assert late.payment.status == PaymentStatus.REFUNDED


def test_money_that_bought_nothing_buys_seats_that_became_free(staff: Client, late: Purchase) -> None:
    Seat.objects.filter(label__in=["A-7", "A-8"]).update(booking=None)

    page = press(staff, action_of(late.payment, Action.RESEAT))

    assert told(page) == ["Seats assigned: A-7, A-8. Emailing the tickets."]


def test_where_no_seat_is_free_reseating_says_so(staff: Client, late: Purchase) -> None:
    page = press(staff, action_of(late.payment, Action.RESEAT))

    assert told(page) == ["No seats at these prices are free."]


def test_a_part_refunded_at_stripe_is_assigned(staff: Client, paid: Purchase, stripe: Sandbox) -> None:
    stripe.refund(paid.session_id, 4200)
    ask(paid.payment, cause="staff")  # type: ignore[arg-type]
    ticket = paid.booking.tickets.get(seat__label="A-2")

    page = press(
        staff,
        action_of(paid.payment, Action.ASSIGN_REFUND),
        refund=Refund.objects.get().pk,
        tickets=[ticket.pk],
    )

    assert told(page) == ["Tickets cancelled, seats free."]
    assert Seat.objects.get(label="A-2").booking is None


# Refunds


def refund(staff: Client, paid: Purchase, **answers: Any) -> Any:
    return press(staff, action_of(paid.payment, Action.REFUND), **answers)


@pytest.mark.parametrize("typed", ["84", "84.00", "84,00", "€84", " 84.0 "])
def test_all_of_it_goes_back_once_the_amount_is_typed_again(
    typed: str, staff: Client, paid: Purchase
) -> None:
    assert told(refund(staff, paid, what="all", again=typed)) == ["Sending the refund to Stripe."]

    refunded = Refund.objects.get()
    assert (refunded.amount, refunded.tickets.count()) == (8400, 2)


def test_a_chosen_ticket_goes_back_for_what_it_cost(staff: Client, paid: Purchase) -> None:
    ticket = paid.booking.tickets.get(seat__label="A-2")

    refund(staff, paid, what="tickets", tickets=[ticket.pk], again="42.00")

    refunded = Refund.objects.get()
    assert (refunded.amount, list(refunded.tickets.all())) == (4200, [ticket])


def test_a_part_goes_back_and_all_tickets_stay(staff: Client, paid: Purchase) -> None:
    refund(staff, paid, what="part", amount="10,50", again="10.50")

    assert (Refund.objects.get().amount, Refund.objects.get().tickets.count()) == (1050, 0)
    assert set(paid.booking.tickets.values_list("status", flat=True)) == {"valid"}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"what": "all", "again": "42"}, "You chose €84.00 but typed €42.00."),
        ({"what": "all", "again": "8400"}, "but typed €8,400.00."),
        ({"what": "all", "again": "all"}, "Enter an amount, such as 25.00."),
        ({"what": "all", "again": ""}, "This field is required."),
        ({"what": "part", "amount": "84.01", "again": "84.01"}, "Enter an amount up to what’s left."),
        ({"what": "part", "amount": "10", "again": "1"}, "You chose €10.00"),
        ({"what": "part", "amount": "0", "again": "0"}, "Enter the amount."),
        (
            {"what": "part", "amount": "1.005", "again": "1"},
            "If 1.005 means 1005, type it that way.",
        ),
        ({"what": "part", "amount": "-5", "again": "-5"}, "Enter an amount, such as 25.00."),
        ({"what": "tickets", "again": "42"}, "Choose at least one ticket."),
        ({"what": "tickets", "tickets": ["4711"], "again": "42"}, "Select a valid choice."),
        ({"what": "everything", "again": "84"}, "Select a valid choice."),
        ({"again": "84"}, "This field is required."),
    ],
    ids=str,
)
def test_a_refund_with_a_mistake_is_explained_and_not_made(
    answers: dict[str, Any], words: str, staff: Client, paid: Purchase
) -> None:
    page = refund(staff, paid, **answers).content.decode()

    assert words in page.replace("&#x27;", "’")
    assert not Refund.objects.exists()
    assert not StaffAction.objects.exists()


def test_a_ticket_that_is_being_refunded_is_not_offered_again(staff: Client, paid: Purchase) -> None:
    first, second = paid.booking.tickets.order_by("seat__label")
    refund(staff, paid, what="tickets", tickets=[first.pk], again="42")

    form = staff.get(action_of(paid.payment, Action.REFUND)).context["form"]

    assert list(form.fields["tickets"].queryset) == [second]
    assert "Everything: €42.00" in str(form["what"])


def test_money_that_bought_nothing_goes_back_without_tickets(
    staff: Client, late: Purchase, stripe: Sandbox
) -> None:
    """Its refund was refused, so all of it is left."""
    form = staff.get(action_of(late.payment, Action.REFUND)).context["form"]

    assert "tickets" not in form.fields
    refund(staff, late, what="all", again="84")
    assert Payment.objects.get().refunds.count() == 2
