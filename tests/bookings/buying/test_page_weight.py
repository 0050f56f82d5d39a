"""What a phone has to fetch before a house can be chosen from."""

import re

from django.test import Client

from bookings.seats.layout import add_rows
from tests.bookings.buying.house import make_house

MOST = 70_000  # bytes on their way, without pictures
SEATS = 500
WITH_FONT = r'(?:href|src)="(/static/[^"]+\.(?:css|js))"'


def weigh(client: Client, url: str) -> int:
    return len(client.get(url, headers={"Accept-Encoding": "br, gzip"}).content)


def test_the_page_of_five_hundred_seats_weighs_seventy_kilobytes_at_the_most(
    db: None, client: Client
) -> None:
    event = make_house()
    add_rows(event, rows="CDEFGHJKLMNPQRSTUVWX", numbers=range(1, 26), price=3000)
    assert event.seats.drawn().count() >= SEATS
    address = event.get_absolute_url()
    page = client.get(address).content.decode()
    needed = set(re.findall(WITH_FONT, page))
    sheet = next(url for url in needed if url.endswith(".css"))
    (font,) = set(
        re.findall(r"/static/fonts/instrument-sans\.\w+\.woff2", client.get(sheet).content.decode())
    )

    assert weigh(client, address) + sum(weigh(client, url) for url in {*needed, font}) <= MOST
