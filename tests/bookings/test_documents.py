"""Tickets on paper: what a page says, in whatever script, and that its code is read."""

import io
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from bookings.documents import pdf
from bookings.documents.text_shaping import fit, legible, measure, runs, wrap
from bookings.documents.typefaces import BOLD, PLAIN, load
from bookings.models import Event, Ticket
from bookings.tickets import tokens
from bookings.tickets.tokens import Claim
from branding.models import Shop
from payments.ledger.refunds import request_refund
from payments.models import Cause, Origin
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.worker import work

LETTER_HEIGHT, MILLIMETRE = 792, 72 / 25.4  # points
NARROW = 60.0  # points


@shared
def paid(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid: 84.00."""
    make_event()
    return box_office.sell()


def ticket_of(purchase: Purchase) -> Ticket:
    return purchase.booking.tickets.select_related("seat")[0]


def pdf_of(ticket: Ticket) -> str:
    return f"{ticket.get_absolute_url()}ticket.pdf"


def all_of(purchase: Purchase) -> str:
    return f"{purchase.booking.get_absolute_url()}tickets.pdf"


def words(document: bytes) -> list[str]:
    """Return the words of each page, as a PDF's reader finds them."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(document)).pages]


def scan(document: bytes, page: int = 0) -> list[str]:
    """Return the text of each code on a page, as it is printed at 144 dots an inch."""
    with pypdfium2.PdfDocument(document) as opened:
        picture = opened[page].render(scale=2).to_pil()
    qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)  # Letters may pass for a bar code.
    return [code.text for code in zxingcpp.read_barcodes(picture, formats=qr)]


def refund(purchase: Purchase, *, is_sent: bool) -> None:
    request_refund(purchase.payment, origin=Origin.STAFF, cause=Cause.STAFF)
    if is_sent:
        work("send_refund")


# What is on it


def test_a_ticket_on_paper_says_what_whoever_opens_the_door_needs(paid: Purchase, client: Client) -> None:
    answer = client.get(pdf_of(ticket_of(paid)))

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    [page] = words(answer.content)
    starts_at = paid.booking.event.starts_at
    for fact in (
        "Demo Night",
        "The Little Theatre",
        f"{starts_at:%A} {starts_at.day} {starts_at:%B %Y, %H:%M}",
        "Row A, seat 1",
        "A-1",
        "Ada Lovelace",
        str(paid.booking.ticket_reference),
        "Organised by The Little Theatre. Questions: box-office@example.com",
    ):
        assert fact in page


def test_the_code_on_paper_is_the_signed_token_of_the_ticket(paid: Purchase, client: Client) -> None:
    ticket = ticket_of(paid)

    [token] = scan(client.get(pdf_of(ticket)).content)

    assert tokens.read(token) == Claim(ticket.seat.event_id, ticket.code)


def test_a_ticket_of_the_size_of_a_bank_card_has_the_same_code(paid: Purchase, client: Client) -> None:
    answer = client.get(all_of(paid), {"format": "wallet"})

    pages = PdfReader(io.BytesIO(answer.content)).pages
    sizes = {tuple(round(float(side) / MILLIMETRE, 1) for side in page.mediabox[2:]) for page in pages}
    assert (len(pages), sizes) == (2, {(85.6, 54.0)})
    codes = [tokens.read(token).ticket_code for page in (0, 1) for token in scan(answer.content, page)]
    assert codes == [ticket.code for ticket in paid.booking.tickets.order_by("seat_id")]
    for fact in (
        "Demo Night",
        "The Little Theatre",
        "A-1",
        "Ada Lovelace",
        str(paid.booking.ticket_reference),
    ):
        assert fact in words(answer.content)[0]
    assert answer.headers["ETag"] != client.get(all_of(paid)).headers["ETag"]


def test_paper_has_the_houses_name(paid: Purchase, client: Client) -> None:
    before = client.get(all_of(paid))
    Shop(name="Kleines Haus am Markt").save()

    for query in ({}, {"format": "wallet"}):
        answer = client.get(all_of(paid), query)
        assert "Kleines Haus am Markt" in words(answer.content)[0]
        assert "Admit" not in words(answer.content)[0]
        assert answer.headers["ETag"] != before.headers["ETag"]


@pytest.mark.parametrize("size", ["", "wallet"])
def test_a_ticket_that_isnt_valid_says_so_in_every_size(paid: Purchase, client: Client, size: str) -> None:
    refund(paid, is_sent=False)

    document = client.get(pdf_of(ticket_of(paid)), {"format": size}).content

    assert "ON HOLD" in words(document)[0]
    assert scan(document) == []


def test_the_code_on_paper_is_no_picture(paid: Purchase, client: Client) -> None:
    [page] = PdfReader(io.BytesIO(client.get(pdf_of(ticket_of(paid))).content)).pages

    assert list(page.images) == []


def test_all_tickets_of_a_booking_are_a_page_each(paid: Purchase, client: Client) -> None:
    document = client.get(all_of(paid)).content

    first, second = words(document)
    assert ("1 of 2" in first, "A-1" in first) == (True, True)
    assert ("2 of 2" in second, "A-2" in second) == (True, True)
    codes = [tokens.read(token).ticket_code for page in (0, 1) for token in scan(document, page)]
    assert codes == [ticket.code for ticket in paid.booking.tickets.all()]


def test_a_page_fits_the_paper_of_both_sides_of_the_atlantic(paid: Purchase, client: Client) -> None:
    with pypdfium2.PdfDocument(client.get(pdf_of(ticket_of(paid))).content) as opened:
        width, height = opened[0].get_size()
        boxes = [thing.get_bounds() for thing in opened[0].get_objects()]

    assert (round(width), round(height)) == (595, 842)
    cropped = (height - LETTER_HEIGHT) / 2  # of A4 in the middle of a Letter
    assert min(left for left, _bottom, _right, _top in boxes) > 10 * MILLIMETRE
    assert max(right for _left, _bottom, right, _top in boxes) < width - 10 * MILLIMETRE
    assert max(top for _left, _bottom, _right, top in boxes) < height - cropped - 10 * MILLIMETRE
    assert min(bottom for _left, bottom, _right, _top in boxes) > cropped + 10 * MILLIMETRE


def test_a_ticket_for_somebody_else_says_their_name(paid: Purchase, client: Client) -> None:
    ticket = ticket_of(paid)
    Ticket.objects.filter(pk=ticket.pk).update(name="Grace Hopper")

    [page] = words(client.get(pdf_of(ticket)).content)

    assert "Grace Hopper" in page
    assert "Ada Lovelace" not in page


def test_the_documents_own_data_name_nobody(paid: Purchase, client: Client) -> None:
    data = PdfReader(io.BytesIO(client.get(all_of(paid)).content)).metadata

    assert data is not None
    assert (data.title, data.author, data.producer) == ("Demo Night: A-1, A-2", "Admit", "Admit")
    assert "Ada" not in str(data)


# What stopped being valid


@pytest.mark.parametrize(
    ("is_sent", "stamp", "why"),
    [(False, "ON HOLD", "You asked for a refund"), (True, "NOT VALID", "This ticket was refunded")],
)
def test_a_stopped_ticket_says_so_on_paper_and_has_no_code(
    paid: Purchase, client: Client, *, is_sent: bool, stamp: str, why: str
) -> None:
    refund(paid, is_sent=is_sent)

    document = client.get(all_of(paid)).content

    for page in words(document):
        assert stamp in page
        assert why in page
        assert "Show the code" not in page
    assert scan(document, 0) + scan(document, 1) == []


def test_a_code_that_could_not_be_drawn_is_promised(paid: Purchase, client: Client) -> None:
    ticket = ticket_of(paid)
    Ticket.objects.filter(pk=ticket.pk).update(qr_png=None, drawing_error="ValueError: no ink")

    document = client.get(pdf_of(ticket)).content

    assert "The code isn’t ready yet." in words(document)[0]
    assert scan(document) == []


def test_a_booking_without_tickets_has_no_document(purchase: Purchase, client: Client) -> None:
    assert client.get(all_of(purchase)).status_code == 404


# How it is delivered


def test_the_same_tickets_are_the_same_bytes(paid: Purchase, client: Client) -> None:
    assert client.get(all_of(paid)).content == client.get(all_of(paid)).content


def test_a_document_is_drawn_once_however_often_it_is_asked_for(paid: Purchase, client: Client) -> None:
    pdf._draw.cache_clear()  # Other tests have the same tickets.

    assert len({client.get(all_of(paid)).content for _ in range(3)}) == 1
    assert pdf._draw.cache_info().misses == 1


def test_a_browser_keeps_the_document_but_asks_each_time(paid: Purchase, client: Client) -> None:
    url = pdf_of(ticket_of(paid))
    kept = client.get(url)

    again = client.get(url, headers={"If-None-Match": kept.headers["ETag"]})
    refund(paid, is_sent=False)
    stopped = client.get(url, headers={"If-None-Match": kept.headers["ETag"]})

    assert kept.headers["Cache-Control"] == "private, no-cache"
    assert kept.headers["X-Robots-Tag"] == "noindex"
    assert (again.status_code, again.content) == (304, b"")
    assert stopped.status_code == 200
    assert stopped.headers["ETag"] != kept.headers["ETag"]


def test_a_document_is_called_by_its_event_and_its_seat(paid: Purchase, client: Client) -> None:
    one, both = client.get(pdf_of(ticket_of(paid))), client.get(all_of(paid))

    assert one.headers["Content-Disposition"] == 'inline; filename="demo-night-A-1.pdf"'
    name = f"demo-night-{paid.booking.ticket_reference}.pdf"
    assert both.headers["Content-Disposition"] == f'inline; filename="{name}"'


# In whatever script


@pytest.mark.parametrize(
    "name",
    [
        "Łukasz Żółć-Ångström",
        "Nguyễn Thị Ánh",
        "Ёлка Ґалаґан",
        "Αθηνά Παπαδοπούλου",
        "Հայկ Ծովակ",
        "ნინო ბერიძე",
        "山田 太郎",
        "王小明",
        "김민수",
        "ማሪያም",
    ],
)
def test_a_name_is_on_paper_as_it_was_typed(paid: Purchase, client: Client, name: str) -> None:
    ticket = ticket_of(paid)
    Ticket.objects.filter(pk=ticket.pk).update(name=name)

    assert name in words(client.get(pdf_of(ticket)).content)[0]


@pytest.mark.parametrize(
    "name",
    [
        "محمد بن سلمان",
        "שָׁלוֹם עולם",
        "क्षत्रिय श्री",
        "শ্রী কৃষ্ণ",
        "ਗੁਰਮੀਤ",
        "ગુજરાત",
        "ஸ்ரீ கொக்கோ",
        "శ్రీ",
        "ಶ್ರೀ",
        "ശ്രീ",
        "ශ්‍රී",
        "น้ำผึ้ง",
        "ລາວ",
        "မြန်မာ",
        "ខ្មែរ",
        "ދިވެހި",
        "ଓଡ଼ିଆ",
    ],
)
def test_scripts_that_join_their_letters_lose_none(name: str) -> None:
    assert legible(name) == name
    assert 0 < measure(name, PLAIN, 10) < 20 * len(name)


def test_a_line_that_is_read_to_the_left_is_drawn_so(paid: Purchase, client: Client) -> None:
    """The reader puts the letters back into the order in which they are read."""
    ticket = ticket_of(paid)
    Ticket.objects.filter(pk=ticket.pk).update(name="Noa שלום 12")

    with pypdfium2.PdfDocument(client.get(pdf_of(ticket)).content) as opened:
        text = opened[0].get_textpage().get_text_range()

    assert "שלום" in text


@pytest.mark.parametrize(("name", "number"), [("صف ٣٤ مقعد", "٣٤"), ("صندلی ۱۲ ردیف", "۱۲")])
def test_arabic_and_persian_digits_stand_from_left_to_right(
    paid: Purchase, client: Client, name: str, number: str
) -> None:
    ticket = ticket_of(paid)
    Ticket.objects.filter(pk=ticket.pk).update(name=name)

    with pypdfium2.PdfDocument(client.get(pdf_of(ticket)).content) as opened:
        text = opened[0].get_textpage()
        letters = [(text.get_charbox(at), text.get_text_range(at, 1)) for at in range(text.count_chars())]

    assert "".join(letter for _box, letter in sorted(letters) if letter in number) == number


def test_pictures_are_left_out_and_letters_that_no_font_has_are_spelled() -> None:
    assert legible("Ada 🎭 Lovelace 🏳️‍🌈") == "Ada Lovelace"
    assert legible("Ada\u202e\x00 \ue000Lovelace\n") == "Ada Lovelace"
    assert legible("𓀀 Ada") == "A1 Ada"
    assert legible("ᏣᎳᎩ, \U0001d49c\U0001d4b9\U0001d4b6") == "TsaLaGi, Ada"
    assert legible("\U0002a700") == "U+2A700"


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("བསྟན་འཛིན་རྒྱ་མཚོ།", "བསྟན་འཛིན་རྒྱ་མཚོ།"),
        ("ལྷ་ས, ཨོཾ་མ་ཎི་པདྨེ་ཧཱུྃ", "ལྷ་ས, ཨོཾ་མ་ཎི་པདྨེ་ཧཱུྃ"),
        ("\u0f62\u0fb2\u0f77 \u0f63\u0fb3\u0f79", "\u0f62\u0fb2\u0f77 \u0f63\u0fb3\u0f79"),  # deprecated
        ("𠮷野 𩸽 𠮟 𡈽 𨋢", "𠮷野 𩸽 𠮟 𡈽 𨋢"),
        ("\U0002f804", "\u4f60"),  # A variant is drawn as what it is a variant of.
        ("𠀋 𪚥", "𠀋 Zhe"),
    ],
    ids=["tibetan", "stacks", "deprecated", "extension B", "compatibility", "rare"],
)
def test_tibetan_and_rare_ideographs_are_no_boxes(
    paid: Purchase, client: Client, name: str, drawn: str
) -> None:
    ticket = ticket_of(paid)
    Ticket.objects.filter(pk=ticket.pk).update(name=name)

    with pypdfium2.PdfDocument(client.get(pdf_of(ticket)).content) as opened:
        assert opened[0].get_textpage().count_chars() > 0

    assert legible(name) == drawn
    assert ".notdef" not in glyphs_of(drawn)
    assert 0 < measure(drawn, PLAIN, 10) < 20 * len(drawn)


def glyphs_of(text: str) -> list[str]:
    """Return the names of the glyphs that a line is drawn with."""
    names = []
    for run in runs(text, PLAIN):
        typeface = load(run.font)
        glyphs = [typeface.face.charToGlyph[ord(char)] for char in run.drawn]
        names += [typeface.shaper.glyph_to_string(glyph) if glyph else ".notdef" for glyph in glyphs]
    return names


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.sampled_from([PLAIN, BOLD]))
def test_any_text_is_set_in_lines_that_fit(text: str, font: str) -> None:
    lines = wrap(text, font, 12, NARROW)

    assert "".join(lines).replace(" ", "") == legible(text).replace(" ", "")
    assert all(measure(line, font, 12) <= NARROW or len(line) <= 10 for line in lines)


def test_a_word_that_needs_two_lines_is_broken_after_its_hyphen() -> None:
    width = measure("Hohenlohe-Langen", PLAIN, 12)

    lines = wrap("Ada Hohenlohe-Langenburg, Anne", PLAIN, 12, width)

    assert lines == ["Ada", "Hohenlohe-", "Langenburg, Anne"]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_a_title_takes_no_more_lines_than_there_are(text: str) -> None:
    size, lines = fit(text, BOLD, sizes=(34, 18), width=300, lines=4)

    assert size in (34, 18)
    assert len(lines) <= 4


def test_a_long_title_wraps_and_a_longer_one_ends_in_an_ellipsis(paid: Purchase, client: Client) -> None:
    url = pdf_of(ticket_of(paid))
    Event.objects.update(title="An evening of songs and stories from the islands of the north sea")
    assert "the islands of the north sea" in words(client.get(url).content)[0]

    Event.objects.update(title="W" * 200)
    [page] = words(client.get(url).content)
    assert page.count("W") < 200
    assert "W…" in page


def test_any_name_at_all_can_be_printed(paid: Purchase, client: Client) -> None:
    ticket = ticket_of(paid)
    names: list[Any] = ["\u202eevil", "🎭🎭🎭", "x" * 200, "م" * 200, "﷽" * 50, "Z" + "\u0301" * 150, " "]

    for name in names:
        Ticket.objects.filter(pk=ticket.pk).update(name=name)
        assert client.get(pdf_of(ticket)).status_code == 200
