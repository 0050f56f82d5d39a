"""Record errors in the browser, and requests to unknown hosts."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError


class Watch:
    """Records errors and warnings in the browsers it follows, and requests to hosts other than ``sites``."""

    def __init__(self, *sites: str) -> None:
        self._hosts = {urlsplit(site).netloc for site in sites}
        self._expected: list[str] = []
        self._complaints: list[str] = []

    def follow(self, context: BrowserContext) -> None:
        context.on("request", self._note_request)
        context.on("console", self._note_message)
        context.on("weberror", self._note_error)

    def expect(self, words: str) -> None:
        """Ignore complaints that contain ``words``, because the test expects them."""
        self._expected.append(words)

    @property
    def complaints(self) -> list[str]:
        return [it for it in self._complaints if not any(words in it for words in self._expected)]

    def _note_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme != "data" and address.netloc not in self._hosts:
            self._complaints.append(f"asked a stranger: {request.url}")

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complaints.append(f"{message.type} at {message.location['url']}: {message.text}")

    def _note_error(self, error: WebError) -> None:
        self._complaints.append(f"uncaught: {error.error}")
