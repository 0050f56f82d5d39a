"""
The catalogs of customers' words, ``locale/<language>/LC_MESSAGES/django.po``.

``make words`` brings the sentences of code and templates into them, and says which ones wait for their
translation; ``make words NEW=fr`` begins another language. What Django reads are compiled copies, which every
process makes as it starts, where they are missing or older, as Python does with its modules. Nothing but
Babel is needed for either.

What only staff read is English, and in no catalogue.
"""

import os
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
WIDTH = 110  # characters
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Paths from the project's root; a star stands for any number of folders too.
NOT_CUSTOMERS = [
    *(".*", "bench", "deploy", "docs", "locale", "sandbox", "static", "tests"),
    *("*/management/*", "*/migrations/*", "*/admin/*", "*/admin.py", "*/models/*", "payments/staff/*"),
    *("payments/ledger/refunds.py", "payments/ledger/reseating.py", "payments/ledger/state_matrix.py"),
    *("payments/templatetags/staff.py", "payments/gateway/subscriptions.py"),
]


def collect() -> Catalog:
    """Return every sentence that a customer may read, from the code and the templates."""
    found = Catalog(charset="utf-8")
    for path in sources():
        for _line, message, comments, context in _read(path):
            place = (str(path.relative_to(ROOT)), 0)
            found.add(message, locations=[place], auto_comments=comments, context=context)
    return found


def sources() -> Iterator[Path]:
    """Yield the files whose words customers read."""
    for folder in sorted(ROOT.iterdir()):
        if folder.is_dir() and _is_customers(folder):
            files = sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".html", ".txt"))
            yield from filter(_is_customers, files)


def _is_customers(path: Path) -> bool:
    name = str(path.relative_to(ROOT))
    return not any(fnmatch(name, pattern) for pattern in NOT_CUSTOMERS)


def _read(path: Path) -> Iterator[tuple]:
    """Yield the sentences of a file as Babel's extractor for Python finds them."""
    text = path.read_text()
    if path.suffix != ".py":
        # Django turns a template into something like Python, which its indentation would spoil.
        text = "\n".join(line.strip() for line in templatize(text, origin=str(path)).split("\n"))
    return extract("python", BytesIO(text.encode()), KEYWORDS, comment_tags=["Translators:"])


def catalogs() -> list[Path]:
    """Return the files to translate, one for each language."""
    return sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))


def load(file: Path) -> Catalog:
    with file.open("rb") as lines:
        return read_po(lines, locale=file.parent.parent.name)


def update(file: Path) -> list[Message]:
    """Bring a catalogue to what is said now, and return what has no translation. Nothing is guessed."""
    catalogue, said = load(file), collect()
    said.creation_date = catalogue.creation_date  # Or each run would be a change.
    catalogue.update(said, no_fuzzy_matching=True, update_header_comment=False)
    write(catalogue, file)
    return [message for message in catalogue if message.id and not is_translated(message)]


def write(catalogue: Catalog, file: Path) -> None:
    """Write a catalogue so that only what changed is a difference."""
    with file.open("wb") as lines:
        write_po(lines, catalogue, WIDTH, include_lineno=False, sort_output=True, ignore_obsolete=True)


def is_translated(message: Message) -> bool:
    """Whether every form of ``message`` has its words."""
    return all([message.string] if isinstance(message.string, str) else message.string or [""])


def compile_stale() -> None:
    """Compile the catalogs that are newer than what was made of them; raise ``OSError`` where one can't."""
    for file in catalogs():
        compiled = compiled_copy(file)
        if not compiled.exists() or compiled.stat().st_mtime < file.stat().st_mtime:
            new = compiled.with_suffix(f".{os.getpid()}")  # Complete before it has the name that others read.
            with new.open("wb") as target:
                write_mo(target, load(file))
            new.replace(compiled)


def compiled_copy(file: Path) -> Path:
    return file.with_suffix(".mo")


def begin(language: str) -> None:
    """
    Make an empty catalogue for a language such as ``fr`` or ``pt-br``, unless there is one.

    Raise ``UnknownLocaleError`` or ``ValueError`` if there is no such language.
    """
    locale = Locale.parse(to_locale(language))
    file = ROOT / "locale" / str(locale) / "LC_MESSAGES" / "django.po"
    if not file.exists():
        file.parent.mkdir(parents=True)
        write(
            Catalog(locale, project="Admit", version="1", charset="utf-8", header_comment=f"# {language}"),
            file,
        )


def main(*languages: str) -> None:
    for language in languages:
        try:
            begin(language)
        except (UnknownLocaleError, ValueError):
            sys.exit(f"There is no language {language!r}; a name is such as fr or pt-br.")
    for file in catalogs():
        missing = update(file)
        language = file.parent.parent.name
        sys.stdout.write(f"{language}: {len(missing)} to translate\n")
        sys.stdout.writelines(f"  {message.id!r}\n" for message in missing)


if __name__ == "__main__":
    main(*sys.argv[1:])
