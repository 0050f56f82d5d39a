"""Find out the client's address behind reverse proxies, trusting headers only from known ones."""

import ipaddress
import logging
from collections.abc import Callable, Iterable
from time import monotonic

from django.conf import settings
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


# Who passes on somebody else's request says so with one of these.
FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
SIGNS = (
    *(FORWARDED_FOR, "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_REAL_IP"),
    *("HTTP_FORWARDED", "HTTP_VIA"),
)
# In REMOTE_ADDR: a client that nobody can tell from others. They count as one, and never as this machine.
UNKNOWN = ""
BY_STRANGER = "admit.forwarded_by_stranger"
NOTED_AGAIN_AFTER = 600  # s
MOST_NOTED = 50


class UnlistedProxies:
    """
    The machines of private networks that pass requests on, and aren't in ``TRUSTED_PROXIES``.

    One is probably the shop's own proxy: then all customers seem to come from its address. On the internet
    anybody can send such headers, which says nothing.
    """

    def __init__(self) -> None:
        self._noted: dict[Address, float] = {}
        self._untold: set[str] = set()

    def note(self, peer: Address) -> None:
        """Remember ``peer``; say it in the log once, and to whom ``take`` it every ten minutes."""
        now, before = monotonic(), self._noted.get(peer)
        is_full = before is None and len(self._noted) >= MOST_NOTED
        if peer.is_global or is_full or (before is not None and now - before < NOTED_AGAIN_AFTER):
            return
        self._noted[peer] = now
        self._untold.add(str(peer))
        if before is None:
            logger.warning("%s forwards requests but isn't in TRUSTED_PROXIES: its headers are ignored", peer)

    def forget(self) -> None:
        """Begin anew."""
        self._noted.clear()
        self._untold.clear()

    def take(self) -> set[str]:
        """Return the addresses that were noted since the last time."""
        taken, self._untold = self._untold, set()
        return taken


unlisted = UnlistedProxies()


class TrustedProxyMiddleware:
    """
    Set the client's address and scheme from the forwarded headers of ``TRUSTED_PROXIES``; ignore all others.

    ``X-Forwarded-For`` is read from the right, where the nearest proxy wrote: the first address that isn't a
    trusted proxy is the client's. Entries further left could be forged, so they are ignored. Where a trusted
    proxy wrote something else than an address, or passes a request on without saying whose, it is unknown.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        is_forwarded = any(meta.get(name) for name in SIGNS)
        forwarded_for = meta.pop(FORWARDED_FOR, "")
        forwarded_proto = meta.pop("HTTP_X_FORWARDED_PROTO", "")
        peer = _address(meta.get("REMOTE_ADDR") or "")
        if peer and _is_trusted(peer):
            meta["REMOTE_ADDR"] = _client_address(forwarded_for, peer) if is_forwarded else str(peer)
            if forwarded_proto in ("http", "https"):
                meta["wsgi.url_scheme"] = forwarded_proto
        elif is_forwarded:
            meta[BY_STRANGER] = True
            if peer:
                unlisted.note(peer)
        return self.get_response(request)


def _client_address(forwarded_for: str, peer: Address) -> str:
    """Return the leftmost address that was written by a trusted proxy, or ``UNKNOWN``."""
    client = peer
    for text in reversed(forwarded_for.split(",")):
        address = _address(text)
        if address is None:
            return UNKNOWN
        client = address
        if not _is_trusted(address):
            break
    return str(client)


def is_trusted(text: str) -> bool:
    """Return whether ``text`` is the address of a trusted proxy."""
    return is_within(settings.TRUSTED_PROXIES, text)


def is_within(networks: Iterable[Network], text: str) -> bool:
    """Return whether ``text`` is an address in one of ``networks``."""
    address = _address(text)
    return address is not None and any(address in network for network in networks)


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _address(text: str) -> Address | None:
    """Return the address in ``text`` without a port, IPv4-mapped IPv6 as IPv4; None if there is none."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
