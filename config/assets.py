"""
Static files as browsers get them, made in memory when they are first asked for.

The address of each names its content (``site.3f2a….css``), so browsers keep it for good. A style sheet has
its imports put into it, whatever a file refers to is named by its content too, and comments stay here.
There is nothing to build, to collect or to forget: the files lie in ``static/`` as they were written, and
work as they lie.
"""

import gzip
import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import brotli
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.exceptions import ImproperlyConfigured

DIGEST = 12  # characters of a digest in an address
NAMED = re.compile(rf"(.+)\.([0-9a-f]{{{DIGEST}}})(\.\w+|)")
TEXT = re.compile(r"text/|.*(javascript|json|xml)")
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
OWN = ("css/", "js/")  # Others' files keep the comments that have their licences.
COMMENT_LINES = re.compile(r"^[ \t]*(?:/\*.*?\*/|//[^\n]*)[ \t]*\n", re.DOTALL | re.MULTILINE)
CSS_IMPORT = re.compile(r'@import "([^":]+)"\s*([^;]*);')
CSS_URL = re.compile(r"""(url\(["']?)(?!data:|/|#|\w+:)([^"')?#]+)""")
JS_IMPORT = re.compile(r"""(\b(?:from|import)\s*\(?\s*["'])(\.{1,2}/[^"']+)""")


@dataclass(frozen=True)
class Asset:
    """One file, ready to be sent, and the names of the modules it imports."""

    name: str
    content: bytes
    imports: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:DIGEST]

    @property
    def address(self) -> str:
        """The path, below ``STATIC_URL``, that is this content's alone."""
        root, extension = posixpath.splitext(self.name)
        return f"{root}.{self.digest}{extension}"

    @property
    def url(self) -> str:
        return f"{settings.STATIC_URL}{self.address}"

    @cached_property
    def content_type(self) -> str:
        kind = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind

    @cached_property
    def encodings(self) -> dict[str, bytes]:
        """The content by the name of its encoding, the smallest first."""
        if not TEXT.match(self.content_type):
            return {"identity": self.content}
        packed = {
            "br": brotli.compress(self.content),
            "gzip": gzip.compress(self.content, mtime=0),
            "identity": self.content,
        }
        return dict(sorted(packed.items(), key=lambda item: len(item[1])))


class Library:
    """All static files there are, by their names; each is made once."""

    def __init__(self) -> None:
        self._made: dict[str, Asset] = {}

    @cached_property
    def files(self) -> dict[str, Path]:
        """Where each file lies. Only these names are ever looked up, whatever a stranger asks for."""
        found: dict[str, Path] = {}
        for finder in get_finders():
            for path, storage in finder.list([]):
                name = posixpath.join(getattr(storage, "prefix", None) or "", path)
                found.setdefault(name, Path(storage.path(path)))
        return found

    def get(self, name: str, *, within: tuple[str, ...] = ()) -> Asset | None:
        """Return the file of that name, which those ``within`` which it was named are waiting for."""
        if name in within:
            raise ImproperlyConfigured(f"{name} imports itself: {' → '.join([*within, name])}.")
        if name not in self._made and name in self.files:
            self._made[name] = self._make(name, (*within, name))
        return self._made.get(name)

    def modules(self, name: str) -> list[Asset]:
        """Return the module ``name`` and all that it imports, near or far, each once."""
        found: dict[str, Asset] = {}
        waiting = [name]
        while waiting:
            asset = self.get(waiting.pop(0))
            if asset and asset.name not in found:
                found[asset.name] = asset
                waiting += asset.imports
        return list(found.values())

    def _make(self, name: str, within: tuple[str, ...]) -> Asset:
        content = self.files[name].read_bytes()
        if name.endswith(".css"):
            return Asset(name, self._style(content.decode(), name, within).encode())
        if name.endswith((".js", ".mjs")):
            text = COMMENT_LINES.sub("", content.decode()) if name.startswith(OWN) else content.decode()
            imports = tuple(beside(name, match[2]) for match in JS_IMPORT.finditer(text))
            return Asset(name, JS_IMPORT.sub(self._renaming(name, within), text).encode(), imports)
        return Asset(name, content)

    def _style(self, text: str, name: str, within: tuple[str, ...]) -> str:
        """Return a style sheet with its imports in their places."""

        def put(match: re.Match[str]) -> str:
            imported = self.get(beside(name, match[1]), within=within)
            if imported is None:
                raise ImproperlyConfigured(f"{name} imports {match[1]}, which isn't there.")
            style = COMMENT.sub("", imported.content.decode()).strip()
            return f"@media {match[2]} {{\n{style}\n}}" if match[2] else style

        return CSS_IMPORT.sub(put, CSS_URL.sub(self._renaming(name, within), text))

    def _renaming(self, name: str, within: tuple[str, ...]) -> Callable[[re.Match[str]], str]:
        """Return what replaces a reference in the file ``name`` by one that names the content."""

        def rename(match: re.Match[str]) -> str:
            asset = self.get(beside(name, match[2]), within=within)
            return f"{match[1]}{asset.url}" if asset else match[0]

        return rename


def library() -> Library:
    """Return the process's library; with ``DEBUG``, where files are being written, a new one each time."""
    return Library() if settings.DEBUG else _kept_library()


@cache
def _kept_library() -> Library:
    return Library()


def beside(name: str, reference: str) -> str:
    """Return the name of the file that ``reference`` means in the file ``name``."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), reference))


class NamedByContent(StaticFilesStorage):
    """Lets ``{% static %}`` write the address that is kept for good."""

    def url(self, name: str | None) -> str:
        asset = library().get(name or "")
        return asset.url if asset else super().url(name)
