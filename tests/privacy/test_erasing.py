"""Erasing a customer: nothing of them is left in any column of any table, and the money still adds up."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from bookings.models import Booking, Event, Ticket
from bookings.tickets.issuing import enqueue_mail
from payments.fsck import inspect
from payments.ledger.verification import ask
from payments.models import Action, Cause, LostSession, Payment, Restore, StripeEvent, Subscription
from privacy.erasing import NotErasable, erase_customer
from privacy.models import Erasure
from receipts.issuing import issue_due
from receipts.models import Receipt
from tests.legal.house import make_house
from tests.support.accounts import sign_in
from tests.support.members import make_member, make_plan
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.staff import action_of, press, somebody_of
from tests.support.turns import lose_a_session
from tests.support.worker import work

EMAIL = "ada@example.com"
NAME = "Ada Lovelace"
GUEST = "Grace Hopper"
COLUMNS = """
    SELECT table_name, column_name FROM information_schema.columns
      JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
       AND (data_type IN ('text', 'character varying', 'json', 'jsonb', 'ARRAY') OR udt_name = 'citext')
"""
# Receipts keep the buyer's name: the law wants them for years.
KEPT = {("receipts_receipt", "buyer")}


def places_of(word: str) -> set[tuple[str, str]]:
    """Return every column of the whole database that has ``word`` somewhere, as it is or escaped in JSON."""
    spellings = {word, json.dumps(word)[1:-1]}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        columns = cursor.fetchall()
        found = set()
        for table, column in columns:
            for spelling in spellings:
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ILIKE %s', [f"%{spelling}%"]
                )
                if cursor.fetchone()[0]:
                    found.add((table, column))
    return found


@shared
def known(box_office: BoxOffice) -> Purchase:
    """A customer with an account who is in as many tables as can be, and whose event is over."""
    make_house()
    make_event()
    browser, stripe = Client(), box_office.stripe
    account = sign_in(browser, EMAIL)
    purchase = BoxOffice(browser, stripe).sell()
    Ticket.objects.filter(booking=purchase.booking, seat__label="A-2").update(name=GUEST)
    stripe.refund_by_staff(purchase.session_id, 500)
    for event in stripe.events():
        box_office.deliver(event)
    ask(purchase.payment, cause=Cause.STAFF)
    press(somebody_of("Finance"), action_of(purchase.payment, Action.NOTE), reason=f"{NAME} called: {EMAIL}")
    staff = User.objects.filter(is_staff=True).first()
    assert staff
    LogEntry.objects.create(user=staff, object_repr=EMAIL, action_flag=2, change_message=f"to {EMAIL}")
    StripeEvent.objects.filter(payment=purchase.payment).update(traceback=f"KeyError: {EMAIL}")
    lose_a_session()
    LostSession.objects.update(name=NAME, email=EMAIL)
    User.objects.filter(pk=account.pk).update(first_name="Ada", last_name="Lovelace")
    work()
    issue_due()
    ended = timezone.now() - timedelta(days=1)
    Event.objects.update(
        starts_at=ended - timedelta(hours=2),
        ends_at=ended,
        sales_from=ended - timedelta(days=9),
        sales_until=ended - timedelta(days=2),
    )
    return purchase


def test_before_it_the_customer_is_in_many_places(known: Purchase) -> None:
    assert {table for table, _column in places_of(EMAIL) | places_of(NAME)} >= {
        *("account_emailaddress", "auth_user", "bookings_booking", "customers_mailedcode"),
        *("django_admin_log", "payments_lostsession", "payments_payment", "payments_staffaction"),
        *("payments_stripeevent", "receipts_receipt"),
    }


def test_nothing_of_them_is_left_but_the_name_on_receipts(known: Purchase) -> None:
    assert erase_customer(EMAIL) == 1

    assert places_of(EMAIL) == set()
    assert places_of("Lovelace") == KEPT
    assert places_of(GUEST) == set()


def test_the_money_still_adds_up_and_what_is_evidence_of_it_stays(known: Purchase) -> None:
    before = inspect()
    bodies = [json.loads(event.body) for event in StripeEvent.objects.order_by("pk")]

    erase_customer(EMAIL)

    assert inspect() == before
    for old, event in zip(bodies, StripeEvent.objects.order_by("pk"), strict=True):
        new = json.loads(event.body)
        assert new["id"] == old["id"]
        assert facts(new["data"]["object"]) == facts(old["data"]["object"])
    receipt = Receipt.objects.earliest("pk")
    assert (receipt.buyer, receipt.gross) == (NAME, 8400)


def facts(stripe_object: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "object", "amount", "amount_total", "currency", "status", "payment_status", "metadata")
    known = {name: stripe_object[name] for name in names if name in stripe_object}
    return known | {"metadata": {**stripe_object.get("metadata", {}), "name": ""}}


def test_their_account_and_sessions_are_gone_and_they_can_begin_anew(known: Purchase) -> None:
    browser = Client()
    old = sign_in(browser, EMAIL)

    erase_customer(EMAIL)

    assert browser.get("/bookings/").status_code == 302
    old.refresh_from_db()
    assert (old.is_active, old.email, old.first_name) == (False, "", "")
    new = sign_in(Client(), EMAIL)
    assert new.pk != old.pk
    assert not new.bookings.exists()


def test_it_is_recorded_by_a_hash_and_the_second_time_nothing_is_left_to_do(known: Purchase) -> None:
    erase_customer(EMAIL)
    assert erase_customer(EMAIL) is None
    assert erase_customer("nobody@example.com") is None

    assert [row.bookings for row in Erasure.objects.all()] == [1]


def test_a_guest_is_erased_too_and_others_stay(known: Purchase, box_office: BoxOffice) -> None:
    Event.objects.update(sales_until=timezone.now() - timedelta(days=2))
    guest = Booking.objects.get()
    guest.customer, guest.email = None, "ADA@example.com"
    guest.save(update_fields=["customer", "email"])
    other = Booking.objects.create(
        event=guest.event,
        name="Ada Lovelace-Byron",
        email="x.ada@example.com",
        status="released",
        released_at=timezone.now(),
        held_until=timezone.now() + timedelta(hours=1),
    )

    erase_customer(EMAIL)

    guest.refresh_from_db()
    other.refresh_from_db()
    assert (guest.name, guest.email) == ("", "")
    assert (other.name, other.email) == ("Ada Lovelace-Byron", "x.ada@example.com")


def test_mails_that_wait_go_nowhere(known: Purchase) -> None:
    booking = known.booking
    Booking.objects.update(mailed_at=None)
    enqueue_mail(booking)
    mail.outbox.clear()

    erase_customer(EMAIL)
    work("mail_tickets")

    assert mail.outbox == []


# Refusals


def upcoming() -> None:
    now = timezone.now()
    Event.objects.update(ends_at=now + timedelta(days=2), starts_at=now + timedelta(days=1))


def test_who_has_tickets_for_what_is_to_come_is_erased_by_force_only(known: Purchase) -> None:
    upcoming()

    with pytest.raises(NotErasable, match="Demo Night is on"):
        erase_customer(EMAIL)
    assert places_of(EMAIL)

    assert erase_customer(EMAIL, force=True) == 1
    assert Erasure.objects.get().was_forced
    assert Ticket.objects.filter(status="valid").exists()


@pytest.mark.parametrize("status", ["pending", "processing"])
def test_money_under_way_can_not_be_forced(known: Purchase, status: str) -> None:
    Payment.objects.update(status=status, processed_at=None)

    with pytest.raises(NotErasable, match="refund is in progress"):
        erase_customer(EMAIL, force=True)


def test_staff_are_no_customers(known: Purchase) -> None:
    User.objects.create_user("boss", "boss@example.com", is_staff=True)

    with pytest.raises(NotErasable, match="staff"):
        erase_customer("boss@example.com", force=True)


def test_a_member_is_erased_once_the_membership_has_ended(known: Purchase, stripe: Sandbox) -> None:
    Restore.objects.update(ended_at=timezone.now())  # Until then nothing is sold.
    member = make_member(stripe, "eve")
    member.join(make_plan(stripe))
    with pytest.raises(NotErasable, match="still active"):
        erase_customer("eve@example.com", force=True)
    Subscription.objects.update(status="canceled", entitled_until=None)

    assert erase_customer("eve@example.com") == 0

    assert places_of("eve@example.com") == set()


def told(*arguments: str) -> Iterator[str]:
    out = StringIO()
    try:
        call_command("erase_customer", *arguments, stdout=out)
    except CommandError as error:
        yield str(error)
    yield out.getvalue()


def test_the_command_says_what_it_did(known: Purchase) -> None:
    upcoming()

    assert "--force" in next(told(EMAIL))
    assert "erased from 1 bookings." in "".join(told(EMAIL, "--force"))
    assert "No data stored" in "".join(told(EMAIL))


# Staff's button

PAGE = "/admin/privacy/erasure/customer/"


def test_staff_erase_by_typing_the_address_again(known: Purchase) -> None:
    officer = somebody_of("Data protection")
    page = officer.get(PAGE, {"email": EMAIL}).content.decode()
    assert "Demo Night" in page

    wrong = officer.post(PAGE, {"email": EMAIL, "typed": "ada@example.org"})
    assert "The addresses don’t match." in wrong.content.decode()
    assert places_of(EMAIL)
    right = officer.post(PAGE, {"email": EMAIL, "typed": "ADA@example.com"}, follow=True)

    assert "erased from 1 bookings." in right.content.decode()
    assert Erasure.objects.get().by is not None
    assert places_of(EMAIL) == set()


def test_staff_see_why_not(known: Purchase) -> None:
    upcoming()
    officer = somebody_of("Data protection")

    refused = officer.post(PAGE, {"email": EMAIL, "typed": EMAIL}).content.decode()
    assert "Demo Night is on" in refused
    assert 'name="force"' in refused
    officer.post(PAGE, {"email": EMAIL, "typed": EMAIL, "force": "on"})

    assert Erasure.objects.count() == 1


@pytest.mark.parametrize("group", ["Box office", "Finance", "Door"])
def test_the_button_is_a_right_of_its_own(known: Purchase, group: str) -> None:
    somebody = somebody_of(group)

    assert somebody.get(PAGE, {"email": EMAIL}).status_code == 403
    assert somebody.post(PAGE, {"email": EMAIL, "typed": EMAIL}).status_code == 403
    if group != "Door":
        page = somebody.get(f"/admin/bookings/booking/{known.booking.pk}/change/").content.decode()
        assert "Customer data" not in page
