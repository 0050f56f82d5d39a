"""Staff find a payment by what its customer has in hand, and what is wrong by its name."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Booking, Event, Ticket
from payments.gateway.checkout.session_objects import read_session
from payments.ledger.settlement import settle
from payments.ledger.verification import ask
from payments.models import Cause, FraudWarning, Notification, Payment, Refund, StripeEvent, shop_id
from payments.questions import next_question
from payments.staff.alerts import ALERTS, alerts_of
from tests.payments.reconciliation.test_reconciler import let_end, run, without_retries
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.staff import log_in, make_user, page_of, somebody_of
from tests.support.turns import pay_again, pay_late
from tests.support.worker import work

LIST = "/admin/payments/payment/"
LONG_AGO = timedelta(minutes=11)


@shared
def purchase(box_office: BoxOffice) -> Purchase:
    make_event()
    return box_office.buy()


@shared
def paid(box_office: BoxOffice) -> Purchase:
    make_event()
    return box_office.sell()


@pytest.fixture
def staff(db: None) -> Client:
    return somebody_of("Box office")


def search(staff: Client, typed: str) -> list[Payment]:
    return list(staff.get(LIST, {"q": typed}).context["cl"].queryset)


# What a customer has in hand


@pytest.mark.parametrize(
    "typed",
    [
        *("ada@example.com", "ADA@EXAMPLE.COM", "ada@", "Lovelace", "ada lovelace", "lovelace a-2"),
        *("A-1", "a1", "A2", "84", "84.00", "84,00", "€84", "4242", "4242 A-1"),
        *("{spoken}", "{spoken_small}", "{spoken_bare}", "{spoken_apart}", "{booking}", "{booking_small}"),
        *("{session}", "{intent}", "{charge}", "{intent_begun}", "{refund}", "{event}"),
    ],
)
def test_a_payment_is_found_by_anything_that_its_customer_has_in_hand(
    typed: str, staff: Client, paid: Purchase, buy: Buy, stripe: Sandbox
) -> None:
    buy("B-1", name="Charles Babbage", email="charles@example.org")
    stripe.refund(paid.session_id, 500)
    payment = ask(paid.payment, cause=Cause.STAFF)
    spoken = str(payment.booking.ticket_reference)
    known = {
        "spoken": spoken,
        "spoken_small": spoken.lower(),
        "spoken_bare": spoken.replace("-", ""),
        "spoken_apart": spoken.lower().replace("-", " "),
        "booking": payment.booking.reference,
        "booking_small": payment.booking.reference.lower(),
        "session": payment.session_id,
        "intent": payment.payment_intent_id,
        "intent_begun": str(payment.payment_intent_id)[:12],
        "charge": payment.charge_id,
        "refund": Refund.objects.get().refund_id,
        "event": StripeEvent.objects.get().event_id,
    }

    assert search(staff, typed.format(**known)) == [payment]


@pytest.mark.parametrize(
    "typed",
    [
        *("84.01", "84.005", "8400", "Ada Babbage", "A-3", "4243", "pi_", "a%", "re_unknown", "%"),
        *("'", "\\", "9" * 50, "٣", "A" * 300, "€", "K7QF-3MXN", "cs_" + "x" * 300, "\0", "-", "_"),
    ],
)
def test_what_names_no_payment_finds_none(typed: str, staff: Client, purchase: Purchase) -> None:
    found = search(staff, typed)

    assert found == ([purchase.payment] if typed == "\0" else [])  # The form refuses it, and says so.


@pytest.mark.parametrize(
    "typed",
    ["1500000", "1500000,00", "1,500,000.00", "1.500.000,00", "1,500,000", "1 500 000", "1’500’000.00"],
)
def test_a_large_amount_is_found_however_its_thousands_are_parted(
    staff: Client, purchase: Purchase, typed: str
) -> None:
    Payment.objects.update(amount=150_000_000)

    assert search(staff, typed) == [purchase.payment]


@pytest.mark.parametrize(("currency", "typed"), [("jpy", "4200"), ("kwd", "4.2"), ("usd", "42")])
def test_an_amount_is_read_in_every_currency_that_is_sold_in(
    currency: str, typed: str, staff: Client, stripe: Sandbox, buy: Buy, event: Event
) -> None:
    make_event(slug="abroad", currency=currency)
    purchase = buy("A-1", event="abroad")

    assert search(staff, typed) == [purchase.payment]


def test_one_that_is_meant_is_opened_at_once(staff: Client, purchase: Purchase) -> None:
    found = staff.get(f"{LIST}find/", {"q": " Ada@example.com "})

    assert found.headers["Location"] == page_of(purchase.payment)


@pytest.mark.parametrize(("typed", "count"), [("Lovelace", 2), ("Nobody & Co", 0), ("", 2)])
def test_several_or_none_lead_to_the_list(
    typed: str, count: int, staff: Client, purchase: Purchase, buy: Buy
) -> None:
    buy("B-1")

    found = staff.get(f"{LIST}find/", {"q": typed}, follow=True)

    assert found.context["cl"].result_count == count


@pytest.mark.parametrize("ledger", ["refund", "stripeevent"])
def test_what_belongs_to_a_payment_is_found_by_the_same(
    ledger: str, staff: Client, paid: Purchase, stripe: Sandbox
) -> None:
    stripe.refund(paid.session_id, 500)
    ask(paid.payment, cause=Cause.STAFF)
    row = {"refund": Refund, "stripeevent": StripeEvent}[ledger].objects.get()  # type: ignore[attr-defined]
    own_id = row.refund_id if ledger == "refund" else row.event_id

    for typed in ("ada@example.com", "84", own_id):
        assert list(staff.get(f"/admin/payments/{ledger}/", {"q": typed}).context["cl"].queryset) == [row]
    assert not staff.get(f"/admin/payments/{ledger}/", {"q": "nobody"}).context["cl"].result_count


# What is wrong


Story = Callable[..., Any]
STORIES: dict[str, Story] = {}


def story(function: Story) -> Story:
    STORIES[function.__name__] = function
    return function


@pytest.fixture
def world(paid: Purchase, stripe: Sandbox, deliver: Deliver, buy: Buy, settings: Any) -> dict[str, Any]:
    return {"paid": paid, "stripe": stripe, "deliver": deliver, "buy": buy, "settings": settings}


def pay_for(seats: tuple[str, ...], buy: Buy, stripe: Sandbox, **how: Any) -> Purchase:
    purchase = buy(*seats)
    stripe.pay(purchase.session_id, **how)
    return purchase


@story
def bought_in_test(paid: Purchase, settings: Any, **_: Any) -> Purchase:
    settings.STRIPE_SECRET_KEY = "sk_live_admit"
    return paid


@story
def paid_unheard(buy: Buy, stripe: Sandbox, deliver: Deliver, **_: Any) -> Purchase:
    purchase = pay_for(("B-1",), buy, stripe)
    charges = [event for event in stripe.events() if event["type"] == "charge.succeeded"]
    deliver(charges[-1])
    return purchase


@story
def event_failed(buy: Buy, stripe: Sandbox, deliver: Deliver, **_: Any) -> Purchase:
    purchase = pay_for(("B-1", "B-2"), buy, stripe)
    purchase.booking.seats.filter(label="B-2").update(booking=None)
    assert deliver("completed", purchase).status_code == 500
    return purchase


@story
def conflict(buy: Buy, stripe: Sandbox, **_: Any) -> Purchase:
    purchase = buy("B-1")
    Payment.objects.filter(session_id=purchase.session_id).update(session_id="cs_test_lost")
    ask(Payment.objects.get(session_id="cs_test_lost"), cause=Cause.STAFF)
    return Purchase("cs_test_lost", {})


@story
def unclear(buy: Buy, stripe: Sandbox, **_: Any) -> Purchase:
    purchase = buy("B-1")
    told = {**stripe.session(purchase.session_id), "status": "frozen"}
    settle(read_session(told, asked=next_question()), cause=Cause.STAFF)
    return purchase


@story
def unreachable(buy: Buy, stripe: Sandbox, settings: Any, **_: Any) -> Purchase:
    purchase = buy("B-1")
    without_retries(settings)
    let_end(purchase, stripe)
    stripe.fault("* /v1/*", "500_before", times=None)
    run()
    stripe.clear_faults()
    return purchase


@story
def undecided(buy: Buy, **_: Any) -> Purchase:
    purchase = buy("B-1")
    Payment.objects.filter(session_id=purchase.session_id).update(created_at=timezone.now() - LONG_AGO)
    return purchase


@story
def refund_failed(buy: Buy, stripe: Sandbox, deliver: Deliver, **_: Any) -> Purchase:
    purchase = mismatch(buy=buy, stripe=stripe, deliver=deliver)
    stripe.post("/balance", {"short": "refuse"})
    work("send_refund")
    return purchase


@story
def refund_due(**world: Any) -> Purchase:
    return mismatch(**world)


@story
def mismatch(buy: Buy, stripe: Sandbox, deliver: Deliver, **_: Any) -> Purchase:
    purchase = pay_for(("B-1",), buy, stripe)
    event = stripe.event("completed", purchase.session_id)
    event["data"]["object"]["amount_total"] = 3000
    deliver(event)
    return purchase


@story
def paid_twice(buy: Buy, stripe: Sandbox, deliver: Deliver, **_: Any) -> Purchase:
    first = buy("B-1")
    stripe.expire(first.session_id)
    deliver("expired", first)
    second = pay_again(first)
    stripe.pay(second.session_id)
    deliver("completed", second)
    pay_late(first, stripe, deliver)
    return first


@story
def refund_unassigned(paid: Purchase, stripe: Sandbox, **_: Any) -> Purchase:
    stripe.refund(paid.session_id, 4200)
    ask(paid.payment, cause=Cause.STAFF)
    return paid


@story
def disputed(paid: Purchase, stripe: Sandbox, **_: Any) -> Purchase:
    stripe.dispute(paid.session_id)
    ask(paid.payment, cause=Cause.STAFF)
    return paid


@story
def dispute_unassigned(paid: Purchase, stripe: Sandbox, **_: Any) -> Purchase:
    stripe.dispute(paid.session_id, amount=1000)
    ask(paid.payment, cause=Cause.STAFF)
    return paid


@story
def unreadable(paid: Purchase, stripe: Sandbox, **_: Any) -> Purchase:
    refund = stripe.refund(paid.session_id, 1000)
    stripe.override(refund["id"], status="some_future_status")
    ask(paid.payment, cause=Cause.STAFF)
    return paid


@story
def fraud_warning(paid: Purchase, stripe: Sandbox, deliver: Deliver, **_: Any) -> Purchase:
    stripe.post(f"/sessions/{paid.session_id}/warn")
    deliver(next(event for event in stripe.events() if event["type"].startswith("radar.")))
    assert FraudWarning.objects.exists()
    return paid


@story
def ticketless(paid: Purchase, stripe: Sandbox, **_: Any) -> Purchase:
    dispute = stripe.dispute(paid.session_id)
    stripe.close_dispute(dispute["id"], "lost")
    ask(paid.payment, cause=Cause.STAFF)
    stripe.post(f"/disputes/{dispute['id']}/move", {"status": "won"})
    ask(paid.payment, cause=Cause.STAFF)
    return paid


@story
def undrawn(paid: Purchase, **_: Any) -> Purchase:
    Ticket.objects.filter(seat__label="A-1").update(qr_png=None, drawing_error="Boom")
    return paid


@story
def mail_refused(paid: Purchase, **_: Any) -> Purchase:
    refused = {"mail_refused_at": timezone.now(), "mail_refusal": "550 No such user"}
    Booking.objects.filter(pk=paid.booking.pk).update(**refused)
    return paid


@story
def unmailed(paid: Purchase, **_: Any) -> Purchase:
    Booking.objects.filter(pk=paid.booking.pk).update(confirmed_at=timezone.now() - LONG_AGO)
    return paid


WHAT_ELSE = {
    "dispute_unassigned": {"disputed"},
    "event_failed": {"paid_unheard"},
    "unreachable": {"undecided"},
    "refund_failed": {"mismatch", "refund_due"},
    "refund_due": {"mismatch"},
    "mismatch": {"refund_due"},
    "paid_twice": {"refund_due"},
}


@pytest.mark.parametrize("name", STORIES)
def test_an_alert_is_found_by_its_name_and_said_on_the_payments_page(
    name: str, staff: Client, world: dict[str, Any]
) -> None:
    payment = STORIES[name](**world).payment

    assert {alert.name for alert in alerts_of(payment)} == {name} | WHAT_ELSE.get(name, set())
    assert list(staff.get(LIST, {"trouble": name}).context["cl"].queryset) == [payment]
    (alert,) = [it for it in ALERTS if it.name == name]
    assert f"<strong>{alert.title}.</strong>" in staff.get(page_of(payment)).content.decode()
    front = staff.get("/admin/").content.decode()
    assert f'{LIST}?trouble={name}"' in front


def test_every_alert_has_its_story_or_is_of_an_event() -> None:
    assert {alert.name for alert in ALERTS if alert.model is Payment} == set(STORIES)


def test_an_alert_knows_what_time_it_is_each_time(buy: Buy) -> None:
    payment = buy("B-1").payment
    assert alerts_of(payment) == []

    Payment.objects.update(created_at=timezone.now() - LONG_AGO)

    assert [alert.name for alert in alerts_of(payment)] == ["undecided"]


def test_an_event_that_is_nobodys_waits_in_the_list_of_events(
    staff: Client, purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id)
    event = stripe.event("completed", purchase.session_id)
    subject = event["data"]["object"]
    subject.update(id="cs_test_lost", metadata={"payment": "X" * 26, "shop": shop_id()}, payment_intent=None)
    assert deliver(event).status_code == 500

    found = staff.get("/admin/payments/stripeevent/", {"trouble": "event_unowned"}).context["cl"].queryset

    assert list(found) == [StripeEvent.objects.get()]
    assert "/admin/payments/stripeevent/?trouble=event_unowned" in staff.get("/admin/").content.decode()


def test_where_nothing_is_wrong_the_front_page_is_quiet(staff: Client, paid: Purchase) -> None:
    work()

    page = staff.get("/admin/").content.decode()

    assert "All clear" in page
    assert "?trouble=" not in page
    assert "Paid twice" in page


def test_the_front_page_says_how_many_and_since_when(staff: Client, buy: Buy) -> None:
    for seat in ("B-1", "B-2", "B-3"):
        buy(seat)
    Payment.objects.filter(booking__seats__label="B-1").update(created_at=timezone.now() - timedelta(hours=5))
    Payment.objects.filter(booking__seats__label="B-2").update(created_at=timezone.now() - LONG_AGO)

    page = staff.get("/admin/").content.decode()

    assert '<b class="count">2</b>' in page
    assert "oldest: 5\xa0hours" in page


def test_what_went_back_by_itself_is_told_for_a_day(
    world: dict[str, Any], stripe: Sandbox, staff: Client
) -> None:
    payment = mismatch(**world).payment
    work("send_refund")
    assert [alert.name for alert in alerts_of(payment)] == ["mismatch"]

    Payment.objects.filter(pk=payment.pk).update(processed_at=timezone.now() - timedelta(days=2))

    assert alerts_of(payment) == []


def test_a_mail_that_is_owed_about_money_is_an_alert_too(world: dict[str, Any]) -> None:
    payment = mismatch(**world).payment
    Notification.objects.update(created_at=timezone.now() - LONG_AGO)

    assert "unmailed" in [alert.name for alert in alerts_of(payment)]


def test_a_filter_that_does_not_exist_hides_nothing(staff: Client, purchase: Purchase) -> None:
    assert staff.get(LIST, {"trouble": "none_such"}).context["cl"].result_count == 1


@pytest.mark.parametrize(
    "address", [LIST, "/admin/bookings/booking/", "/admin/bookings/seat/", "/admin/auth/user/"]
)
@pytest.mark.parametrize(
    "typed", [" ".join(f"a{n}" for n in range(2_500)), "ada@example.com " * 500, "a" * 7_000], ids=len
)
def test_a_novel_is_not_searched_for(address: str, typed: str, purchase: Purchase) -> None:
    boss = log_in(make_user(is_superuser=True))
    with CaptureQueriesContext(connection) as asked:
        answer = boss.get(address, {"q": typed})

    assert answer.status_code == 200
    assert len(asked) < 25
    assert max(len(query["sql"]) for query in asked) < 20_000
