"""Links that add a ticket to Google Wallet: what they claim, and that the signature is the account's."""

import base64
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client

from bookings.models import Event, StopReason, Ticket
from bookings.tickets import tokens
from bookings.tickets.validity import stop_tickets
from config.wallets import GoogleWallet
from tests.bookings.wallet.authority import ACCOUNT, ISSUER_ID

PREFIX = "https://pay.google.com/gp/v/save/"
LONGEST = 1800  # characters
BUTTON = "Add to Google Wallet"


def address(ticket: Ticket) -> str:
    return f"{ticket.get_absolute_url()}google-wallet/"


def link(client: Client, ticket: Ticket) -> str:
    answer = client.get(address(ticket))
    assert answer.status_code == 302
    return answer.headers["Location"].removeprefix(PREFIX)


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def claims(token: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(decode(token.split(".")[1]))
    return read


def both(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is told of the event and of the ticket."""
    payload = claims(token)["payload"]
    [event], [ticket] = payload["eventTicketClasses"], payload["eventTicketObjects"]
    return event, ticket


def test_a_link_says_what_the_ticket_says(google: GoogleWallet, ticket: Ticket, client: Client) -> None:
    token = link(client, ticket)

    event, one = both(token)
    assert {name: claims(token)[name] for name in ("iss", "aud", "typ")} == {
        "iss": ACCOUNT,
        "aud": "google",
        "typ": "savetowallet",
    }
    assert event["eventName"]["defaultValue"] == {"language": "en", "value": "Demo Night"}
    assert event["dateTime"]["start"] == ticket.event.starts_at.isoformat(timespec="seconds")
    assert one["classId"] == event["id"]
    assert one["id"].startswith(f"{ISSUER_ID}.")
    assert one["barcode"]["value"] == tokens.sign(ticket)
    assert one["seatInfo"]["seat"]["defaultValue"]["value"] == "A-1"
    assert ticket.code not in one["id"]


def test_the_accounts_key_has_signed_it(google: GoogleWallet, ticket: Ticket, client: Client) -> None:
    content, _dot, signature = link(client, ticket).rpartition(".")

    assert json.loads(decode(content.split(".")[0])) == {"alg": "RS256", "typ": "JWT"}
    public = google.key.public_key()
    public.verify(decode(signature), content.encode(), PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(decode(signature), content.encode() + b"x", PKCS1v15(), SHA256())


@pytest.mark.parametrize("title", ["Demo Night", "Ein Fest " * 20, "夜の演劇" * 45])
def test_browsers_take_the_whole_link(
    google: GoogleWallet, ticket: Ticket, client: Client, title: str
) -> None:
    Event.objects.update(title=title[:200], venue=title[:200])

    token = link(client, ticket)

    assert len(token) <= LONGEST
    assert both(token)[1]["barcode"]["value"] == tokens.sign(ticket)


def test_a_rescheduled_event_is_another_one_there(
    google: GoogleWallet, ticket: Ticket, client: Client
) -> None:
    before = both(link(client, ticket))
    Event.objects.update(venue="The Other House")

    after = both(link(client, ticket))

    assert [one["id"] for one in before] != [one["id"] for one in after]


def test_it_is_made_anew_and_kept_nowhere(google: GoogleWallet, ticket: Ticket, client: Client) -> None:
    headers = client.get(address(ticket)).headers

    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Robots-Tag"] == "noindex"


def test_a_ticket_that_isnt_valid_has_no_link(google: GoogleWallet, ticket: Ticket, client: Client) -> None:
    assert BUTTON in client.get(ticket.get_absolute_url()).content.decode()

    stop_tickets(ticket.booking, {ticket.pk: StopReason.REFUNDED})

    assert client.get(address(ticket)).headers["Location"] == ticket.get_absolute_url()
    assert BUTTON not in client.get(ticket.get_absolute_url()).content.decode()


def test_without_an_account_there_is_no_button_and_no_link(ticket: Ticket, client: Client) -> None:
    assert BUTTON not in client.get(ticket.get_absolute_url()).content.decode()
    assert client.get(address(ticket)).status_code == 404
