"""Use the page of the door as somebody with a phone does."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.door.frames import Picture, as_url, code

# In the place of the phone's camera: a stream of what the test draws.
FEED = (Path(__file__).parent / "camera.js").read_text()
TYPE = """text => {
  const how = { bubbles: true, cancelable: true }
  for (const key of [...text, "Enter"]) {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { ...how, key }))
  }
}"""


class Phone:
    """A phone at the door, by default with its camera open."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def start(self, *, camera: bool = True) -> None:
        self.page.goto("/door/")
        name = "Open camera" if camera else "Scanner or typing only"
        self.page.get_by_role("button", name=name).first.click()
        expect(self.page.locator("[data-ready]")).to_be_attached()
        if camera:
            self.expect_camera("open")

    def show(self, what: str | Picture | None) -> None:
        """Hold up the code of a text, or another picture; nothing with None."""
        picture = code(what, 320) if isinstance(what, str) else what
        self.page.evaluate("url => feed(url)", picture and as_url(picture))

    def go_black(self) -> None:
        self.page.evaluate("feed('black')")

    def scan(self, text: str) -> None:
        """Type as a scanner does: all keys at once, then Enter."""
        self.page.evaluate(TYPE, text)

    @property
    def verdict(self) -> Locator:
        return self.page.locator("[data-verdict]:not([hidden])")

    def expect_verdict(self, verdict: str, word: str, *more: str) -> None:
        expect(self.page.locator(f"[data-verdict={verdict}]:not([hidden])")).to_contain_text(word)
        for words in more:
            expect(self.verdict).to_contain_text(words)

    def go_on(self) -> None:
        self.page.get_by_role("button", name="Next").click()
        expect(self.verdict).to_have_count(0)

    def expect_camera(self, state: str) -> None:
        expect(self.page.locator(f".door-camera[data-camera={state}]")).to_be_visible()
