"""Measure the cost of a customer's list of bookings, by its length: ``python -m bench.sync``."""

import asyncio
from itertools import islice
from statistics import median

from django.db import connection

from bench.support.client import rate
from bench.support.shop import Page, Shop, Web, open_shop, run

PATH = "/api/bookings/sync"
NUMBERS = (1, 10, 50)  # of bookings
ROUNDS = 3
SECONDS = 1.5  # each


def main() -> None:
    with open_shop() as shop:
        run(lambda: measure(shop))


async def measure(shop: Shop) -> None:
    web = shop.open("web")
    pages = iter(await shop.buy(web, sum(NUMBERS)))
    customers = {number: await asyncio.to_thread(sign_in, list(islice(pages, number))) for number in NUMBERS}
    print("  bookings           kB    200: /s      CPU time (ms)    304: /s      CPU time (ms)")
    for number, cookie in customers.items():
        async with web.connect() as connection:
            whole = await connection.ask("GET", PATH, headers=cookie)
        unchanged = {**cookie, "If-None-Match": whole.etag}
        figures = [await measure_rounds(web, headers) for headers in (cookie, unchanged)]
        columns = "".join(f"{per_second:11,.0f}{1000 * cost:18.2f}" for per_second, cost in figures)
        print(f"{number:10}{len(whole.body) / 1000:13.1f}{columns}")


def sign_in(pages: list[Page]) -> dict[str, str]:
    """Put the bookings of ``pages`` into a new account; return the header with its session cookie."""
    from django.contrib.auth.models import User
    from django.test import Client

    from bookings.models import Booking

    customer = User.objects.create_user(f"customer of {len(pages)}")
    sessions = [page.session_id for page in pages]
    Booking.objects.filter(payments__session_id__in=sessions).update(customer=customer)
    client = Client()
    client.force_login(customer, backend="customers.backends.MailedCodeBackend")
    connection.close()
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}


async def measure_rounds(web: Web, headers: dict[str, str]) -> tuple[float, float]:
    """Return the requests per second and the CPU time of each in s."""
    rates, costs = [], []
    for _ in range(ROUNDS):
        used = web.seconds
        rates.append(await rate(web.port, PATH, headers=headers, seconds=SECONDS))
        costs.append((web.seconds - used) / (rates[-1] * SECONDS))
    return median(rates), median(costs)


if __name__ == "__main__":
    main()
