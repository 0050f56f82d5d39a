from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.support.chromium import MISSING, launch
from tests.browser.support.pages import NewCustomer, Pair
from tests.browser.support.scenes import Theatre
from tests.browser.support.stack import Shop, Stripe, running_shop
from tests.browser.support.staging import Stage
from tests.browser.support.watch import Watch
from tests.support.patience import PATIENCE

# Behind the rows of the demo, so that each test has seats of its own; M to Q are the seat map's.
MORE_ROWS = "HIJKLRSTUVWXY"
MORE_SEATS = """
    INSERT INTO bookings_seat (event_id, row, number, label, price)
    SELECT event.id, row, number, row || '-' || number, 2400
      FROM bookings_event AS event, regexp_split_to_table(%s, '') AS row, generate_series(1, 14) AS number
     WHERE event.slug = 'demo-night'
    RETURNING id
"""

# Playwright's event loop keeps Django's ORM from this thread, so nothing here may outlive the folder's tests.


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            pytest.skip(MISSING)
        expect.set_options(timeout=PATIENCE * 1000)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with running_shop(tmp_path_factory.mktemp("shop")) as shop:
        shop.rows(MORE_SEATS, MORE_ROWS)
        yield shop


@pytest.fixture
def stripe(shop: Shop) -> Iterator[Stripe]:
    """Stripe's stand-in, which tells the shop everything again when the test is over."""
    yield shop.stripe
    shop.stripe.resume()


@pytest.fixture
def watch(shop: Shop) -> Iterator[Watch]:
    """What the test's browsers complain about; a test fails over whatever it didn't expect."""
    watch = Watch(shop.site, shop.stripe.url)
    yield watch
    assert watch.complaints == []


@pytest.fixture
def new_customer(browser: Browser, shop: Shop, watch: Watch) -> Iterator[NewCustomer]:
    """Return a function that opens a page for somebody who was never here before."""
    contexts = []

    def new_customer(**options: Any) -> Page:
        context = browser.new_context(base_url=shop.site, **options)
        context.set_default_timeout(PATIENCE * 1000)
        watch.follow(context)
        contexts.append(context)
        return context.new_page()

    yield new_customer
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_customer: NewCustomer) -> Page:
    return new_customer()


@pytest.fixture(scope="package")
def _pairs() -> Iterator[Pair]:
    """All but row A, which the best available come from, and the last of row G, where the arrows end."""
    rows = {"B": 10, "C": 12, "D": 12, "E": 12, "F": 14, "G": 12, **dict.fromkeys(MORE_ROWS, 14)}
    return ((f"{row}-{n}", f"{row}-{n + 1}") for row, last in rows.items() for n in range(1, last, 2))


@pytest.fixture
def seats(_pairs: Iterator[Pair]) -> Pair:
    """Two neighbouring seats that no other test has."""
    return next(_pairs)


@pytest.fixture(scope="package")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """A shop of its own with every state that customers can see."""
    with running_shop(tmp_path_factory.mktemp("theatre")) as shop:
        yield Theatre(Stage(shop))
