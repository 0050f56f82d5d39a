"""The door: the keys of tickets, and whether its page reaches phones as it was sent."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import urllib3
from cryptography.exceptions import InvalidSignature
from django.conf import settings
from django.urls import reverse
from urllib3.exceptions import HTTPError

from bookings.door.web.assets import FILES
from bookings.door.web.headers import DOOR_POLICY
from bookings.tickets.tokens import signing_keys, verifying_keys
from config.assets import asset_library
from config.middleware.security_headers import permissions
from payments.doctor.findings import Finding, fault, ok, warning

SAMPLE = b"A ticket"
WITHIN = 10  # s
OWN_MACHINE = ("127.0.0.1", "localhost", "::1")
# What the door's page needs, and what phones do without it.
NEEDED = {
    "Content-Security-Policy": (DOOR_POLICY, "its decoder doesn't start"),
    "Permissions-Policy": (permissions("camera"), "its camera stays closed"),
}


def examine_signing() -> Iterator[Finding]:
    """Sign something with the first key and check it with that key's public half."""
    try:
        first, *older = signing_keys()
        verifying_keys()[0].verify(first.sign(SAMPLE), SAMPLE)
    except (ValueError, InvalidSignature):
        words = "TICKET_SIGNING_KEY can't sign tickets."
        yield fault("tickets", words, "Set it to what `make secrets` prints, with the older keys after it.")
        return
    kept = f", and {len(older)} more can be shown at the door" if older else ""
    yield ok("tickets", f"The first key of TICKET_SIGNING_KEY signs{kept}.")


def examine_door() -> Iterator[Finding]:
    """Ask for the door's page and its decoder at their public addresses, and compare what arrives."""
    site = urlsplit(settings.SITE_URL)
    if site.scheme != "https" and site.hostname not in OWN_MACHINE:
        words = f"Phones open no camera at {settings.SITE_URL}/door/, as it is not encrypted."
        yield warning("door", words, "Set up https and use it in SITE_URL.")
        return
    try:
        wrong = list(_what_is_lost())
    except HTTPError as error:
        words = f"{settings.SITE_URL}/door/ can't be reached: {error}"
        yield warning("door", words, "Check that the shop is running and SITE_URL is right.")
        return
    yield from wrong
    if not wrong:
        yield ok("door", "The door's page arrives as it is sent.")


def _what_is_lost() -> Iterator[Finding]:
    with urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(WITHIN)) as pool:
        page = _get(pool, reverse("door:home"))
        if page.status != 200:
            words = f"{settings.SITE_URL}/door/ answers {page.status}."
            yield warning("door", words, "Have the proxy pass on /door/.")
            return
        yield from _lost_headers(page)
        for file in filter(None, map(asset_library().get, FILES)):
            yield from _lost_type(file.url, _get(pool, file.url))


def _get(pool: urllib3.PoolManager, path: str) -> urllib3.BaseHTTPResponse:
    return pool.request("GET", settings.SITE_URL + path, redirect=False)


def _lost_headers(page: urllib3.BaseHTTPResponse) -> Iterator[Finding]:
    for header, (value, effect) in NEEDED.items():
        if page.headers.get(header) != value:  # A second one is in it, after a comma.
            words = f"/door/ arrives with another {header} than the shop sends, so {effect}."
            yield warning("door", words, f"Have the proxy pass on {header} as it is, and add none.")


def _lost_type(path: str, file: urllib3.BaseHTTPResponse) -> Iterator[Finding]:
    kind = file.headers.get("Content-Type", "").partition(";")[0] or "nothing"
    if (file.status, kind) != (200, "application/wasm"):
        words = f"{path} arrives with status {file.status} as {kind}, so codes are read slowly or not at all."
        yield warning("door", words, "Have the proxy pass on /static/ with the types that the shop sends.")
