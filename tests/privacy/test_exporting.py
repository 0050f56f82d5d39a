"""A customer's own export: whatever the database has of them is in it, and nothing that opens anything."""

import json

from django.db import connection
from django.test import Client

from bookings.models import Booking
from tests.privacy.test_erasing import EMAIL, GUEST, NAME, known, places_of
from tests.support.accounts import sign_in
from tests.support.shop import Purchase
from tests.support.staff import make_user

__all__ = ["known"]
# Staff's own log, and what waits to be mailed by number.
NOT_THEIRS = {"django_admin_log"}


def exported(browser: Client) -> str:
    answer = browser.post("/account/data/")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    return answer.content.decode()


def test_every_value_that_has_their_name_or_address_is_in_it(known: Purchase) -> None:
    browser = Client()
    sign_in(browser, EMAIL)

    document = json.loads(exported(browser))

    words = json.dumps(document, ensure_ascii=False).lower()
    for word in (EMAIL, NAME, GUEST):
        for table, column in places_of(word):
            if table not in NOT_THEIRS:
                missing = [value for value in values_of(table, column, word) if not is_in(value, words)]
                assert missing == [], (table, column)


def values_of(table: str, column: str, word: str) -> list[str]:
    sql = f'SELECT "{column}"::text FROM "{table}" WHERE "{column}"::text ILIKE %s'
    with connection.cursor() as cursor:
        cursor.execute(sql, [f"%{word}%"])
        return [value for (value,) in cursor.fetchall()]


def is_in(value: str, words: str) -> bool:
    """Whether a text is in the document, as JSON if it is that."""
    try:
        parsed = json.loads(value)
    except ValueError:
        parsed = value
    return json.dumps(parsed, ensure_ascii=False).strip('"').lower() in words


def test_nothing_in_it_opens_anything_or_is_somebody_elses(known: Purchase) -> None:
    browser = Client()
    account = sign_in(browser, EMAIL)
    other = Booking.objects.get()
    other.pk, other.reference, other.ticket_reference = None, "Z" * 26, None
    other.customer, other.email, other.name, other.status = None, "eve@example.com", "Eve", "released"
    other.released_at = other.created_at
    other.save()

    content = exported(browser)

    assert account.password not in content
    assert "eve@example.com" not in content
    assert str(browser.session.session_key) not in content


def test_only_who_is_signed_in_gets_it_and_staff_do_not(known: Purchase, client: Client) -> None:
    assert client.post("/account/data/").status_code == 302
    assert client.get("/account/data/").status_code == 405
    client.force_login(make_user("Finance"))
    assert client.post("/account/data/").status_code == 404


def test_the_accounts_page_offers_it(known: Purchase) -> None:
    browser = Client()
    sign_in(browser, EMAIL)

    assert 'action="/account/data/"' in browser.get("/account/email/").content.decode()
