"""
Build static files in memory on first request, without a build step or ``collectstatic``.

Each URL contains a hash of the content (``site.3f2a….css``), so browsers can cache it for ever. Imports in
style sheets are inlined, references between files get hashed URLs, and comments and indents are removed. The
files in ``static/`` also work as they are.
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

DIGEST_LENGTH = 12  # characters of the hash in a URL
HASHED_NAME = re.compile(rf"(.+)\.([0-9a-f]{{{DIGEST_LENGTH}}})(\.\w+|)")
TEXT_TYPES = re.compile(r"text/|.*(javascript|json|xml|wasm)")
LARGE = 200_000  # bytes: the best compression of more takes seconds
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
OWN_FOLDERS = ("css/", "js/")  # Third-party scripts keep their comments, which contain the licences.
INDENTS = re.compile(r"\n\s+")
COMMENT_LINES = re.compile(r"^[ \t]*(?:/\*.*?\*/|//[^\n]*)[ \t]*\n", re.DOTALL | re.MULTILINE)
CSS_IMPORT = re.compile(r'@import "([^":]+)"\s*([^;]*);')
CSS_URL = re.compile(r"""(url\(["']?)(?!data:|/|#|\w+:)([^"')?#]+)""")
JS_IMPORT = re.compile(r"""(\b(?:from|import)\s*\(?\s*["'])(\.{1,2}/[^"']+)""")


@dataclass(frozen=True)
class Asset:
    """A static file ready to be sent, and the names of the JavaScript modules it imports."""

    name: str
    content: bytes
    imports: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:DIGEST_LENGTH]

    @property
    def hashed_name(self) -> str:
        """The name with the hash of the content, relative to ``STATIC_URL``."""
        root, extension = posixpath.splitext(self.name)
        return f"{root}.{self.digest}{extension}"

    @property
    def url(self) -> str:
        return f"{settings.STATIC_URL}{self.hashed_name}"

    @cached_property
    def content_type(self) -> str:
        kind = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind

    @cached_property
    def encodings(self) -> dict[str, bytes]:
        """The content in each encoding that browsers may accept, the smallest first."""
        if not TEXT_TYPES.match(self.content_type):
            return {"identity": self.content}
        packed = {
            "br": brotli.compress(self.content, quality=9 if len(self.content) > LARGE else 11),
            "gzip": gzip.compress(self.content, mtime=0),
            "identity": self.content,
        }
        return dict(sorted(packed.items(), key=lambda item: len(item[1])))


class AssetLibrary:
    """All static files by name, each built once."""

    def __init__(self) -> None:
        self._assets: dict[str, Asset] = {}

    @cached_property
    def files(self) -> dict[str, Path]:
        """The paths of all static files. Other names in requests never reach the file system."""
        found: dict[str, Path] = {}
        for finder in get_finders():
            for path, storage in finder.list([]):
                name = posixpath.join(getattr(storage, "prefix", None) or "", path)
                found.setdefault(name, Path(storage.path(path)))
        return found

    def get(self, name: str, *, within: tuple[str, ...] = ()) -> Asset | None:
        """
        Return the file ``name``, or None if there is none.

        ``within`` has the files that are being built and refer to it, the outermost first. Raise
        ``ImproperlyConfigured`` if ``name`` is one of them.
        """
        if name in within:
            raise ImproperlyConfigured(f"{name} imports itself: {' → '.join([*within, name])}.")
        if name not in self._assets and name in self.files:
            self._assets[name] = self._build(name, (*within, name))
        return self._assets.get(name)

    def modules(self, name: str) -> list[Asset]:
        """Return the module ``name`` and all its direct and indirect imports, without duplicates."""
        found: dict[str, Asset] = {}
        waiting = [name]
        while waiting:
            asset = self.get(waiting.pop(0))
            if asset and asset.name not in found:
                found[asset.name] = asset
                waiting += asset.imports
        return list(found.values())

    def _build(self, name: str, within: tuple[str, ...]) -> Asset:
        content = self.files[name].read_bytes()
        if name.endswith(".css"):
            text = self._inline_imports(content.decode(), name, within)
            if name.startswith(OWN_FOLDERS):
                text = INDENTS.sub("\n", COMMENT.sub("", text))
            return Asset(name, text.encode())
        if name.endswith((".js", ".mjs")):
            text = content.decode()
            if name.startswith(OWN_FOLDERS):
                text = COMMENT_LINES.sub("", text)
            imports = tuple(resolve(name, match[2]) for match in JS_IMPORT.finditer(text))
            return Asset(name, JS_IMPORT.sub(self._url_rewriter(name, within), text).encode(), imports)
        return Asset(name, content)

    def _inline_imports(self, text: str, name: str, within: tuple[str, ...]) -> str:
        """Return a style sheet with each import replaced by the imported rules."""

        def inline(match: re.Match[str]) -> str:
            imported = self.get(resolve(name, match[1]), within=within)
            if imported is None:
                raise ImproperlyConfigured(f"{name} imports {match[1]}, which isn't there.")
            style = COMMENT.sub("", imported.content.decode()).strip()
            return f"@media {match[2]} {{\n{style}\n}}" if match[2] else style

        return CSS_IMPORT.sub(inline, CSS_URL.sub(self._url_rewriter(name, within), text))

    def _url_rewriter(self, name: str, within: tuple[str, ...]) -> Callable[[re.Match[str]], str]:
        """Return a function for ``re.sub`` that replaces a reference in the file ``name`` by a hashed URL."""

        def rewrite(match: re.Match[str]) -> str:
            asset = self.get(resolve(name, match[2]), within=within)
            return f"{match[1]}{asset.url}" if asset else match[0]

        return rewrite


def asset_library() -> AssetLibrary:
    """Return the process's library; with ``DEBUG`` a new one each time, because files may have changed."""
    return AssetLibrary() if settings.DEBUG else _cached_library()


@cache
def _cached_library() -> AssetLibrary:
    return AssetLibrary()


def resolve(name: str, reference: str) -> str:
    """Return the name of the file that a relative ``reference`` in the file ``name`` points to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), reference))


class HashedStaticFilesStorage(StaticFilesStorage):
    """Makes ``{% static %}`` print the hashed URL."""

    def url(self, name: str | None) -> str:
        asset = asset_library().get(name or "")
        return asset.url if asset else super().url(name)
