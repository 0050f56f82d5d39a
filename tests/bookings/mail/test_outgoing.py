"""Mails as a mail server gets them, and what becomes of those that it refuses."""

from collections.abc import Iterator
from smtplib import SMTPException
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.mail.outgoing import MAILS, CountedEmail, Refused
from bookings.models import Booking, Event
from payments.fsck import jobs
from payments.ledger.refunds import request_refund
from payments.models import Action, Cause, Notification, Origin, Payment
from payments.staff.alerts import survey
from tests.support.accounts import ask_for_code, problem
from tests.support.shop import Purchase
from tests.support.smtp.server import MailServer, running
from tests.support.staff import action_of, page_of, press, somebody_of, told
from tests.support.worker import work

ADA, BOB = "ada@example.com", "bob@example.com"
NO_SUCH_USER = "550 5.1.1 No such user"
FULL = "452 4.2.2 Mailbox full"


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with running(MailServer(), settings) as server:
        yield server


@pytest.fixture
def old_server(settings: Any) -> Iterator[MailServer]:
    """One that takes seven bits only, and addresses in ASCII."""
    with running(MailServer(hides=("8BITMIME", "SMTPUTF8")), settings, utf8=False) as server:
        yield server


def refused() -> list[str]:
    """Return the references of the payments that staff see as refused."""
    return [str(it.booking.reference) for it in _found("mail_refused")]


def _found(name: str) -> list[Payment]:
    (alert,) = [found.alert for found in survey() if found.alert.name == name]
    return list(alert.rows(timezone.now()))


# As it leaves


def test_every_mail_is_seven_bits_and_says_who_it_is_from(paid: Purchase, old_server: MailServer) -> None:
    Event.objects.update(
        organiser_name='Café „Zur Ü"\nBcc: eve@example.com',
        organiser_email="box@bücher.example",
        title="Ötzi\r\nBcc: eve@example.com lädt ein",
    )
    work("mail_tickets")

    ((sender, recipients, content),) = old_server.envelopes
    (mail,) = old_server.mails
    assert (sender, recipients) == ("tickets@testserver", [ADA])
    assert content.isascii()
    assert max(map(len, content.splitlines())) <= 998
    assert mail["Bcc"] is None
    assert mail["From"].addresses[0].addr_spec == "tickets@testserver"
    assert mail["From"].addresses[0].display_name == 'Café „Zur Ü" Bcc: eve@example.com'
    assert mail["Reply-To"] == "box@xn--bcher-kva.example"
    assert mail["To"] == ADA
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None
    assert mail["Message-ID"].endswith("@testserver>")
    assert mail["Date"] is not None
    encodings = {str(part["Content-Transfer-Encoding"]) for part in mail.walk() if not part.is_multipart()}
    assert encodings == {"quoted-printable", "base64"}
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Ötzi" in body.get_content()


def test_a_server_that_could_take_eight_bits_gets_the_same(paid: Purchase, server: MailServer) -> None:
    work("mail_tickets")

    assert server.envelopes[0][2].isascii()


def test_a_code_has_a_name_a_date_and_an_id_of_the_shop(client: Client, db: None, server: MailServer) -> None:
    ask_for_code(client, ADA)

    (mail,) = server.mails
    assert mail["From"] == "Admit <tickets@testserver>"
    assert mail["Message-ID"].endswith("@testserver>")
    assert mail["Date"] is not None
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    "name", ["", "Doe, John; Ltd. <x@example.com>", '\\"', "漢" * 200, "\ud800Ada"], ids=range(5)
)
def test_a_sender_may_be_called_anything(name: str, server: MailServer) -> None:
    CountedEmail(subject="Hello", body="…", to=ADA, sender=name).send()

    (mail,) = server.mails
    (sender,) = mail["From"].addresses
    assert sender.addr_spec == "tickets@testserver"
    # Python's parser puts spaces between the parts that a long name is encoded in.
    shown = sender.display_name if name.isascii() else sender.display_name.replace(" ", "")
    assert shown == ("Admit" if not name else name.replace("\ud800", "")[:80])


def test_a_mail_has_one_recipient() -> None:
    with pytest.raises(TypeError, match="cc"):
        CountedEmail(subject="Hello", body="…", to=ADA, cc=[BOB])  # type: ignore[call-arg]


# Refused for good


def test_what_is_refused_is_tried_once_and_shown_to_staff(paid: Purchase, server: MailServer) -> None:
    server.says[ADA] = [NO_SUCH_USER]
    before = MAILS.labels("refused")._value.get()

    assert work("mail_tickets") == ["mail_tickets"]

    booking = Booking.objects.get(pk=paid.booking.pk)
    assert (booking.mailed_at, booking.mail_refusal) == (None, NO_SUCH_USER)
    assert refused() == [booking.reference]
    assert list(jobs.missing()) == []
    assert MAILS.labels("refused")._value.get() == before + 1
    front = somebody_of("Finance").get("/admin/").content.decode()
    assert f"Ada Lovelace, {ADA}" in front
    assert action_of(paid.payment, Action.ADDRESS) in front
    assert NO_SUCH_USER in somebody_of("Finance").get(page_of(paid.payment)).content.decode()


def test_what_is_no_address_is_shown_to_staff_as_well(paid: Purchase, server: MailServer) -> None:
    Booking.objects.update(email="ada@home@example.com")

    assert work("mail_tickets") == ["mail_tickets"]
    assert refused() == [paid.booking.reference]
    assert server.connections == 0


def test_the_customer_reads_that_it_was_refused(paid: Purchase, server: MailServer, client: Client) -> None:
    server.says[ADA] = [NO_SUCH_USER]
    before = client.get(f"/api/payment-status?session_id={paid.session_id}").headers["ETag"]
    work("mail_tickets")

    page = client.get(paid.booking.get_absolute_url()).content.decode()
    assert f"The mail server of {ADA} refused our email." in page
    assert client.get(f"/api/payment-status?session_id={paid.session_id}").headers["ETag"] != before


def test_the_right_address_gets_all_that_was_refused(paid: Purchase, server: MailServer) -> None:
    server.says[ADA] = [NO_SUCH_USER] * 2
    request_refund(
        paid.payment,
        origin=Origin.STAFF,
        cause=Cause.STAFF,
        tickets=paid.booking.tickets.filter(seat__label="A-2"),
    )
    work("mail_tickets", "send_refund", "mail_notification")
    assert Notification.objects.refused().get().refusal == NO_SUCH_USER

    page = press(somebody_of("Finance"), action_of(paid.payment, Action.ADDRESS), email=BOB, again=BOB)
    work("mail_tickets", "mail_notification")

    assert told(page) == [f"Address changed from {ADA} to {BOB}. Emailing the tickets."]
    assert server.recipients == [BOB, BOB]
    assert refused() == []


def test_a_resent_mail_that_is_taken_ends_the_alert(paid: Purchase, server: MailServer) -> None:
    server.says_to_data[ADA] = ["552 5.3.4 Too big"]
    work("mail_tickets")
    assert refused() == [paid.booking.reference]

    press(somebody_of("Finance"), action_of(paid.payment, Action.RESEND))
    work("mail_tickets")

    assert (server.recipients, refused()) == ([ADA], [])


def test_a_code_that_is_refused_is_the_customers_to_mend(
    client: Client, db: None, server: MailServer
) -> None:
    server.says[ADA] = [NO_SUCH_USER]
    answer = ask_for_code(client, ADA)

    assert answer.status_code == 400
    assert (
        problem(answer)
        == "We can’t email this address: its mail server refuses our emails. Check it, or use another one."
    )


# Refused for now


@pytest.mark.parametrize("trouble", [FULL, MailServer.BREAK])
def test_what_is_refused_for_now_is_tried_again(trouble: str, paid: Purchase, server: MailServer) -> None:
    (server.says if trouble == FULL else server.says_to_data)[ADA] = [trouble]
    with pytest.raises(SMTPException):
        work("mail_tickets")
    assert refused() == []
    assert Booking.objects.unmailed().exists()

    work("mail_tickets")

    assert server.recipients == [ADA]
    assert Booking.objects.get(pk=paid.booking.pk).mailed_at is not None


def test_a_shop_that_may_not_send_blames_no_address(paid: Purchase, server: MailServer) -> None:
    server.says["tickets@testserver"] = ["550 5.7.1 Who are you?"]
    with pytest.raises(SMTPException, match="Who are you"):
        work("mail_tickets")

    assert refused() == []
    assert work("mail_tickets") == ["mail_tickets"]


def test_the_log_names_nobody(server: MailServer, caplog: pytest.LogCaptureFixture) -> None:
    server.says[ADA] = [f"550 5.1.1 <{ADA}>: unknown"]
    with pytest.raises(Refused):
        CountedEmail(subject="Hello", body="…", to=ADA).send()

    assert "SMTPRecipientsRefused 550" in caplog.text
    assert ADA not in caplog.text
