"""Passes for Apple Wallet: what is in them, and that the signature is one that OpenSSL takes."""

import hashlib
import io
import json
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from bookings.models import Event, StopReason, Ticket
from bookings.tickets import tokens
from bookings.tickets.validity import stop_tickets
from branding.models import Shop
from config.wallets import AppleWallet
from tests.bookings.wallet.authority import PASS_TYPE, TEAM, Authority, apple_of
from tests.support.shop import Purchase

LARGEST = 300_000  # bytes
BUTTON = "Add to Apple Wallet"


def address(ticket: Ticket) -> str:
    return f"{ticket.get_absolute_url()}pass.pkpass"


def fetch(client: Client, ticket: Ticket) -> zipfile.ZipFile:
    answer = client.get(address(ticket))
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(answer.content))


def read(archive: zipfile.ZipFile) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(archive.read("pass.json"))
    return content


def fields(content: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one["value"] for part in content["eventTicket"].values() for one in part}


def verify(
    archive: zipfile.ZipFile, authority: Authority, folder: Path
) -> "subprocess.CompletedProcess[str]":
    """Have OpenSSL verify the signature of the manifest, knowing only the authority's certificate."""
    for name in ("manifest.json", "signature"):
        (folder / name).write_bytes(archive.read(name))
    (folder / "authority.pem").write_text(authority.certificate)
    command = [
        "openssl",
        "smime",
        "-verify",
        "-inform",
        "DER",
        "-in",
        "signature",
        "-content",
        "manifest.json",
    ]
    command += ["-CAfile", "authority.pem", "-purpose", "any"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_a_pass_says_what_the_ticket_says(apple: AppleWallet, ticket: Ticket, client: Client) -> None:
    content = read(fetch(client, ticket))
    event = ticket.event

    assert (content["passTypeIdentifier"], content["teamIdentifier"]) == (PASS_TYPE, TEAM)
    assert content["barcodes"] == [
        {
            "format": "PKBarcodeFormatQR",
            "message": tokens.sign(ticket),
            "messageEncoding": "iso-8859-1",
            "altText": "A-1",
        }
    ]
    assert content["relevantDate"] == event.starts_at.isoformat(timespec="seconds")
    assert content["expirationDate"] == (event.ends_at + timedelta(hours=12)).isoformat(timespec="seconds")
    assert fields(content) == {
        "seat": "A-1",
        "event": "Demo Night",
        "when": event.starts_at.isoformat(timespec="seconds"),
        "venue": "The Little Theatre",
        "place": "Row A, seat 1",
        "name": ticket.holder,
        "booking": str(ticket.booking),
        "entry": "Show this code at the door. It’s valid for one entry.",
        "organiser": "The Little Theatre, box-office@example.com",
        "page": f"http://testserver{ticket.get_absolute_url()}",
    }


def test_it_is_in_the_shops_name_and_colours(apple: AppleWallet, ticket: Ticket, client: Client) -> None:
    Shop(name="Kleines Haus", brand_colour="#123456").save()

    content = read(fetch(client, ticket))

    assert (content["organizationName"], content["logoText"]) == ("Kleines Haus", "Kleines Haus")
    assert (content["backgroundColor"], content["foregroundColor"]) == (
        "rgb(18, 52, 86)",
        "rgb(255, 255, 255)",
    )


def test_its_serial_number_opens_no_page(apple: AppleWallet, paid: Purchase, client: Client) -> None:
    first, second = (read(fetch(client, ticket)) for ticket in paid.booking.tickets.order_by("pk"))

    assert first["serialNumber"] != second["serialNumber"]
    assert first["groupingIdentifier"] == second["groupingIdentifier"]
    assert paid.booking.reference not in json.dumps(first)


def test_every_file_is_in_the_manifest(apple: AppleWallet, ticket: Ticket, client: Client) -> None:
    archive = fetch(client, ticket)

    hashes = {
        name: hashlib.sha1(archive.read(name)).hexdigest()
        for name in archive.namelist()
        if name not in ("manifest.json", "signature")
    }
    assert json.loads(archive.read("manifest.json")) == hashes
    assert set(hashes) == {
        "pass.json",
        *(f"{kind}{scale}.png" for kind in ("icon", "logo", "strip") for scale in ("", "@2x", "@3x")),
        *(f"{language}.lproj/pass.strings" for language in ("en", "de")),
    }


def test_openssl_verifies_the_signature(
    apple: AppleWallet, ticket: Ticket, authority: Authority, client: Client, tmp_path: Path
) -> None:
    archive = fetch(client, ticket)

    done = verify(archive, authority, tmp_path)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(archive.read("manifest.json"))


def test_a_changed_manifest_is_noticed(
    apple: AppleWallet, ticket: Ticket, authority: Authority, client: Client, tmp_path: Path
) -> None:
    archive = fetch(client, ticket)
    changed = zipfile.ZipFile(io.BytesIO(), "w")
    changed.writestr("manifest.json", archive.read("manifest.json") + b" ")
    changed.writestr("signature", archive.read("signature"))

    assert verify(changed, authority, tmp_path).returncode != 0


def test_its_pictures_have_the_sizes_of_the_screens(
    apple: AppleWallet, ticket: Ticket, client: Client
) -> None:
    archive = fetch(client, ticket)

    for scale, suffix in enumerate(("", "@2x", "@3x"), 1):
        sizes = {
            kind: Image.open(io.BytesIO(archive.read(f"{kind}{suffix}.png"))).size
            for kind in ("icon", "logo", "strip")
        }
        assert (sizes["icon"], sizes["strip"]) == ((29 * scale, 29 * scale), (375 * scale, 98 * scale))
        assert sizes["logo"] <= (160 * scale, 50 * scale)


def test_it_is_small_and_made_the_same_way_each_time(
    apple: AppleWallet, ticket: Ticket, client: Client
) -> None:
    first, second = fetch(client, ticket), fetch(client, ticket)

    assert len(client.get(address(ticket)).content) <= LARGEST
    assert first.namelist() == second.namelist() == sorted(first.namelist())
    signed_at_another_time = "signature"
    assert [one.CRC for one in first.infolist() if one.filename != signed_at_another_time] == [
        one.CRC for one in second.infolist() if one.filename != signed_at_another_time
    ]
    assert {one.date_time for one in first.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_phone_finds_german_words_for_each_english_one(
    apple: AppleWallet, ticket: Ticket, client: Client
) -> None:
    Event.objects.update(title='The "Big" \\ Night')

    archive = fetch(client, ticket)

    german = archive.read("de.lproj/pass.strings").decode()
    assert '"Row A, seat 1" = "Reihe A, Platz 1";' in german
    assert '"Ticket for The \\"Big\\" \\\\ Night" = "Ticket für The \\"Big\\" \\\\ Night";' in german
    labels = {one["label"] for part in read(archive)["eventTicket"].values() for one in part}
    assert all(f'"{label}" = ' in german for label in labels)


def test_a_pass_isnt_kept_by_caches_and_not_found(apple: AppleWallet, ticket: Ticket, client: Client) -> None:
    headers = client.get(address(ticket)).headers

    assert headers["Content-Type"] == "application/vnd.apple.pkpass"
    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Robots-Tag"] == "noindex"
    assert headers["Content-Disposition"] == 'attachment; filename="demo-night-A-1.pkpass"'


def test_without_a_certificate_there_is_no_button_and_no_pass(ticket: Ticket, client: Client) -> None:
    assert BUTTON not in client.get(ticket.get_absolute_url()).content.decode()
    assert client.get(address(ticket)).status_code == 404


def test_with_one_the_ticket_page_has_the_button(apple: AppleWallet, ticket: Ticket, client: Client) -> None:
    page = client.get(ticket.get_absolute_url()).content.decode()

    assert BUTTON in page
    assert address(ticket) in page


def test_an_expired_certificate_hides_the_button(
    authority: Authority, ticket: Ticket, client: Client, settings: Any
) -> None:
    settings.APPLE_WALLET = apple_of(authority, days=-1)

    assert BUTTON not in client.get(ticket.get_absolute_url()).content.decode()
    assert client.get(address(ticket)).headers["Location"] == ticket.get_absolute_url()


@pytest.mark.parametrize(
    ("reason", "words"), [(StopReason.REFUNDED, "Not valid"), (StopReason.DISPUTED, "On hold")]
)
def test_a_ticket_that_isnt_valid_gets_no_pass_and_its_page_says_so(
    apple: AppleWallet, ticket: Ticket, client: Client, reason: StopReason, words: str
) -> None:
    stop_tickets(ticket.booking, {ticket.pk: reason})

    answer = client.get(address(ticket), follow=True)

    assert answer.redirect_chain == [(ticket.get_absolute_url(), 302)]
    assert words in answer.content.decode()
    assert BUTTON not in answer.content.decode()


@pytest.mark.parametrize("change", [{"status": "cancelled"}, "is over"])
def test_there_is_no_pass_for_what_nobody_can_go_to(
    apple: AppleWallet, ticket: Ticket, client: Client, change: Any
) -> None:
    past = {
        name: getattr(ticket.event, name) - timedelta(days=60)
        for name in ("starts_at", "ends_at", "sales_from", "sales_until")
    }
    Event.objects.update(**(past if change == "is over" else change))

    assert BUTTON not in client.get(ticket.get_absolute_url()).content.decode()
    assert client.get(address(ticket)).status_code == 302


def test_a_stranger_with_another_code_finds_nothing(
    apple: AppleWallet, paid: Purchase, client: Client
) -> None:
    assert client.get(f"/tickets/{paid.booking.reference}/pass.pkpass").status_code == 404
