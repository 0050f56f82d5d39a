"""Use the pages of a purchase."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

Pair = tuple[str, str]  # the labels of two seats
NewCustomer = Callable[..., Page]

EVENT = "/events/demo-night/"
HOSTED = re.compile(r"/c/pay/(cs_\w+)(?:#\w*)?$")
SUCCESS = re.compile(r"/payments/success/\?session_id=(cs_\w+)$")


# The event


def seat(page: Page, label: str) -> Locator:
    return page.locator(f"input[name=seats][value={label}]")


def choose(page: Page, *seats: str, name: str = "Ada Lovelace", email: str = "ada@example.com") -> None:
    """Open the event's page, check ``seats``, and fill in name and email."""
    page.goto(EVENT)
    choose_here(page, *seats, name=name, email=email)


def choose_here(page: Page, *seats: str, name: str = "Ada Lovelace", email: str = "ada@example.com") -> None:
    for label in seats:
        seat(page, label).check()
    seat_map(page).get_by_label("Your name").fill(name)
    seat_map(page).get_by_label("Email").fill(email)


def keep_from_hearing(page: Page) -> None:
    """Keep changes from the page's seat map, as if two customers clicked at the same moment."""
    page.route("**/api/events/*/seats", lambda route: route.fulfill(status=304))


def seat_map(page: Page) -> Locator:
    return page.get_by_role("region", name="Choose your seats")


def best_available(page: Page) -> Locator:
    return page.get_by_role("region", name="Best available")


def held(page: Page) -> Locator:
    """Return the banner that reminds of an unfinished payment."""
    return page.get_by_role("region", name=re.compile("We’re holding your seat"))


def submit_button(form: Locator) -> Locator:
    return form.get_by_role("button", name="Continue to payment")


def order(page: Page, *seats: str, email: str = "ada@example.com") -> str:
    """Choose ``seats``, go to Stripe's page, and return the session's id."""
    choose(page, *seats, email=email)
    submit_button(seat_map(page)).click()
    return session_on(page)


def expect_free(page: Page, *seats: str) -> None:
    """Open the event's page and require that ``seats`` can be chosen."""
    page.goto(EVENT)
    for label in seats:
        expect(seat(page, label)).to_be_enabled()


def expect_taken(page: Page, *seats: str) -> None:
    page.goto(EVENT)
    for label in seats:
        expect(seat(page, label)).to_be_disabled()


# Stripe's page


def session_on(page: Page) -> str:
    """Wait for Stripe's page and return the id of its session."""
    page.wait_for_url(HOSTED)
    found = HOSTED.search(page.url)
    assert found
    return found[1]


def pay(page: Page, card: str = "4242 4242 4242 4242") -> None:
    page.get_by_label("Card number").fill(card)
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("Security code").fill("123")
    page.get_by_label("Name on card").fill("Ada Lovelace")
    pay_button(page).click()


def pay_by_debit(page: Page) -> None:
    page.get_by_label("Bank debit").check()
    page.get_by_label("Name on card or account").fill("Ada Lovelace")
    pay_button(page).click()


def pay_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^(Book|Pay|Subscribe)"))


# The page after


def heading(page: Page, words: str) -> Locator:
    """Return the page's heading with exactly this text; without CSS it would contain those of all states."""
    return page.get_by_role("heading", level=1, name=words, exact=True)


def expect_confirming(page: Page) -> None:
    expect(heading(page, "We’re confirming your payment")).to_be_visible()


@contextmanager
def asking(page: Page) -> Iterator[None]:
    """Run the block, and wait until the page after it requests the payment's status."""
    with page.expect_request("**/api/payment-status?*"):
        yield
    expect_confirming(page)


def expect_tickets(page: Page, *seats: str) -> None:
    """Require that the page shows exactly the tickets for ``seats``."""
    expect(page.get_by_role("heading", level=1, name=re.compile("^You’re going to"))).to_be_visible()
    expect(page.locator(".admission-seat")).to_have_text(list(seats))


def offers(page: Page) -> list[str]:
    """Return the texts of all links and buttons in the main part of the page."""
    main = page.get_by_role("main")
    return main.get_by_role("link").or_(main.get_by_role("button")).all_inner_texts()


def address_of(page: Page, name: str, number: int = 0) -> str:
    """Return the URL of a link with this name, by default of the first one."""
    return str(page.get_by_role("link", name=name).nth(number).get_attribute("href"))


def ticket_codes(page: Page) -> list[str]:
    """Return the codes of the two tickets that the page links to."""
    return [address_of(page, "Open the ticket", number).split("/")[-2] for number in (0, 1)]


def mark(page: Page) -> None:
    """Mark the current document, so that ``is_marked`` can tell whether it was reloaded."""
    page.evaluate("document.isTheOneFromBefore = true")


def is_marked(page: Page) -> bool:
    return bool(page.evaluate("document.isTheOneFromBefore === true"))


def photograph(page: Page, *, full: bool = False) -> bytes:
    """Return a PNG of the window, or of the full page, after all images have loaded."""
    page.evaluate("Promise.all([...document.images].map(image => image.decode()))")
    return page.screenshot(full_page=full, animations="disabled")
