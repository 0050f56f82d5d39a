"""What isn't there needs no defence: for each such thing, that it still isn't."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import FileField

from tests.support.paths import ROOT

APPS = ("bookings", "branding", "config", "customers", "legal", "payments", "privacy", "receipts", "waiting")
# Modules by what they would bring along.
MODULES = {
    "LDAP": ("ldap", "ldap3", "django_auth_ldap"),
    "XML, and XPath": ("xml", "lxml", "defusedxml", "bs4"),
    "GraphQL": ("graphql", "graphene", "strawberry", "ariadne"),
    "WebSockets": ("channels", "websockets", "wsproto"),
    "OAuth and OpenID Connect": ("oauth2_provider", "oauthlib", "authlib", "allauth.socialaccount"),
    "SAML": ("saml2", "onelogin", "djangosaml2"),
    "memcache": ("memcache", "pymemcache", "pylibmc"),
    "WebRTC": ("aiortc",),
    "markup that people write": ("markdown", "bleach", "nh3", "docutils", "jinja2"),
}


def sources() -> Iterator[Path]:
    for app in APPS:
        yield from (ROOT / app).rglob("*.py")


@cache
def imported() -> frozenset[str]:
    """Return the name of every module that the shop imports anywhere."""
    found: set[str] = set()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


@pytest.mark.parametrize("what", MODULES)
def test_nothing_brings_it_along(what: str) -> None:
    used = imported() | {*settings.INSTALLED_APPS}

    assert {"django.db", "stripe", "rest_framework"} <= used
    assert [name for name in used for module in MODULES[what] if f"{name}.".startswith(f"{module}.")] == []


def files(folder: str, kind: str, pattern: str) -> list[str]:
    """Return the files of this ``kind`` that hold ``pattern``."""
    return [str(path) for path in (ROOT / folder).rglob(f"*.{kind}") if re.search(pattern, path.read_text())]


def test_nothing_takes_a_file() -> None:
    """
    Nothing but two kinds of staff's pages.

    That of a layout reads it as text and keeps none. A picture is encoded anew, and no row names its file.
    """
    fields = [field for model in apps.get_models() for field in model._meta.get_fields()]

    assert [field for field in fields if isinstance(field, FileField)] == []
    assert files("templates", "html", 'type="file"') == []
    taken = r"\.FILES\b|\b(File|Image)Field\(|(File|MultiPart)\w*Parser\b"
    known = [str(ROOT / path) for path in ("bookings/admin/layouts.py", "branding/pictures/forms.py")]
    assert [path for app in APPS for path in files(app, "py", taken)] == known


def test_no_template_prints_what_people_typed_as_it_is() -> None:
    assert files("templates", "html", r"\|\s*safe(seq)?\b|autoescape\s+off") == []


def test_nobody_else_says_who_somebody_is() -> None:
    installed = [*settings.AUTHENTICATION_BACKENDS, *settings.MIDDLEWARE]

    assert [it for it in installed if re.search("RemoteUser|social|ldap|oauth|saml", it)] == []


def test_no_page_opens_a_socket_or_a_call() -> None:
    assert files("static", "js", "new WebSocket|RTCPeerConnection") == []


def test_no_cache_is_shared_but_the_database() -> None:
    kinds = {cache["BACKEND"].rpartition(".")[2] for cache in settings.CACHES.values()}

    assert kinds <= {"LocMemCache", "DatabaseCache", "DummyCache"}
