"""Extract the texts that a page shows or that screen readers read out."""

from html.parser import HTMLParser

SPOKEN = {"alt", "aria-label", "placeholder", "title"}
UNREAD = {"script", "style"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in UNREAD
        self.texts += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in UNREAD

    def handle_data(self, data: str) -> None:
        if not self.unread:
            self.texts.append(data)


def texts_of(html: str) -> list[str]:
    """Return the texts of a page in order, one for each piece between two tags."""
    reader = _Reader()
    reader.feed(html)
    return [text for text in (" ".join(text.split()) for text in reader.texts) if text]


def text_of(html: str) -> str:
    """Return the texts of a page as one, with one space for several."""
    reader = _Reader()
    reader.feed(html)
    return " ".join("".join(reader.texts).split())
