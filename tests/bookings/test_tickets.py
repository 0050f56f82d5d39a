import base64
import hashlib
import io
import re
from collections.abc import Iterator
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

from bookings.models import Booking, BookingStatus, Ticket
from bookings.references import derived_reference, new_reference, new_spoken_reference, reference_bytes
from bookings.tasks import mail_tickets
from bookings.tickets import qr, tokens
from bookings.tickets.qr_codes import NotDrawn, redraw
from bookings.tickets.tokens import Claim, InvalidToken
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.worker import run_worker, work

OTHER_KEY = "c29tZWJvZHktZWxzZXMta2V5LWZvci10aGUtdGVzdHM="


def scan(picture: bytes) -> str:
    """Return the text of the one QR code in a picture, as a door's scanner reads it."""
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    return code.text


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


def test_the_quick_png_is_the_symbol_that_qrcode_draws() -> None:
    for number in range(300):
        token = random_token(number)
        picture = Image.open(io.BytesIO(qr.draw_png(token)))
        modules = picture.resize((49, 49), Image.Resampling.NEAREST).tobytes("raw", "1")

        assert picture.width == qr.PIXELS * 49
        assert modules == rows_of(qr.draw_matrix(token))


def random_token(number: int) -> str:
    """Return what looks like a token, another one for each number."""
    return base64.b32encode(hashlib.shake_256(b"%d" % number).digest(85)).decode()


def rows_of(matrix: list[list[bool]]) -> bytes:
    """Return the matrix as a picture with a bit for each module."""
    picture = Image.new("1", (len(matrix), len(matrix)))
    picture.putdata([0 if dark else 255 for row in matrix for dark in row])
    return picture.tobytes("raw", "1")


def test_a_token_is_the_same_each_time(paid: Purchase) -> None:
    ticket = ticket_of(paid)

    assert tokens.sign(ticket) == tokens.sign(ticket)


def test_a_token_changed_in_any_place_is_refused(paid: Purchase) -> None:
    token = tokens.sign(ticket_of(paid))

    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(InvalidToken):
            tokens.read(token[:place] + other + token[place + 1 :])


@pytest.fixture
def keys() -> Iterator[None]:
    """Read the keys again after a test that changes them."""
    yield
    tokens.forget_keys()


def test_a_token_of_another_installation_is_refused(paid: Purchase, settings: Any, keys: None) -> None:
    token = tokens.sign(ticket_of(paid))
    settings.TICKET_SIGNING_KEYS = [OTHER_KEY]
    tokens.forget_keys()

    with pytest.raises(InvalidToken):
        tokens.read(token)


def test_the_first_key_signs_and_all_verify(paid: Purchase, settings: Any, keys: None) -> None:
    old = tokens.sign(ticket_of(paid))
    settings.TICKET_SIGNING_KEYS = [OTHER_KEY, *settings.TICKET_SIGNING_KEYS]
    tokens.forget_keys()

    new = tokens.sign(ticket_of(paid))

    assert new != old
    assert tokens.read(new) == tokens.read(old)
    settings.TICKET_SIGNING_KEYS = [OTHER_KEY]
    tokens.forget_keys()
    assert tokens.read(new)
    with pytest.raises(InvalidToken):
        tokens.read(old)


@given(st.text() | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=130, max_size=140))
def test_any_other_text_is_no_token(text: str) -> None:
    with pytest.raises(InvalidToken):
        tokens.read(text)


def test_references_are_random_and_spell_sixteen_bytes() -> None:
    references = {new_reference() for _ in range(1000)}

    assert len(references) == 1000
    assert {len(reference_bytes(reference)) for reference in references} == {16}


def test_a_ticket_s_code_follows_from_its_booking_and_seat(paid: Purchase) -> None:
    booking = paid.booking

    codes = {ticket.seat.label: ticket.code for ticket in booking.tickets.select_related("seat")}

    assert codes == {label: derived_reference("ticket", booking.reference, label) for label in ("A-1", "A-2")}


def test_a_derived_reference_needs_the_installation_s_key(settings: Any) -> None:
    ours = derived_reference("ticket", "x", "A-1")
    settings.TICKET_SIGNING_KEYS = ["YW5vdGhlci1rZXktb2YtdGhpcnR5LXR3by1ieXRlcyE="]

    assert len(reference_bytes(ours)) == 16
    assert derived_reference("ticket", "x", "A-1") != ours
    assert derived_reference("ticket", "xA-1", "") != derived_reference("ticket", "x", "A-1")


def test_a_spoken_reference_has_no_letters_that_are_misheard() -> None:
    spoken = re.compile(r"[A-HJKMNP-TV-Z2-9]{4}-[A-HJKMNP-TV-Z2-9]{4}")

    assert all(spoken.fullmatch(new_spoken_reference()) for _ in range(99))


# Drawing


@pytest.fixture
def no_drawing(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Make both drawing libraries fail, until ``undo()``."""

    def fail(*args: Any, **kwargs: Any) -> None:
        raise ValueError("no ink")

    monkeypatch.setattr(zxingcpp, "create_barcode", fail)
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
    pictures = [part for part in message.walk() if part.get_content_type() == "image/png"]
    read = [tokens.read(scan(bytes(part.get_payload(decode=True)))) for part in pictures]
    assert [claim.ticket_code for claim in read] == [ticket.code for ticket in booking.tickets.all()]
    html = str(sent.alternatives[0][0])  # type: ignore[attr-defined]
    for picture in pictures:
        assert f"cid:{picture['Content-ID'].strip('<>')}" in html
    for words in (html, str(sent.body)):
        assert f"http://testserver/bookings/{booking.reference}/" in words
        assert str(booking.ticket_reference) in words


def outline(part: Any, depth: int = 0) -> list[str]:
    """Return the types of a mail's parts, a dash for each that they are inside of."""
    inner = part.get_payload() if part.is_multipart() else []
    return ["-" * depth + part.get_content_type(), *(line for it in inner for line in outline(it, depth + 1))]


def test_the_mail_keeps_its_pictures_with_the_words_and_its_files_apart(paid: Purchase) -> None:
    mail_tickets(booking_id=paid.booking.pk)

    message = mail.outbox[0].message()
    assert outline(message) == [
        "multipart/mixed",
        "-multipart/related",
        *("--multipart/alternative", "---text/plain", "---text/html", "--image/png", "--image/png"),
        *("-text/calendar", "-application/pdf"),
    ]


def test_the_mail_brings_the_tickets_to_print_and_the_date_to_keep(paid: Purchase, client: Client) -> None:
    mail_tickets(booking_id=paid.booking.pk)

    parts: list[Any] = list(mail.outbox[0].message().walk())
    files = {part.get_filename(): part for part in parts}
    page = paid.booking.get_absolute_url()
    pdf = files[f"demo-night-{paid.booking.ticket_reference}.pdf"]
    assert pdf.get_payload(decode=True) == client.get(f"{page}tickets.pdf").content
    calendar = files["demo-night.ics"].get_payload(decode=True).decode()
    assert calendar.split() == client.get(f"{page}event.ics").content.decode().split()


def test_the_mail_of_twenty_tickets_is_small(buy: Buy, stripe: Sandbox, deliver: Deliver) -> None:
    purchase = buy(*(f"{row}-{number}" for row in "AB" for number in range(1, 11)))
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)

    mail_tickets(booking_id=purchase.booking.pk)

    assert len(mail.outbox[0].message().as_bytes()) < 300_000


def test_tickets_that_no_pdf_can_be_made_of_are_mailed_all_the_same(
    no_drawing: pytest.MonkeyPatch, paid: Purchase
) -> None:
    Ticket.objects.update(drawing_error="", qr_png=b"drawn before")
    mail_tickets(booking_id=paid.booking.pk)

    kinds = {part.get_content_type() for part in mail.outbox[0].message().walk()}
    assert "application/pdf" not in kinds
    assert "image/png" in kinds


@pytest.mark.parametrize("sender", ["tickets@example.com", "The Little Theatre <tickets@example.com>"])
def test_the_mail_has_one_name_however_often_it_is_sent(paid: Purchase, settings: Any, sender: str) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    mail_tickets(booking_id=paid.booking.pk)

    name = mail.outbox[0].message()["Message-ID"]
    assert name == f"<tickets.{paid.booking.ticket_reference}.1@example.com>"


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


# A ticket that isn't valid


def tell_dispute(stripe: Sandbox, deliver: Deliver) -> None:
    for event in stripe.events():
        if event["type"].startswith("charge.dispute."):
            deliver(event)


@pytest.fixture
def stopped(request: pytest.FixtureRequest, paid: Purchase, stripe: Sandbox, deliver: Deliver) -> Ticket:
    """A ticket that stopped being valid for the reason that is the parameter."""
    if request.param.startswith("refund"):
        request_refund(paid.payment, origin=Origin.STAFF, cause=Cause.STAFF)
        if request.param == "refunded":
            work("send_refund")
    else:
        dispute = stripe.dispute(paid.session_id)
        if request.param == "charged_back":
            stripe.close_dispute(dispute["id"], "lost")
        tell_dispute(stripe, deliver)
    ticket = ticket_of(paid)
    assert ticket.stopped_for == request.param
    return ticket


WHY = {
    "refund_asked": ("On hold", "You asked for a refund"),
    "disputed": ("On hold", "The payment is disputed"),
    "refunded": ("Not valid", "This ticket was refunded"),
    "charged_back": ("Not valid", "The bank reversed the payment"),
}


@pytest.mark.parametrize("stopped", WHY, indirect=True)
def test_the_page_of_a_stopped_ticket_says_why_and_shows_no_code(stopped: Ticket, client: Client) -> None:
    page = client.get(stopped.get_absolute_url()).content.decode()

    for words in WHY[stopped.stopped_for]:
        assert words in page
    assert "qr." not in page


@pytest.mark.parametrize("stopped", WHY, indirect=True)
def test_the_picture_of_a_stopped_ticket_says_so_and_holds_no_code(stopped: Ticket, client: Client) -> None:
    png = client.get(f"{stopped.get_absolute_url()}qr.png")
    svg = client.get(f"{stopped.get_absolute_url()}qr.svg")

    assert (png.status_code, png.headers["Content-Type"]) == (200, "image/png")
    picture = Image.open(io.BytesIO(png.content))
    assert picture.size == (392, 392)  # As large as a code.
    assert zxingcpp.read_barcodes(picture.convert("L")) == []
    assert (svg.status_code, svg.headers["Content-Type"]) == (200, "image/svg+xml")
    assert WHY[stopped.stopped_for][0].upper() in svg.content.decode()


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_no_browser_keeps_the_code_of_a_ticket_that_stopped_being_valid(
    paid: Purchase, client: Client, stripe: Sandbox, deliver: Deliver, kind: str
) -> None:
    url = f"{ticket_of(paid).get_absolute_url()}qr.{kind}"
    valid = client.get(url)
    dispute = stripe.dispute(paid.session_id)
    tell_dispute(stripe, deliver)

    on_hold = client.get(url, headers={"If-None-Match": valid.headers["ETag"]})
    stripe.close_dispute(dispute["id"], "lost")
    tell_dispute(stripe, deliver)
    void = client.get(url, headers={"If-None-Match": on_hold.headers["ETag"]})

    assert [on_hold.status_code, void.status_code] == [200, 200]
    assert len({valid.content, on_hold.content, void.content}) == 3
    assert on_hold.headers["Cache-Control"] == "private, no-cache"
    again = client.get(url, headers={"If-None-Match": void.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_dispute_that_was_won_brings_the_very_same_code_back(
    paid: Purchase, client: Client, stripe: Sandbox, deliver: Deliver
) -> None:
    url = f"{ticket_of(paid).get_absolute_url()}qr.png"
    before = client.get(url)
    dispute = stripe.dispute(paid.session_id)
    tell_dispute(stripe, deliver)
    on_hold = client.get(url, headers={"If-None-Match": before.headers["ETag"]})
    stripe.close_dispute(dispute["id"], "won")
    tell_dispute(stripe, deliver)

    after = client.get(url, headers={"If-None-Match": on_hold.headers["ETag"]})

    assert (after.status_code, after.content) == (200, before.content)
    assert "qr.svg" in client.get(ticket_of(paid).get_absolute_url()).content.decode()
