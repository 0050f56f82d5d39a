import io
import re
from typing import Any

import pytest
import zxingcpp
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from qrcode.main import QRCode

from bookings import qr, tokens
from bookings.drawing import NotDrawn, redraw
from bookings.models import Booking, BookingStatus, Ticket
from bookings.references import new_reference, new_spoken_reference, reference_bytes
from bookings.tasks import mail_tickets
from bookings.tokens import Claim, InvalidToken
from tests.conftest import Deliver, Purchase
from tests.sandboxed import Sandbox


def scan(picture: bytes) -> str:
    """Return the text of the one QR code in a picture, as a door's scanner reads it."""
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    return code.text


@pytest.fixture
def paid(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> Purchase:
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    return purchase


def ticket_of(purchase: Purchase) -> Ticket:
    return purchase.booking.tickets.select_related("seat")[0]


# The token


def test_a_scanner_reads_a_token_that_names_the_ticket(paid: Purchase) -> None:
    ticket = ticket_of(paid)

    assert tokens.read(scan(bytes(ticket.qr_png or b""))) == Claim(ticket.seat.event_id, ticket.code)


def test_the_png_and_the_svg_say_the_same(paid: Purchase, client: Client) -> None:
    ticket = ticket_of(paid)
    png = client.get(f"{ticket.get_absolute_url()}qr.png").content
    svg = client.get(f"{ticket.get_absolute_url()}qr.svg").content.decode()

    assert rasterise(svg) == scan(png)


def rasterise(svg: str) -> str:
    """Draw the modules of ``draw_svg`` and return what a scanner reads."""
    size = int(re.findall(r'viewBox="0 0 (\d+)', svg)[0])
    picture = Image.new("L", (size, size), 255)
    for x, y in re.findall(r"M(\d+),(\d+)h1v1", svg):
        picture.putpixel((int(x), int(y)), 0)
    (code,) = zxingcpp.read_barcodes(picture.resize((size * 6, size * 6), Image.Resampling.NEAREST))
    return code.text


def test_a_token_fits_a_small_symbol(paid: Purchase) -> None:
    token = tokens.sign(ticket_of(paid))

    assert re.fullmatch(r"[A-Z2-7]{136}", token)
    assert Image.open(io.BytesIO(qr.draw_png(token))).size == (392, 392)  # Version 6: 41 modules and 8 quiet.


def test_a_token_is_the_same_each_time(paid: Purchase) -> None:
    ticket = ticket_of(paid)

    assert tokens.sign(ticket) == tokens.sign(ticket)


def test_a_token_changed_in_any_place_is_refused(paid: Purchase) -> None:
    token = tokens.sign(ticket_of(paid))

    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(InvalidToken):
            tokens.read(token[:place] + other + token[place + 1 :])


def test_a_token_of_another_installation_is_refused(paid: Purchase, settings: Any) -> None:
    token = tokens.sign(ticket_of(paid))
    settings.TICKET_SIGNING_KEY = "c29tZWJvZHktZWxzZXMta2V5LWZvci10aGUtdGVzdHM="
    tokens.signing_key.cache_clear()

    try:
        with pytest.raises(InvalidToken):
            tokens.read(token)
    finally:
        tokens.signing_key.cache_clear()


@given(st.text() | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=130, max_size=140))
def test_any_other_text_is_no_token(text: str) -> None:
    with pytest.raises(InvalidToken):
        tokens.read(text)


def test_references_are_random_and_spell_sixteen_bytes() -> None:
    references = {new_reference() for _ in range(1000)}

    assert len(references) == 1000
    assert {len(reference_bytes(reference)) for reference in references} == {16}


def test_a_spoken_reference_has_no_letters_that_are_misheard() -> None:
    spoken = re.compile(r"[A-HJKMNP-TV-Z2-9]{4}-[A-HJKMNP-TV-Z2-9]{4}")

    assert all(spoken.fullmatch(new_spoken_reference()) for _ in range(99))


# Drawing


@pytest.fixture
def no_drawing(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Make the drawing library fail, until ``undo()``."""

    def fail(self: QRCode, *args: Any, **kwargs: Any) -> None:
        raise ValueError("no ink")

    monkeypatch.setattr(QRCode, "make", fail)
    return monkeypatch


def test_a_drawing_that_fails_never_costs_the_booking(
    no_drawing: pytest.MonkeyPatch, paid: Purchase, client: Client
) -> None:
    assert paid.booking.status == BookingStatus.CONFIRMED
    assert {ticket.drawing_error for ticket in paid.booking.tickets.all()} == {"ValueError: no ink"}
    shown = client.get(paid.answer["status_url"]).json()["tickets"]
    assert [(ticket["seat"], ticket["success"]) for ticket in shown] == [("A-1", False), ("A-2", False)]
    assert all(ticket["error_message"] for ticket in shown)


def test_a_ticket_that_was_not_drawn_is_a_job_to_draw_it_again(
    no_drawing: pytest.MonkeyPatch, paid: Purchase, client: Client
) -> None:
    jobs = ProcrastinateJob.objects.filter(task_name="bookings.tasks.redraw_ticket")
    owed = {job.args["ticket_id"] for job in jobs}
    tag = client.get(paid.answer["status_url"]).headers["ETag"]
    no_drawing.undo()

    for ticket_id in owed:
        redraw(ticket_id)

    assert owed == {ticket.pk for ticket in paid.booking.tickets.all()}
    answer = client.get(paid.answer["status_url"], headers={"If-None-Match": tag})
    assert [ticket["success"] for ticket in answer.json()["tickets"]] == [True, True]


def test_drawing_again_in_vain_fails_the_job(no_drawing: pytest.MonkeyPatch, paid: Purchase) -> None:
    with pytest.raises(NotDrawn, match="no ink"):
        redraw(ticket_of(paid).pk)


def test_drawing_again_what_is_drawn_changes_nothing(paid: Purchase) -> None:
    ticket = ticket_of(paid)
    redraw(ticket.pk)

    assert ticket_of(paid).qr_png == ticket.qr_png


# The mail


def test_the_mail_is_a_job_of_the_confirming_transaction(paid: Purchase) -> None:
    jobs = ProcrastinateJob.objects.filter(task_name="bookings.tasks.mail_tickets")

    assert [job.args for job in jobs] == [{"booking_id": paid.booking.pk}]


def test_the_mail_carries_the_codes_and_the_link_to_the_booking(paid: Purchase) -> None:
    mail_tickets(booking_id=paid.booking.pk)

    (sent,) = mail.outbox
    message = sent.message()
    booking = paid.booking
    assert (sent.to, sent.reply_to) == (["ada@example.com"], ["box-office@example.com"])
    assert "Demo Night" in sent.subject
    kinds = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "image/png", "image/png"]
    pictures = [part for part in message.walk() if part.get_content_type() == "image/png"]
    read = [tokens.read(scan(bytes(part.get_payload(decode=True)))) for part in pictures]
    assert [claim.ticket_code for claim in read] == [ticket.code for ticket in booking.tickets.all()]
    html = str(sent.alternatives[0][0])  # type: ignore[attr-defined]
    for picture in pictures:
        assert f"cid:{picture['Content-ID'].strip('<>')}" in html
    for words in (html, str(sent.body)):
        assert f"http://testserver/bookings/{booking.reference}/" in words
        assert str(booking.ticket_reference) in words


@pytest.mark.parametrize("sender", ["tickets@example.com", "The Little Theatre <tickets@example.com>"])
def test_the_mail_has_one_name_however_often_it_is_sent(paid: Purchase, settings: Any, sender: str) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    mail_tickets(booking_id=paid.booking.pk)

    name = mail.outbox[0].message()["Message-ID"]
    assert name == f"<tickets.{paid.booking.ticket_reference}@example.com>"


def test_the_mail_is_sent_once_however_often_its_job_runs(paid: Purchase) -> None:
    for _ in range(3):
        mail_tickets(booking_id=paid.booking.pk)

    assert len(mail.outbox) == 1


def test_a_mail_that_could_not_be_sent_is_still_owed(paid: Purchase, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: EmailBackend, messages: list[Any]) -> int:
        raise OSError("the mail server is away")

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", fail)
        with pytest.raises(OSError, match="away"):
            mail_tickets(booking_id=paid.booking.pk)

    assert paid.booking.mailed_at is None
    mail_tickets(booking_id=paid.booking.pk)
    assert len(mail.outbox) == 1


def run_worker() -> None:
    """Let a worker do all the jobs there are."""
    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


@pytest.mark.django_db(transaction=True)
def test_a_mail_whose_worker_was_killed_is_sent_by_another(paid: Purchase) -> None:
    with connection.cursor() as cursor:  # What kill -9 leaves behind: a job in progress, no heartbeat.
        heartbeat = "now() - interval '5 minutes'"
        cursor.execute(
            f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES ({heartbeat}) RETURNING id"
        )
        dead = cursor.fetchone()[0]
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [dead])
    app.configure_task("config.tasks.retry_stalled").defer(timestamp=0)

    run_worker()  # Frees the job, and may have looked for more to do before that.
    run_worker()

    assert [sent.to for sent in mail.outbox] == [["ada@example.com"]]


@pytest.mark.django_db(transaction=True)
def test_the_worker_sends_the_mail(paid: Purchase) -> None:
    run_worker()

    assert [sent.to for sent in mail.outbox] == [["ada@example.com"]]
    assert Booking.objects.get().mailed_at is not None
