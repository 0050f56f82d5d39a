"""Paying hosted pages in a browser, by the names that the fields have at Stripe and in the sandbox."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Frame, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.browser.support.chromium import launch
from tests.contract.shapes import Obj
from tests.contract.targets import COUNTRY, Pays, Unplayable

PATIENCE = 60_000  # ms
SHOP = "http://shop.test/"
SUBMIT = "[data-testid=hosted-payment-submit-button]"
REFUSED = ".FieldError, [role=alert]"  # where either page says that a card was declined
COMPLETE = (
    "#test-source-authorize-3ds",
    "button:has-text('Complete authentication')",
    "button:text-is('Complete')",
)
POLLS = 300  # of 200 ms


class Browsing:
    """Pays sessions in one browser; it also completes 3-D Secure."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.visited: list[str] = []  # addresses that the page has asked for

    def __call__(self, session: Obj, card: str, *, name: str, email: str) -> None:
        context = self.browser.new_context()
        page = context.new_page()
        # The recipes' shop doesn't exist, so the page only sets out for it.
        page.on("request", lambda request: self.visited.append(request.url))
        self.visited.clear()
        try:
            page.goto(session["url"], timeout=PATIENCE)
            self.fill(page, card, name=name, email=email)
            page.locator(SUBMIT).click(timeout=PATIENCE)
            self.wait(page)
        except PlaywrightError as error:
            raise Unplayable(f"The hosted page can't be paid: {error.message.splitlines()[0]}") from None
        finally:
            context.close()

    def fill(self, page: Page, card: str, *, name: str, email: str) -> None:
        page.locator(SUBMIT).wait_for(timeout=PATIENCE)
        mail = page.locator("input[name=email]")
        if email and mail.count() and mail.is_editable():
            mail.fill(email)
        if not card:  # There is nothing to pay.
            return
        choice = page.locator("[data-testid=card-accordion-item-button], [value=card][type=radio]").first
        if choice.count() and not page.locator("[name=cardNumber]").is_visible():
            choice.click(force=True)
        country = page.locator("select[name=billingCountry]")
        if country.count() and country.is_visible():
            country.select_option(COUNTRY)
        given = {
            "cardNumber": card,
            "cardExpiry": "12 / 34",
            "cardCvc": "1234" if is_amex(card) else "123",
            "billingName": name,
        }
        for field, text in given.items():
            page.locator(f"[name={field}]").fill(text, timeout=PATIENCE)

    def wait(self, page: Page) -> None:
        """Wait until the page has led back, or has told that the card was declined."""
        for _ in range(POLLS):
            if any(url.startswith(SHOP) for url in self.visited):
                return
            if page.locator(REFUSED).filter(has_text="card").first.is_visible():
                return
            self.complete(page)
            page.wait_for_timeout(200)
        raise Unplayable("The hosted page neither leads back nor refuses the card.")

    def complete(self, page: Page) -> None:
        """Pass an open 3-D Secure challenge, which Stripe shows in a frame in a frame."""
        frames: list[Frame] = page.frames
        for frame in frames:
            for button in COMPLETE:
                try:
                    found = frame.locator(button).first
                    if found.is_visible():
                        found.click(timeout=2_000)
                        return
                except PlaywrightError:
                    continue  # The frame has gone, which means that somebody has just completed it.


def is_amex(card: str) -> bool:
    return card.startswith(("34", "37"))


@contextmanager
def browsing() -> Iterator[Pays | None]:
    """Yield a way to pay hosted pages; None without a browser."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            yield None
            return
        yield Browsing(browser)
        browser.close()
