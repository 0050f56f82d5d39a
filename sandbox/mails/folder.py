"""The folder that the shop writes its mails into, as Django's file backend does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.mails.message import Mail

LATEST = 200  # files that are listed
LARGEST = 25_000_000  # bytes of a file that is read
# What the backend writes after each mail. A line like that in a mail isn't followed by a header.
END = re.compile(rb"\n-{79}\n(?=\Z|[A-Za-z-]+: )")


class NoMail(Exception):
    """There is no such mail. The message says why, for whoever looks at the page."""


@dataclass(frozen=True)
class Kept:
    """Which mail: the name of its file, and its place in that, from 0 on. ``mail`` is None if it is none."""

    file: str
    place: int
    mail: Mail | None
    problem: str = ""


class MailFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest_first(self) -> list[Kept]:
        """Return the mails of the ``LATEST`` files. What is no mail is among them, with what is wrong."""
        return [kept for file in self._files()[:LATEST] for kept in reversed(list(_kept_in(file)))]

    def find(self, name: str, place: int) -> Mail:
        """
        Return one mail; raise ``NoMail`` if there is none.

        The name is looked for among the names of the files in the folder, so it leads nowhere else.
        """
        for file in self._files():
            if file.name == name:
                raws = _split(_read(file))
                if place >= len(raws) or not (mail := Mail(raws[place])).is_mail:
                    raise NoMail(f"{name} has no such mail.")
                return mail
        raise NoMail("There is no such file any more.")

    def _files(self) -> list[Path]:
        """Return the files, newest first. A link may lead out of the folder, so it is none."""
        try:
            found = [file for file in self._folder.iterdir() if file.is_file() and not file.is_symlink()]
            return sorted(found, key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)
        except OSError as error:
            raise NoMail(f"The folder {self._folder} can’t be read: {error.strerror}.") from None


def _kept_in(file: Path) -> Iterator[Kept]:
    try:
        raws = _split(_read(file))
    except NoMail as error:
        yield Kept(file.name, 0, None, str(error))
        return
    for place, raw in enumerate(raws):
        mail = Mail(raw)
        if mail.is_mail:
            yield Kept(file.name, place, mail)
        else:
            yield Kept(file.name, place, None, f"{file.name} isn’t a mail.")


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise NoMail(f"{file.name} is too large to be shown.")
        content = file.read_bytes()
    except OSError as error:
        raise NoMail(f"{file.name} can’t be read: {error.strerror}.") from None
    if not content.strip():
        raise NoMail(f"{file.name} is empty.")
    return content


def _split(content: bytes) -> list[bytes]:
    return [raw for raw in END.split(content) if raw.strip()]
