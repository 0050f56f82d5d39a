"""What a membership gives: an earlier sale, a lower price, for so many seats of an event."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bookings.models import BookedSeat, Event
from bookings.money import MINIMUM, increment, minimum_charge
from bookings.orders.members import Terms
from payments.fsck import inspect
from payments.models import Plan, Refund, Subscription
from tests.support.members import Member, make_member, make_plan
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Deliver, Purchase, make_event
from tests.support.threads import at_once
from tests.support.worker import work

CHECKOUT = "/events/demo-night/checkout/"


@pytest.fixture
def plan(db: None, stripe: Sandbox) -> Plan:
    """Presale, a quarter off, for four seats of an event."""
    return make_plan(stripe)


@shared
def membership(box_office: BoxOffice) -> Member:
    member = make_member(box_office.stripe)
    member.join(make_plan(box_office.stripe))
    return member


@pytest.fixture
def ada(membership: Member, stripe: Sandbox) -> Member:
    """A member, in a browser of this test's own."""
    ada = Member(User.objects.get(pk=membership.user.pk), Client(), stripe)
    ada.sign_in()
    return ada


@pytest.fixture
def eve(stripe: Sandbox, db: None) -> Member:
    """A customer with an account and no membership."""
    return make_member(stripe, "eve")


@pytest.fixture
def presale(event: Event) -> Event:
    now = timezone.now()
    Event.objects.filter(pk=event.pk).update(
        member_sales_from=now - timedelta(hours=1), sales_from=now + timedelta(days=1)
    )
    event.refresh_from_db()
    return event


def buy(member: Member, *seats: str, **changes: Any) -> Any:
    wish = {"event": "demo-night", "name": "Ada", "email": member.user.email, **changes}
    if "quantity" not in wish:
        wish["seats"] = list(seats)
    return member.client.post("/api/checkout", wish, content_type="application/json")


def prices(member: Member) -> list[tuple[str, int, int]]:
    """Return the seats the member booked, with their prices and savings."""
    booked = BookedSeat.objects.filter(booking__customer=member.user).order_by("pk")
    return [(one.seat.label, one.price, one.saving) for one in booked.select_related("seat")]


FORM = {"attempt": "t1", "name": "Ada", "email": "ada@example.com", "seats": ["A-1", "B-1"]}


def test_who_saw_a_members_price_is_asked_for_no_more(ada: Member, event: Event, stripe: Sandbox) -> None:
    ada.do("cancel", now=True)
    ada.hear()

    refused = ada.client.post(CHECKOUT, {**FORM, "total": "5550"})
    again = ada.client.post(CHECKOUT, {**FORM, "total": "7400"})

    assert (refused.status_code, again.status_code) == (409, 302)
    page = refused.content.decode()
    assert "it’s now €74.00" in page
    assert page.count(" checked") == 2  # What was chosen still is.
    assert prices(ada) == [("A-1", 4200, 0), ("B-1", 3200, 0)]
    assert [it["amount_total"] for it in stripe.sessions() if it["mode"] == "payment"] == [7400]


@pytest.mark.parametrize("total", ["", "nonsense", "-1", "9" * 40, "²", "999999"])
def test_a_page_that_added_up_nothing_or_more_holds_nobody_up(
    client: Client, event: Event, stripe: Sandbox, total: str
) -> None:
    assert client.post(CHECKOUT, {**FORM, "total": total}).status_code == 302


def test_a_member_pays_the_members_price(ada: Member, event: Event, stripe: Sandbox) -> None:
    answer = buy(ada, "A-1", "B-1")

    assert answer.status_code == 201
    assert prices(ada) == [("A-1", 3150, 1050), ("B-1", 2400, 800)]
    assert stripe.session(answer.json()["session_id"])["amount_total"] == 5550


def test_everybody_else_pays_the_full_price(eve: Member, plan: Plan, event: Event) -> None:
    buy(eve, "A-1")

    assert prices(eve) == [("A-1", 4200, 0)]


def test_a_guest_with_a_members_address_pays_the_full_price(ada: Member, event: Event, client: Any) -> None:
    wish = {"event": "demo-night", "seats": ["A-1"], "name": "Eve", "email": ada.user.email}

    client.post("/api/checkout", wish, content_type="application/json")

    assert BookedSeat.objects.get().saving == 0


def test_a_membership_that_has_run_out_gives_nothing(ada: Member, event: Event) -> None:
    Subscription.objects.update(entitled_until=timezone.now())

    buy(ada, "A-1")

    assert prices(ada) == [("A-1", 4200, 0)]


def test_beyond_the_limit_seats_cost_what_they_cost_all(ada: Member, event: Event) -> None:
    buy(ada, "A-1", "A-2", "A-3", "B-1", "B-2")

    assert prices(ada) == [
        ("A-1", 3150, 1050),
        ("A-2", 3150, 1050),
        ("A-3", 3150, 1050),
        ("B-1", 2400, 800),
        ("B-2", 3200, 0),
    ]


def test_the_limit_counts_all_bookings_of_the_event(ada: Member, event: Event) -> None:
    buy(ada, "A-1", "A-2", "A-3")
    buy(ada, "B-1", "B-2")

    assert [saving for _seat, _price, saving in prices(ada)] == [1050, 1050, 1050, 800, 0]


def test_seats_that_were_let_go_count_no_more(ada: Member, event: Event, stripe: Sandbox) -> None:
    first = buy(ada, "A-1", "A-2", "A-3", "A-4").json()["session_id"]
    ada.client.get(f"/payments/cancelled/?session_id={first}")

    buy(ada, "B-1")

    assert prices(ada)[-1] == ("B-1", 2400, 800)


def buy_and_pay(member: Member, *seats: str) -> str:
    """Return the reference of a paid booking whose tickets can be given back, less a tenth."""
    until = timezone.now() + timedelta(days=1)
    Event.objects.update(cancellable_until=until, cancellation_fee_percent=10)
    bought = buy(member, *seats).json()
    member.stripe.pay(bought["session_id"])
    member.hear()
    return bought["booking"]


def give_back(member: Member, booking: str, **what: Any) -> None:
    path = f"/api/bookings/{booking}/cancel"
    assert member.client.post(path, what, content_type="application/json").status_code == 200


def test_seats_given_back_count_no_more(ada: Member, event: Event) -> None:
    booking = buy_and_pay(ada, "A-1", "A-2", "A-3", "A-4")

    give_back(ada, booking, seats=["A-1"])
    buy(ada, "B-1")  # Until Stripe has accepted the refund, the seat is still the member's.
    work("send_refund")
    buy(ada, "B-2")

    assert [(seat, saving) for seat, _price, saving in prices(ada)[4:]] == [("B-1", 0), ("B-2", 800)]


def test_what_goes_back_is_the_members_price_less_the_fee(ada: Member, event: Event, stripe: Sandbox) -> None:
    give_back(ada, buy_and_pay(ada, "A-1"))
    work("send_refund")

    assert [refund["amount"] for refund in stripe.objects("refund")] == [3150 - 315]


def test_a_plan_with_a_lower_limit_takes_nothing_back(ada: Member, event: Event, stripe: Sandbox) -> None:
    buy(ada, "A-1", "A-2", "A-3")
    ada.do("plan", price=make_plan(stripe, "small", amount=600, seats_per_event=2).price_id)
    ada.hear()

    buy(ada, "B-1")

    assert [saving for _seat, _price, saving in prices(ada)] == [1050, 1050, 1050, 0]


def test_each_event_has_its_own_limit(ada: Member, event: Event) -> None:
    make_event(slug="second-night")
    buy(ada, "A-1", "A-2", "A-3", "A-4")

    buy(ada, "A-1", event="second-night")

    assert prices(ada)[-1] == ("A-1", 3150, 1050)


def test_members_buy_before_the_sale_opens_to_all(ada: Member, eve: Member, presale: Event) -> None:
    refused, sold = buy(eve, "A-1"), buy(ada, "A-1")

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_on_sale")
    assert sold.status_code == 201


def test_not_before_the_presale(ada: Member, presale: Event) -> None:
    Event.objects.update(member_sales_from=timezone.now() + timedelta(hours=1))

    assert buy(ada, "A-1").json()["error"]["code"] == "not_on_sale"


def test_a_plan_without_presale_waits_like_all(ada: Member, presale: Event) -> None:
    Plan.objects.update(has_presale=False)

    assert buy(ada, "A-1").json()["error"]["code"] == "not_on_sale"


def test_the_presale_is_for_so_many_seats(ada: Member, presale: Event) -> None:
    buy(ada, "A-1", "A-2", "A-3")

    refused = buy(ada, "B-1", "B-2")

    assert refused.status_code == 409
    assert refused.json()["error"] == {
        "code": "member_limit",
        "message": "Members can buy 4 tickets per event in the presale. You have 1 left.",
        "limit": 4,
        "left": 1,
    }
    assert len(prices(ada)) == 3


def test_the_best_available_are_for_members_too(ada: Member, presale: Event) -> None:
    assert buy(ada, quantity=2).status_code == 201
    assert [saving for _seat, _price, saving in prices(ada)] == [1050, 1050]


@pytest.mark.django_db(transaction=True)
def test_a_members_tabs_share_one_limit(stripe: Sandbox) -> None:
    ada = make_member(stripe)
    ada.join(make_plan(stripe))
    now = timezone.now()
    make_event(member_sales_from=now - timedelta(hours=1), sales_from=now + timedelta(days=1))

    answers = at_once(lambda n: buy(ada, f"A-{n + 1}", f"B-{n + 1}").status_code, 6)

    assert sorted(answers) == [201, 201, 409, 409, 409, 409]
    assert BookedSeat.objects.filter(for_member=True).count() == 4


def test_a_member_whose_seats_were_gone_keeps_the_price(
    ada: Member, eve: Member, event: Event, stripe: Sandbox, deliver: Deliver
) -> None:
    answer = buy(ada, "A-1").json()
    stripe.expire(answer["session_id"])
    purchase = Purchase(answer["session_id"], answer)
    deliver("expired", purchase)
    buy(eve, "A-1")

    stripe.pay(purchase.session_id, late=True)
    deliver("completed", purchase)

    assert prices(ada)[-1][1:] == (3150, 1050)


def test_who_pays_again_gets_the_terms_of_who_has_signed_in(
    ada: Member, event: Event, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    """A guest who has the booking's address has nothing of its owner's membership, not even by their name."""
    for browser in (ada.client, client):
        answer = buy(ada, "A-1").json()
        stripe.expire(answer["session_id"])
        deliver("expired", Purchase(answer["session_id"], answer))

        again = browser.post(f"/bookings/{answer['booking']}/pay/")

        (session,) = [session for session in stripe.sessions() if session["status"] == "open"]
        assert again.headers["Location"] == session["url"]
        stripe.expire(session["id"])
        deliver(stripe.event("expired", session["id"]))

    assert [(price, saving) for _seat, price, saving in prices(ada)] == [
        *[(3150, 1050), (3150, 1050)],
        *[(3150, 1050), (4200, 0)],
    ]


def test_a_member_who_cancels_gets_back_what_they_paid(
    ada: Member, event: Event, stripe: Sandbox, deliver: Deliver
) -> None:
    Event.objects.update(cancellable_until=event.starts_at, cancellation_fee_percent=10)
    answer = buy(ada, "A-1", "B-1").json()
    stripe.pay(answer["session_id"])
    deliver("completed", Purchase(answer["session_id"], answer))

    for seat in ("A-1", "B-1"):
        wish = {"seats": [seat]}
        url = f"/api/bookings/{answer['booking']}/cancel"
        assert ada.client.post(url, wish, content_type="application/json").status_code == 200
        work("send_refund")

    assert [(refund.amount, refund.fee) for refund in Refund.objects.all()] == [(2835, 315), (2160, 240)]
    assert inspect() == []


# What is shown


def page_of(member: Member | None, client: Client) -> str:
    page = (member.client if member else client).get("/events/demo-night/").content.decode()
    return " ".join(page.split())


def test_the_map_shows_a_member_their_prices_and_for_how_many_seats(
    ada: Member, event: Event, client: Client
) -> None:
    buy(ada, "A-1")
    page = page_of(ada, client)

    assert "Friend price" in page
    assert "You get 25% off. It covers 3 more tickets for this event." in page
    assert "for you €31.50" in page
    assert 'data-member-left="3"' in page


def test_the_page_asks_once_what_a_member_has(ada: Member, event: Event, client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        page_of(ada, client)

    asked = [query["sql"] for query in queries]
    assert len([sql for sql in asked if 'FROM "payments_subscription"' in sql]) == 1
    assert len([sql for sql in asked if 'FROM "bookings_bookedseat"' in sql]) == 1


def test_the_map_says_when_all_seats_of_a_member_are_used(ada: Member, event: Event, client: Client) -> None:
    buy(ada, "A-1", "A-2", "A-3", "A-4")

    assert "You’ve bought all the tickets your membership covers for this event." in page_of(ada, client)


def test_nobody_else_sees_a_members_prices(eve: Member, plan: Plan, event: Event, client: Client) -> None:
    for page in (page_of(eve, client), page_of(None, client)):
        assert "for you €" not in page


def test_the_presale_shows_members_the_map_and_others_when_it_begins(
    ada: Member, eve: Member, presale: Event, client: Client
) -> None:
    members, others = page_of(ada, client), page_of(eve, client)

    assert "Members buy first" in members
    assert "data-presale" in members
    assert "data-seat-map" not in others
    assert "Members can buy from" in others


def test_the_receipt_names_what_a_member_saved(
    ada: Member, event: Event, stripe: Sandbox, deliver: Deliver
) -> None:
    answer = buy(ada, "A-1", "B-1").json()
    purchase = Purchase(answer["session_id"], answer)
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    work("mail_tickets")

    success = ada.client.get(f"/payments/success/?session_id={purchase.session_id}").content.decode()
    booking = ada.client.get(f"/bookings/{answer['booking']}/").content.decode()

    assert "€18.50" in success
    assert "€18.50" in booking
    assert "You saved €18.50 as a member." in str(mail.outbox[-1].body)


@pytest.mark.parametrize(("payer", "price"), [("ada", 3150), ("eve", 4200), ("nobody", 4200)])
def test_paying_again_is_on_the_terms_of_who_is_signed_in(
    payer: str, price: int, ada: Member, eve: Member, event: Event, stripe: Sandbox, client: Client
) -> None:
    booking = buy(ada, "A-1").json()
    stripe.expire(booking["session_id"])
    browser = {"ada": ada.client, "eve": eve.client, "nobody": client}[payer]

    browser.post(f"/bookings/{booking['booking']}/pay/")

    (newest,) = BookedSeat.objects.exclude(booking__reference=booking["booking"])
    assert newest.price == price


def test_no_saving_without_a_membership(ada: Member, event: Event) -> None:
    buy(ada, "A-1")

    with pytest.raises(IntegrityError, match="booked_seat_saving_is_a_members"), transaction.atomic():
        BookedSeat.objects.update(for_member=False)


def test_a_presale_comes_before_the_sale(event: Event) -> None:
    with pytest.raises(IntegrityError, match="event_presale_comes_before_the_sale"), transaction.atomic():
        Event.objects.update(member_sales_from=event.sales_from)


@given(
    st.integers(min_value=1, max_value=99_999_900),
    st.integers(min_value=0, max_value=90),
    st.sampled_from([*MINIMUM, "kwd", "isk", "xof"]),
)
def test_a_members_price_can_always_be_paid(price: int, percent: int, currency: str) -> None:
    price += -price % increment(currency)
    terms = Terms(has_presale=True, discount_percent=percent, seats_per_event=None)

    saving = terms.saving(price, currency)

    assert 0 <= saving <= price * percent / 100
    assert (price - saving) % increment(currency) == 0
    assert price - saving >= min(price, minimum_charge(currency))
