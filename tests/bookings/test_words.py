"""Names are found however they are written: with accents, apostrophes and hyphens, or without."""

import unicodedata

import pytest
from django.db import connection

from bookings.models import Booking, Ticket
from bookings.models.words import JOINTS, fold
from bookings.search import find_bookings
from tests.support.shop import BoxOffice, make_event

pytestmark = pytest.mark.django_db

FOUND = {
    "Jürgen Groß": ["jurgen", "JÜRGEN", "gross", "groß", "GROẞ", "Ju\u0308rgen gro", "jürg gross"],
    "Siobhán O’Neill": ["oneill", "o'neill", "O’Neill", "neill", "o neill", "O´Neill", "siobhan o`nei"],
    "D'Angelo": ["dangelo", "d’angelo", "angelo"],
    "ONeill": ["o'neill", "oneill"],
    "Jean-Luc Dupré": ["jeanluc", "jean luc", "luc dupre", "jean-luc"],
    "Jeanluc": ["jean-luc"],
    "Łukasz Żółć": ["lukasz zolc", "łukasz"],
    "Søren Æbelø": ["soren", "aebelo", "søren"],
    "Þórður Guðmundsson": ["thordur", "gudmundsson", "þórður"],
    "Nguyễn Thị Đào": ["nguyen thi dao", "nguyễn"],
    "İbrahim Işık": ["ibrahim isik", "IBRAHIM", "ışık"],
    "Γιάννης ΣΟΦΟΣ": ["γιαννης", "σοφος", "ΓΙΆΝΝΗΣ"],
    "Андрей Ёлкин": ["андреи", "андрей", "елкин", "ЁЛКИН"],
    "山田 太郎": ["山田", "太郎"],
    "ガブリエル": ["ガブリ", "カ\u3099フ\u3099リ"],
    "김민수": ["김민", unicodedata.normalize("NFD", "김민수")],
    "ﬁona ＷＩＤＥ": ["fiona", "wide"],
}
NOT_FOUND = {"Jürgen Groß": ["urgen", "gros s"], "ONeill": ["neill"], "Ada Lovelace": ["love ado", "'", "-"]}


@pytest.fixture
def office(box_office: BoxOffice) -> BoxOffice:
    make_event()
    return box_office


def named(office: BoxOffice, name: str) -> Booking:
    return office.buy(name=name).booking


@pytest.mark.parametrize("name", FOUND)
def test_a_name_is_found_in_each_way_of_writing_it(name: str, office: BoxOffice) -> None:
    booking = named(office, name)

    missed = [typed for typed in FOUND[name] if find_bookings(typed) != [booking.pk]]

    assert missed == []


@pytest.mark.parametrize("name", NOT_FOUND)
def test_other_names_are_not(name: str, office: BoxOffice) -> None:
    named(office, name)

    assert [typed for typed in NOT_FOUND[name] if find_bookings(typed)] == []


def test_the_name_on_one_ticket_finds_the_booking(office: BoxOffice) -> None:
    booking = office.sell().booking
    ticket = booking.tickets.first()
    assert ticket is not None
    Ticket.objects.filter(pk=ticket.pk).update(name="Zoë Quiñones")

    assert find_bookings("zoe quinones") == [booking.pk]
    assert find_bookings("quiñ") == [booking.pk]


def test_postgresql_folds_each_letter_as_we_do() -> None:
    """Otherwise what is typed would be another word than what is kept. All letters of the first plane."""
    letters = [chr(code) for code in range(0xA0, 0xFFFF) if unicodedata.category(chr(code))[0] == "L"]
    texts = [f"x{letter}x" for letter in letters if not set(fold(letter)) & set(JOINTS)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT typed, bookings_words(typed) = to_tsvector('simple', folded || ' ' || folded)"
            "  FROM unnest(%s::text[], %s::text[]) AS t (typed, folded)",
            [texts, [fold(text) for text in texts]],
        )
        other = [text for text, is_same in cursor.fetchall() if not is_same]

    assert other == []
