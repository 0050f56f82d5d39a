"""What nobody tells a test unless it looks: errors in the browser, and requests to strangers."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError


class Watch:
    """Notes what the browsers it follows complain about, and every request to a host it doesn't know."""

    def __init__(self, *sites: str) -> None:
        self._hosts = {urlsplit(site).netloc for site in sites}
        self._expected: list[str] = []
        self._complaints: list[str] = []

    def follow(self, context: BrowserContext) -> None:
        context.on("request", self._note_request)
        context.on("console", self._note_message)
        context.on("weberror", self._note_error)

    def expect(self, words: str) -> None:
        """Let complaints with these ``words`` pass: they belong to the story."""
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
