"""Addresses from before there was a normal form: the migration of a shop that has sold to them."""

from importlib import import_module
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from bookings.models import Booking, Event
from customers.models import MailedCode
from customers.models.mailed_code import fingerprint
from payments.fsck.accounts import account_nobody_can_open
from tests.bookings.announcements.ticket_holders import sell
from tests.support.accounts import is_signed_in, mailed_code, make_account, sign_in

ENCODED = "ada@xn--fa-hia.de"

pytestmark = pytest.mark.django_db


def put(row: Any, email: str) -> Any:
    """Write an address as it was written before, past the field that normalises it."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET email = %s WHERE id = %s", [email, row.pk])
    return row


def old_account(email: str) -> User:
    user = make_account(email)
    put(EmailAddress.objects.get(user=user), email)
    return put(user, email)


def migrate() -> None:
    migration = import_module("customers.migrations.0004_mail")
    migration.move_bookings(apps, None)
    migration.move_accounts(apps, None)


def fresh(row: Any) -> Any:
    row.refresh_from_db()
    return row


def test_an_address_that_meant_the_same_stays_whose_it_is(event: Event, client: Client) -> None:
    account = old_account("ada@bücher.example")
    booking = put(sell(event, "A-1", "x@example.com"), "Ada@Bücher.example")
    Booking.objects.filter(pk=booking.pk).update(customer=account, mailed_at=timezone.now())

    migrate()

    booking = fresh(booking)
    assert (booking.email, booking.customer) == ("Ada@xn--bcher-kva.example", account)
    assert (booking.mail_refused_at, booking.mailed_at is None) == (None, False)
    assert sign_in(client, "ada@bücher.example") == account


def test_who_read_the_mail_of_another_domain_has_it_no_longer(event: Event, client: Client) -> None:
    account, owner = old_account("ada@faß.de"), Client()
    owner.force_login(account, "customers.backends.MailedCodeBackend")
    booking = put(sell(event, "A-1", "x@example.com"), "ada@faß.de")
    Booking.objects.filter(pk=booking.pk).update(customer=account, mailed_at=timezone.now())
    put(MailedCode.objects.create(email="x@example.com", network="::", fingerprint="x"), "ada@faß.de")

    migrate()

    booking = fresh(booking)
    assert (booking.email, booking.customer, booking.mailed_at) == (ENCODED, None, None)
    assert "went to @fass.de" in booking.mail_refusal
    assert not is_signed_in(owner)
    assert not MailedCode.objects.exists()
    (found,) = account_nobody_can_open()
    assert found.subject == f"account {account.pk}"

    newcomer = sign_in(client, "ada@faß.de")
    assert newcomer != account
    assert fresh(booking).customer == newcomer


def test_two_accounts_of_one_mailbox_are_not_merged(event: Event, client: Client) -> None:
    kept, other = make_account("ada@xn--bcher-kva.example"), old_account("ada@bücher.example")
    booking = sell(event, "A-1", "somebody@example.com")
    Booking.objects.filter(pk=booking.pk).update(customer=other)

    migrate()

    assert sign_in(client, "ada@bücher.example") == kept
    assert fresh(booking).customer == other
    call_command("change_address", str(other.pk), "new@example.com")
    verified = EmailAddress.objects.filter(verified=True).values_list("user", "email")
    assert set(verified) == {(kept.pk, "ada@xn--bcher-kva.example"), (other.pk, "new@example.com")}


@pytest.mark.parametrize(
    ("before", "after"),
    [("ada@i❤.ws", "ada@xn--i-7iq.ws"), ("ada@ﬀ.com", "ada@ff.com"), ("ada@house", "ada@house")],
)
def test_every_address_has_a_form_afterwards(before: str, after: str, event: Event) -> None:
    booking = put(sell(event, "A-1", "x@example.com"), before)

    migrate()

    assert fresh(booking).email == after


def test_a_code_of_an_older_process_opens_nothing(client: Client) -> None:
    client.post("/account/login/", {"email": "ada@faß.de"})
    code = mailed_code(ENCODED)
    row = put(MailedCode.objects.get(), "ada@faß.de")
    # With the address that the older process had.
    MailedCode.objects.filter(pk=row.pk).update(fingerprint=fingerprint("ada@faß.de", code))

    client.post("/account/code/", {"code": code})

    assert not is_signed_in(client)
    assert not User.objects.exists()
