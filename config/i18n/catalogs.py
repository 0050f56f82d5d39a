"""
Update and compile the translation catalogs, ``locale/<language>/LC_MESSAGES/django.po``.

``make words`` collects the messages of code and templates into them, and lists those without a translation;
``make words NEW=fr`` adds a language. Django reads compiled ``.mo`` files, which every process compiles when
it starts if they are missing or outdated. Only Babel is needed, not GNU gettext.

Messages that only staff see are in English and not in the catalogs.
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
# Paths relative to the project's root; a star also matches slashes.
STAFF_ONLY = [
    *(".*", "bench", "deploy", "docs", "locale", "sandbox", "static", "tests"),
    *("*/management/*", "*/migrations/*", "*/admin/*", "*/admin.py", "*/models/*", "*/staff/*"),
    *("bookings/announcements/*", "bookings/events/*", "bookings/typed_money.py"),
    *("payments/ledger/refunds.py", "payments/ledger/reseating.py", "payments/ledger/state_matrix.py"),
    *("privacy/erasing.py", "branding/pictures/*", "branding/describing.py"),
    *("bookings/layouts/*", "bookings/seats/layout.py", "bookings/seats/house_states.py"),
    *("bookings/seats/moving.py", "payments/ledger/moving.py", "payments/checkout/exchange.py"),
    *("payments/counter_pages/*", "templates/payments/counter/*"),
    *("payments/templatetags/staff.py", "payments/gateway/billing/subscriptions.py"),
    *("bookings/when/typed.py", "bookings/event_changes/changing.py", "payments/event_changes/*"),
]


def collect() -> Catalog:
    """Return all messages to customers in the code and the templates."""
    found = Catalog(charset="utf-8")
    for path in sources():
        for _line, message, comments, context in _read(path):
            place = (str(path.relative_to(ROOT)), 0)
            found.add(message, locations=[place], auto_comments=comments, context=context)
    return found


def sources() -> Iterator[Path]:
    """Yield the files that contain messages to customers."""
    for folder in sorted(ROOT.iterdir()):
        if folder.is_dir() and _is_customers(folder):
            files = sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".html", ".txt"))
            yield from filter(_is_customers, files)


def _is_customers(path: Path) -> bool:
    name = str(path.relative_to(ROOT))
    return not any(fnmatch(name, pattern) for pattern in STAFF_ONLY)


def _read(path: Path) -> Iterator[tuple]:
    """Yield the messages of a file in the form of ``babel.messages.extract``."""
    text = path.read_text()
    if path.suffix != ".py":
        # templatize() makes something like Python of a template; its indentation would be a syntax error.
        text = "\n".join(line.strip() for line in templatize(text, origin=str(path)).split("\n"))
    return extract("python", BytesIO(text.encode()), KEYWORDS, comment_tags=["Translators:"])


def catalogs() -> list[Path]:
    """Return the catalog files, one for each language."""
    return sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))


def load(file: Path) -> Catalog:
    with file.open("rb") as lines:
        return read_po(lines, locale=file.parent.parent.name)


def update(file: Path) -> list[Message]:
    """Update a catalog with the current messages, without fuzzy matches; return the untranslated ones."""
    catalog, current = load(file), collect()
    current.creation_date = catalog.creation_date  # Or each run would change the file.
    catalog.update(current, no_fuzzy_matching=True, update_header_comment=False)
    write(catalog, file)
    return [message for message in catalog if message.id and not is_translated(message)]


def write(catalog: Catalog, file: Path) -> None:
    """Write a catalog in a stable order and without line numbers, for small diffs."""
    with file.open("wb") as lines:
        write_po(lines, catalog, WIDTH, include_lineno=False, sort_output=True, ignore_obsolete=True)


def is_translated(message: Message) -> bool:
    """Return whether every plural form of ``message`` has a translation."""
    return all([message.string] if isinstance(message.string, str) else message.string or [""])


def compile_stale() -> None:
    """Compile missing and outdated catalogs; raise ``OSError`` if the files can't be written."""
    for file in catalogs():
        compiled = compiled_copy(file)
        if not compiled.exists() or compiled.stat().st_mtime < file.stat().st_mtime:
            # Rename a complete file, since other processes may read or compile the same catalog now.
            new = compiled.with_suffix(f".{os.getpid()}")
            with new.open("wb") as target:
                write_mo(target, load(file))
            new.replace(compiled)


def compiled_copy(file: Path) -> Path:
    return file.with_suffix(".mo")


def create(language: str) -> None:
    """
    Create an empty catalog for a language such as ``fr`` or ``pt-br``, unless it exists.

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
            create(language)
        except (UnknownLocaleError, ValueError):
            sys.exit(f"There is no language {language!r}; a name is such as fr or pt-br.")
    for file in catalogs():
        missing = update(file)
        language = file.parent.parent.name
        sys.stdout.write(f"{language}: {len(missing)} to translate\n")
        sys.stdout.writelines(f"  {message.id!r}\n" for message in missing)


if __name__ == "__main__":
    main(*sys.argv[1:])
