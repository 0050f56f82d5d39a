"""A page of the staff's asks the database the same few questions, however much there is to show."""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.announcements import sending as announcements
from bookings.models import (
    Announcement,
    AnnouncementCopy,
    Answer,
    Area,
    AreaKind,
    BookedSeat,
    Booking,
    ChangeKind,
    Event,
    EventChange,
    EventNotice,
    NoticeOutcome,
    Production,
    Question,
    SaleCode,
    Seat,
    Ticket,
    TicketType,
    WaitingEntry,
)
from bookings.orders.buyers import Buyer
from bookings.seats.holds import hold_seats
from bookings.seats.layout import add_rows
from branding.models import Shop
from branding.models.shop import assume
from customers.models import SignInEvent
from customers.sessions import SIGN_IN
from legal.models import LegalText
from payments.ledger.refunds import request_refund
from payments.models import (
    Action,
    Cause,
    Check,
    CounterReturn,
    CounterSale,
    Dispute,
    FraudWarning,
    LostSession,
    Notification,
    Origin,
    Payment,
    Refund,
    SaleKind,
    StaffAction,
    StripeEvent,
    Till,
    Transition,
)
from payments.staff import bulk
from payments.staff.alerts import ALERTS
from privacy.models import Erasure
from receipts.issuing import issue_due
from receipts.models import Receipt
from tests.legal.house import make_house, publish_terms
from tests.payments.staff.test_roles import list_of
from tests.support.at_the_door.rows import make_entry
from tests.support.members import make_row
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase, make_event
from tests.support.staff import action_of, log_in, page_of, press, replay_of
from tests.support.turns import lose_a_session
from tests.support.worker import work

MANY = 50
MOST = 60  # queries of any page
ACTIONS = [
    *(Action.ASK, Action.REFUND, Action.ASSIGN_REFUND, Action.RETRY_REFUND, Action.WAIVE_REFUND),
    *(Action.RESEND, Action.ADDRESS, Action.NAME, Action.REDRAW, Action.NOTE),
    Action.MOVE,
]


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss", "boss@example.com", "x")


@pytest.fixture
def staff(boss: User) -> Client:
    """
    Somebody who will be seen in an hour, so that no page notes that they are seen now.

    That is done once a minute, by three statements, on whatever page a slow machine has come to by then.
    """
    client = log_in(boss)
    session = client.session
    session[SIGN_IN]["seen"] += 3600
    session.save()
    return client


@pytest.fixture
def world(purchase: Purchase, stripe: Sandbox, deliver: Deliver, staff: Client, boss: User) -> Purchase:
    """A payment that is in every ledger and has nearly every alert, and one row of all else."""
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    ticket = purchase.booking.tickets.filter(seat__label="A-1")
    request_refund(purchase.payment, origin=Origin.STAFF, cause=Cause.STAFF, tickets=list(ticket))
    stripe.post("/balance", {"short": "refuse"})
    work("send_refund")
    stripe.post("/balance", {"short": False})
    stripe.refund(purchase.session_id, 500)
    stripe.dispute(purchase.session_id)
    stripe.post(f"/sessions/{purchase.session_id}/warn")
    for event in stripe.events():
        deliver(event)
    ticket.update(qr_png=None, drawing_error="Boom")
    StripeEvent.objects.filter(type="charge.succeeded").update(outcome="failed", traceback="Boom")
    press(staff, action_of(purchase.payment, Action.NOTE))
    bulk.start(
        Payment.objects.all(), action=Action.ASK, actor=boss, reason="A bad evening.", form_id=uuid4().hex
    )
    words = {"subject": "Doors at 7", "text": "Please come by tram."}
    announcements.start(purchase.booking.event, author=boss, form_id=uuid4().hex, **words)
    AnnouncementCopy.objects.update(outcome="refused")
    Group.objects.exclude(name="Finance").delete()
    make_row(boss)
    SignInEvent.objects.create(step="signed_in", user=boss, account=boss.username)
    make_event(slug="another")  # With only one, there would be no filter by event.
    Event.objects.update(production=Production.objects.create(title="Hamlet", slug="hamlet"))
    move(purchase.booking, boss)
    lose_a_session()
    make_house(receipts_from=purchase.payment.created_at)
    publish_terms()
    issue_due()
    Erasure.objects.create(digest="0" * 64, by=boss, bookings=1, was_forced=False)
    furnish(Event.objects.get(slug="another"), boss)
    entered = purchase.booking.tickets.get(seat__label="A-2")
    make_entry(entered, timezone.now())
    make_entry(entered, timezone.now(), conflict="two_devices")
    return purchase


def furnish(event: Event, boss: User) -> None:
    """Make one row of what ``event`` may have besides seats, and of what is sold at the counter."""
    assume(Shop.objects.create(), seconds=math.inf)  # A process reads it every few seconds.
    Area.objects.create(event=event, slug="floor", name="Floor", kind=AreaKind.STANDING)
    TicketType.objects.create(event=event, slug="child", name="Child", percent_off=50)
    SaleCode.objects.create(event=event, code="SPRING", percent_off=10)
    until = timezone.now() + timedelta(minutes=30)
    booking = hold_seats(event, Buyer(name="Ada", email="ada@example.com"), labels=["A-1"], until=until)
    question = Question.objects.create(event=event, text="How do you come?")
    Answer.objects.create(question=question, booking=booking, value="On foot", answered_at=timezone.now())
    WaitingEntry.objects.create(event=event, name="Bob", email="bob@example.com", language="en", quantity=1)
    Till.objects.create(person=boss, currency="eur")
    sale = CounterSale.objects.create(booking=booking, kind=SaleKind.FREE, amount=0, currency="eur")
    CounterReturn.objects.create(sale=sale, kind=SaleKind.FREE)


def multiply_furniture() -> None:
    for number in range(MANY):
        name = f"n{number}"
        for model in (Area, TicketType):
            multiply(model.objects.earliest("pk"), 1, slug=name, name=name)
        multiply(SaleCode.objects.earliest("pk"), 1, code=name.upper())
        (booking,) = multiply(CounterSale.objects.earliest("pk").booking, 1)
        CounterSale.objects.create(booking=booking, kind=SaleKind.FREE, amount=0, currency="eur")
        multiply(WaitingEntry.objects.earliest("pk"), 1, email=f"{name}@example.com")
        (question,) = multiply(Question.objects.earliest("pk"), 1, text=name)
        multiply(Answer.objects.earliest("pk"), 1, question=question)
        make_entry(Ticket.objects.earliest("pk"), timezone.now(), conflict="two_devices")
    multiply(CounterReturn.objects.earliest("pk"), MANY)
    multiply(
        Till.objects.earliest("pk"), MANY, closed_at=timezone.now(), expected=0, counted=0, signature="A"
    )


def move(booking: Booking, actor: User) -> None:
    """Have its event moved by nothing, and its customer told."""
    event = booking.event
    times = {"starts_before": event.starts_at, "ends_before": event.ends_at}
    times |= {"starts_after": event.starts_at, "ends_after": event.ends_at}
    change = EventChange.objects.create(event=event, kind=ChangeKind.MOVED, actor=actor, **times)
    EventNotice.objects.create(change=change, booking=booking, outcome=NoticeOutcome.DONE)


def pages(world: Purchase) -> Iterator[str]:
    """Yield the address of every page, the details being those of the oldest row."""
    payment = world.payment
    failed = StripeEvent.objects.filter(outcome="failed").earliest("pk")
    yield from ("/admin/", "/admin/payments/", "/admin/bookings/")
    for model in admin.site._registry:
        yield list_of(model)
        yield f"{list_of(model)}{model.objects.earliest('pk').pk}/change/"  # type: ignore[attr-defined]
        yield f"{list_of(model)}?q=ada"
    yield f"/admin/bookings/event/{world.booking.event_id}/door/"
    yield from (f"{list_of(alert.model)}?trouble={alert.name}" for alert in ALERTS)
    yield from (f"{list_of(Payment)}?_facets=True", f"{list_of(Payment)}find/?q=ada")
    yield from (page_of(payment).replace("change/", "compare/"), replay_of(failed))
    yield from (action_of(payment, action) for action in ACTIONS)


def count_queries(staff: Client, world: Purchase) -> dict[str, int]:
    counts = {}
    for address in pages(world):
        with CaptureQueriesContext(connection) as queries:
            answer = staff.get(address)
        assert answer.status_code in (200, 302), address
        counts[address] = len(queries)
    return counts


def test_fifty_rows_cost_what_one_does(staff: Client, world: Purchase, event: Event) -> None:
    ContentType.objects.get_for_models(*admin.site._registry)  # Whatever a process asks once is asked now.
    staff.get("/admin/")
    staff.get(page_of(world.payment))
    for_one = count_queries(staff, world)

    multiply_everything(world, event)
    with connection.cursor() as cursor:  # As a shop's own server does; it would plan for tables of no rows.
        cursor.execute("ANALYZE")

    assert count_queries(staff, world) == for_one
    assert max(for_one.values()) <= MOST
    assert staff.get(list_of(Payment)).context["cl"].result_count == MANY
    assert Seat.objects.count() > MANY
    page = staff.get(page_of(world.payment)).context
    assert len(page["tickets"]) > MANY
    assert len(page["entries"]) > 5 * MANY


def multiply_everything(world: Purchase, event: Event) -> None:
    """Make fifty of everything, most of it about the one payment."""
    booking = world.booking
    add_rows(event, rows="Z", numbers=range(1, MANY + 1), price=4200)
    for born in (Ticket.objects.earliest("pk"), BookedSeat.objects.earliest("pk")):
        for seat in event.seats.filter(row="Z"):
            multiply(born, 1, seat=seat)
    for refund in Refund.objects.all():
        refund.tickets.set(Ticket.objects.all())
    for row in (*StripeEvent.objects.all(), *Refund.objects.all(), *Dispute.objects.all()):
        copies = multiply(row, MANY, **({"amount": 1} if isinstance(row, Refund) else {}))
        if isinstance(row, Refund) and row.origin == Origin.STAFF:
            for copy in copies:
                copy.tickets.set(row.tickets.all())
    for model in (FraudWarning, StaffAction, Check, Transition, LostSession, SignInEvent):
        multiply(model.objects.earliest("pk"), MANY)
    over = {"status": "released", "released_at": booking.confirmed_at, "confirmed_at": None}
    bookings = multiply(booking, MANY - 1, ticket_reference=None, **over)
    for other in bookings:
        multiply(booking.booked_seats.earliest("pk"), 1, booking=other)
        multiply_payment(world.payment, other)
    for notification in Notification.objects.all():
        for payment in Payment.objects.exclude(pk=world.payment.pk):
            multiply(notification, 1, payment=payment)
    for other in bookings:
        multiply(AnnouncementCopy.objects.earliest("pk"), 1, booking=other)
        multiply(EventNotice.objects.earliest("pk"), 1, booking=other)
    for row in (event, User.objects.earliest("pk"), Group.objects.get(), Announcement.objects.get()):
        multiply(row, MANY)
    multiply_furniture()
    multiply(Erasure.objects.get(), MANY)
    multiply(Production.objects.get(), MANY)
    multiply(EventChange.objects.get(), MANY, event=Event.objects.get(slug="another"))
    correction, terms = Receipt.objects.latest("pk"), LegalText.objects.get()
    for number in range(2, MANY + 2):
        multiply(correction, 1, position=100 + number)
        multiply(terms, 1, version=number)
    run = bulk.BulkRun.objects.get()
    for copy in multiply(run, MANY):
        multiply(run.items.get(), 1, run=copy)
    for payment in Payment.objects.exclude(pk=world.payment.pk):
        multiply(run.items.earliest("pk"), 1, payment=payment)


def multiply_payment(payment: Payment, booking: Booking) -> None:
    none = dict.fromkeys(["attempt", "payment_intent_id", "charge_id", "processed_at", "amount_received"])
    multiply(payment, 1, booking=booking, status="expired", stripe_state="", currency_received="", **none)


def multiply(row: Any, times: int, **changes: Any) -> list[Any]:
    """Return new rows like ``row`` with these ``changes``, but names of their own where they must differ."""
    model: type[Model] = type(row)
    unique = [f for f in model._meta.concrete_fields if f.unique and not f.primary_key]
    known = {f.attname: getattr(row, f.attname) for f in model._meta.concrete_fields if not f.primary_key}
    copies = []
    for _ in range(times):
        names = {f.name: uuid4().hex[: f.max_length] for f in unique if known[f.attname] is not None}
        copy = model(**{**known, **names})
        for name, value in changes.items():
            setattr(copy, name, value)
        copies.append(copy)
    return model._base_manager.bulk_create(copies)
