"""The pictures of events and productions that link previews show."""

import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pypdfium2
import pytest
from django.test import Client
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat
from reportlab.pdfgen.canvas import Canvas

from bookings.documents import poster_drawing
from bookings.documents.glyphs import place_glyphs
from bookings.documents.pixels import ink
from bookings.documents.poster_drawing import draw_poster
from bookings.documents.posters import HEIGHT, WIDTH, Poster
from bookings.documents.text_shaping import draw, legible, runs
from bookings.documents.typefaces import BOLD, PLAIN
from bookings.models import Event, Production, Visibility
from tests.support.shop import make_event
from tests.support.staff import somebody_of

SITE = "http://testserver"
PICTURE = "/events/demo-night/picture.png"
LARGEST = 100_000  # bytes
MARIGOLD = (246, 185, 28)
STARTS_AT = datetime(2027, 6, 4, 17, 30, tzinfo=UTC)
SCRIPTS = [
    *("Łukasz Żółć-Ångström", "Nguyễn Thị Ánh", "Ёлка Ґалаґан", "Αθηνά", "Հայկ Ծովակ", "ნინო ბერიძე", "ማሪያም"),
    *("山田太郎的音樂會", "김민수", "𠮷野 𩸽 𠮟", "محمد بن سلمان 2027", "שָׁלוֹם עולם", "بۇ كېچە", "ދިވެހި"),
    *("क्षत्रिय श्री", "শ্রী কৃষ্ণ", "ਗੁਰਮੀਤ", "ગુજરાત", "ଓଡ଼ିଆ", "ஸ்ரீ கொக்கோ", "శ్రీ", "ಶ್ರೀ", "ശ്രീ", "ශ්‍රී"),
    *("น้ำผึ้ง", "ລາວ", "མྱུར་མགྱོགས་རྒྱ་མཚོ", "မြန်မာ", "ភាសាខ្មែរ"),
]


def poster(**changes: str) -> Poster:
    said = {"title": "Demo Night", "time": "Friday 4 June 2027, 19:30", "venue": "The Little Theatre"}
    house = {"shop": "Admit", "colour": "#f6b91c"}
    return Poster(**{**said, **house, "stamp": "", "look": "event 1", **changes})


def opened(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
        return picture.convert("RGB")


def head_of(client: Client, address: str, language: str = "en") -> dict[str, str]:
    page = client.get(address, headers={"Accept-Language": language}).content.decode()
    said = re.findall(r'<meta (?:name|property)="(\S+)" content="(.*?)"', page)
    return {name: unescape(value) for name, value in said}


# What a page says of it


def test_the_head_of_an_events_page_leads_to_its_picture(event: Event, client: Client) -> None:
    times = {"starts_at": STARTS_AT, "ends_at": STARTS_AT + timedelta(hours=2), "sales_until": STARTS_AT}
    Event.objects.update(title='"Night" & <Day>', time_zone="Asia/Kathmandu", **times)

    said = head_of(client, "/events/demo-night/")

    assert said["og:image"].startswith(f"{SITE}{PICTURE}?language=en-gb&v=")
    words = '"Night" & <Day>, Friday 4 June 2027, 23:15 (Kathmandu time), The Little Theatre'
    assert said["og:image:alt"] == words
    assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
    assert (said["og:image:type"], said["twitter:card"]) == ("image/png", "summary_large_image")
    answer = client.get(said["og:image"].removeprefix(SITE))
    assert answer.headers["Content-Type"] == "image/png"
    opened(answer.content)


def test_the_picture_speaks_the_language_of_the_page(event: Event, client: Client) -> None:
    said = head_of(client, "/events/demo-night/", "de")
    german = client.get(said["og:image"].removeprefix(SITE), headers={"Accept-Language": "en"})
    english = client.get(PICTURE, {"language": "no-such"}, headers={"Accept-Language": "de"})

    assert "Uhr" in said["og:image:alt"]
    assert (german.headers["Content-Language"], english.headers["Content-Language"]) == ("de", "en-gb")
    assert german.content != english.content


@pytest.mark.parametrize("changes", [{"title": "Gala"}, {"venue": "The Town Hall"}, {"status": "cancelled"}])
def test_what_is_said_anew_has_a_new_address(event: Event, client: Client, changes: dict[str, str]) -> None:
    before = head_of(client, "/events/demo-night/")["og:image"]
    Event.objects.update(**changes)
    after = head_of(client, "/events/demo-night/")["og:image"]

    assert after != before
    assert client.get(after).content != draw_poster(poster())


def test_only_who_has_the_address_finds_what_is_hidden(event: Event, client: Client) -> None:
    listed = client.get(PICTURE).headers["X-Robots-Tag"]
    Event.objects.update(visibility=Visibility.HIDDEN)
    hidden = client.get(PICTURE)

    assert (listed, hidden.headers["X-Robots-Tag"], hidden.status_code) == ("all", "noindex", 200)


def test_a_draft_has_none_not_even_for_staff(event: Event, client: Client) -> None:
    Event.objects.update(visibility=Visibility.DRAFT)
    assert client.get(PICTURE).status_code == 404
    Event.objects.update(slug="gala")
    assert client.get(PICTURE).status_code == 404  # An old address tells no more.

    staff = somebody_of("Events")
    page = staff.get("/events/gala/")
    assert page.status_code == 200
    assert b"og:image" not in page.content
    assert staff.get("/events/gala/picture.png").status_code == 404


def test_an_old_address_leads_to_the_new_one(event: Event, client: Client) -> None:
    Event.objects.update(slug="gala")

    answer = client.get(PICTURE, {"language": "de", "v": "1"})

    assert (answer.status_code, answer.headers["Location"]) == (
        301,
        "/events/gala/picture.png?language=de&v=1",
    )


def test_it_is_sent_once_and_drawn_once(event: Event, client: Client) -> None:
    poster_drawing._draw.cache_clear()
    first = client.get(PICTURE)
    assert client.get(PICTURE, {"v": "anything"}).content == first.content
    again = client.get(PICTURE, headers={"If-None-Match": first.headers["ETag"]})
    Event.objects.update(title="Gala")
    changed = client.get(PICTURE, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content, changed.status_code) == (304, b"", 200)
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    assert first.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert poster_drawing._draw.cache_info().misses == 2
    assert client.get("/events/nothing/picture.png").status_code == 404


# Productions


def test_a_production_has_one_too(db: None, client: Client) -> None:
    hamlet = Production.objects.create(title="Hamlet", slug="hamlet", description="A prince\nthinks.")
    assert client.get("/productions/hamlet/picture.png").status_code == 404
    for week in range(3):
        at = STARTS_AT + timedelta(weeks=week)
        times = {"starts_at": at, "ends_at": at + timedelta(hours=2), "sales_until": at}
        make_event(slug=f"hamlet-{week}", production=hamlet, time_zone="UTC", **times)

    said = head_of(client, "/productions/hamlet/")

    assert said["og:image:alt"] == "Hamlet, 4 June 2027 – 18 June 2027, The Little Theatre"
    assert said["og:description"] == "4 June 2027 – 18 June 2027, The Little Theatre. A prince thinks."
    assert (said["og:title"], said["og:url"]) == ("Hamlet", f"{SITE}/productions/hamlet/")
    answer = client.get(said["og:image"].removeprefix(SITE))
    assert answer.headers["X-Robots-Tag"] == "all"
    opened(answer.content)
    Event.objects.update(visibility=Visibility.DRAFT)
    assert client.get("/productions/hamlet/picture.png").status_code == 404


def test_a_production_whose_dates_are_over_has_one_without_a_date(event: Event, client: Client) -> None:
    event.production = Production.objects.create(title="Hamlet", slug="hamlet")
    event.starts_at = event.starts_at - timedelta(days=90)
    event.ends_at = event.sales_until = event.starts_at + timedelta(hours=2)
    event.sales_from = event.starts_at - timedelta(days=9)
    event.save()

    assert head_of(client, "/productions/hamlet/")["og:image:alt"] == "Hamlet"
    opened(client.get("/productions/hamlet/picture.png").content)


# What is on it


@pytest.mark.parametrize("title", SCRIPTS)
def test_a_title_of_any_script_is_drawn_as_a_pdf_draws_it(title: str) -> None:
    line, size = legible(title), 40

    numbers = [glyph.number for run in runs(line, BOLD) for glyph in place_glyphs(run)]
    assert 0 not in numbers  # the box of a glyph that is missing

    ours = Image.new("L", (900, 200))
    drawn = ink(line, BOLD, size)
    ours.paste(255, (50 + drawn.left, 100 - drawn.above), drawn.mask)
    difference = ImageChops.difference(ours, on_paper(line, size))
    assert ImageStat.Stat(difference).sum[0] < 0.25 * ImageStat.Stat(ours).sum[0]


def on_paper(line: str, size: int) -> Image.Image:
    """Return ``line`` in white on black as a PDF shows it, with its foot at 50, 100."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(900, 200))
    draw(canvas, 50, 100, line, BOLD, size)
    canvas.save()
    with pypdfium2.PdfDocument(file.getvalue()) as document:
        return ImageChops.invert(document[0].render(scale=1).to_pil().convert("L"))


@pytest.mark.parametrize(
    "title",
    [
        *("x" * 200, "W" * 200, "An evening of songs and stories " * 6, "བོད་ཀྱི་རོལ་ཆ་" * 14, "ཧཱུྃ " * 50),
        *(
            "山田太郎" * 50,
            "أمسية موسيقية " * 14,
            "क्षत्रिय " * 22,
            "🎉" * 200,
            "\u202eevil",
            "Z" + "\u0301" * 150,
        ),
    ],
)
def test_any_title_stays_where_the_title_is(title: str) -> None:
    long = "Großer Saal im Kulturzentrum am Donaudampfschifffahrtsgesellschaftskapitänsplatz " * 2
    content = draw_poster(poster(title=title, time=long, venue=long))
    picture = opened(content)

    assert len(content) < LARGEST
    paper = picture.getpixel((2, 2))
    frame = [(0, 0, WIDTH - 400, 72), (0, 0, 60, HEIGHT), (0, HEIGHT - 60, 760, HEIGHT)]
    assert {picture.crop(edge).getcolors(1)[0][1] for edge in frame} == {paper}  # type: ignore[index]
    ticket = picture.crop((80, 74, 96, 78))
    assert close(ticket.getpixel((8, 2)), MARIGOLD)  # No letter reaches it.


def close(one: object, other: tuple[int, ...]) -> bool:
    return isinstance(one, tuple) and all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))


@settings(max_examples=40, deadline=None)
@example("א\u0378", "א\u2067b\u2069", "")  # a letter that Unicode doesn't have yet, and isolates
@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=40))
def test_whatever_is_typed_makes_a_picture(title: str, venue: str, look: str) -> None:
    content = draw_poster(poster(title=title, venue=venue, look=f"event {look!r}"))

    opened(content)
    assert len(content) < LARGEST


def test_the_same_words_are_the_same_bytes_and_others_look_otherwise() -> None:
    pictures = {draw_poster(poster(look=f"event {number}")) for number in range(20)}
    poster_drawing._draw.cache_clear()

    assert len(pictures) == 20
    assert draw_poster(poster()) in pictures
    assert draw_poster(poster(stamp="Called off")) not in pictures


def test_a_line_without_letters_is_no_ink() -> None:
    assert ink("", PLAIN, 20).mask.getbbox() is None
    assert ink(" ", PLAIN, 20).mask.getbbox() is None
