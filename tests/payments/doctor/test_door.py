"""The doctor at the door: whether tickets can be signed, and whether phones get the page as it is sent."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple
from urllib.request import urlopen

import pytest

from bookings.tickets import tokens
from payments.doctor.door import examine_door, examine_signing
from tests.payments.doctor.servers import serving

OTHER = "b3RoZXItYWRtaXQtZGV2ZWxvcG1lbnQta2V5LTMyYnQ="


@pytest.fixture(autouse=True)
def _keys() -> Iterator[None]:
    yield
    tokens.forget_keys()


def found(settings: Any, *keys: str) -> tuple[str, str]:
    settings.TICKET_SIGNING_KEYS = [*keys] or settings.TICKET_SIGNING_KEYS
    tokens.forget_keys()
    (finding,) = examine_signing()
    return str(finding.severity), finding.words


def test_the_first_key_signs_and_others_are_kept(settings: Any) -> None:
    own = settings.TICKET_SIGNING_KEYS[0]

    assert found(settings, own) == ("ok", "The first key of TICKET_SIGNING_KEY signs.")
    assert "and 1 more can be shown" in found(settings, OTHER, own)[1]


@pytest.mark.parametrize("key", ["", "c2hvcnQ="])
def test_a_key_that_cannot_sign_is_a_fault(key: str, settings: Any) -> None:
    assert found(settings, key, settings.TICKET_SIGNING_KEYS[0])[0] == "fault"


class Spoil(NamedTuple):
    """What a proxy does to the ``header`` of what has ``path`` in its address; no ``value`` takes it away."""

    path: str
    header: str
    value: str = ""
    is_added: bool = False


def proxy(site: str, spoil: Spoil) -> type[BaseHTTPRequestHandler]:
    """Return a proxy before the shop at ``site``, which passes on what it is asked for, but for ``spoil``."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with urlopen(site + self.path) as reply:
                headers, body = reply.headers, reply.read()
            if spoil.path in self.path and not spoil.is_added:
                del headers[spoil.header]
            if spoil.path in self.path and spoil.value:
                headers[spoil.header] = spoil.value
            self.send_response(int(headers.get("X-Status", "200")))
            for name, value in headers.items():
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Leave the tests' output alone."""

    return Proxy


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (Spoil("/door/", "Permissions-Policy"), "another Permissions-Policy"),
        (Spoil("/door/", "Permissions-Policy", "camera=()"), "another Permissions-Policy"),
        (Spoil("/door/", "Permissions-Policy", "camera=()", is_added=True), "another Permissions-Policy"),
        (Spoil("/door/", "Content-Security-Policy"), "another Content-Security-Policy"),
        (Spoil("/door/", "Content-Security-Policy", "default-src *"), "another Content-Security-Policy"),
        (
            Spoil("/door/", "Content-Security-Policy", "default-src *", is_added=True),
            "another Content-Security-Policy",
        ),
        (Spoil("/door/", "X-Status", "301"), "/door/ answers 301"),
        (Spoil("/door/", "X-Status", "403"), "/door/ answers 403"),
        (Spoil(".wasm", "Content-Type"), "arrives with status 200 as nothing"),
        (Spoil(".wasm", "Content-Type", "application/octet-stream"), "as application/octet-stream"),
        (Spoil(".wasm", "X-Status", "404"), "arrives with status 404"),
    ],
)
def test_what_a_proxy_spoils_is_named(spoil: Spoil, words: str, site: str, settings: Any) -> None:
    with serving(proxy(site, spoil)) as settings.SITE_URL:
        (finding,) = examine_door()

    assert (finding.severity, words in finding.words) == ("warning", True)


def test_a_proxy_that_passes_on_what_it_gets_is_well(site: str, settings: Any) -> None:
    with serving(proxy(site, Spoil("/elsewhere/", "Permissions-Policy"))) as settings.SITE_URL:
        (finding,) = examine_door()

    assert (finding.severity, finding.words) == ("ok", "The door's page arrives as it is sent.")


@pytest.mark.parametrize(
    ("address", "words"),
    [("http://shop.example", "open no camera"), ("http://127.0.0.1:1", "can't be reached")],
)
def test_a_door_that_phones_cannot_use_is_named(address: str, words: str, settings: Any) -> None:
    settings.SITE_URL = address

    (finding,) = examine_door()

    assert (finding.severity, words in finding.words) == ("warning", True)
