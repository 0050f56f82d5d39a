"""The few commands of WebDriver that a purchase needs, whichever way a browser takes them."""

from typing import Any, Protocol

from tests.support.patience import wait_for

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # https://www.w3.org/TR/webdriver2/#elements


class Refused(Exception):
    """The browser couldn't do it; the message is its own."""


class Link(Protocol):
    """The connection to a browser. Commands have the names that WebDriver's specification gives them."""

    def do(self, command: str, **given: Any) -> Any:
        """Return the command's result; raise ``Refused``."""


class Driver:
    """One window. Each method waits until there is what it needs."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def open(self, url: str) -> None:
        self._link.do("Navigate", url=url)

    def click(self, css: str) -> None:
        self._link.do("ElementClick", id=self._find(css))

    def type(self, css: str, text: str) -> None:
        self._link.do("ElementSendKeys", id=self._find(css), text=text)

    def texts(self, css: str) -> list[str]:
        """Return the visible texts of all elements, of which there is one at least."""
        wait_for(lambda: self._all(css), css)
        return [self._link.do("GetElementText", id=element) for element in self._all(css)]

    def script(self, source: str) -> Any:
        """Return what ``source``, the body of a function, returns."""
        return self._link.do("ExecuteScript", script=source, args=[])

    def wait_for_url(self, part: str) -> str:
        """Wait until the address has this part, and return it."""

        def current() -> str:
            url = str(self._link.do("GetCurrentURL"))
            return url if part in url else ""

        return wait_for(current, f"an address with {part}")

    def _find(self, css: str) -> str:
        return wait_for(lambda: self._all(css), css)[0]

    def _all(self, css: str) -> list[str]:
        found = self._link.do("FindElements", using="css selector", value=css)
        return [element[ELEMENT] for element in found]
