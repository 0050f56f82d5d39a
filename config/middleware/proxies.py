"""Find out the client's address behind reverse proxies, trusting headers only from known ones."""

import ipaddress
from collections.abc import Callable, Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxyMiddleware:
    """
    Set the client's address and scheme from the forwarded headers of ``TRUSTED_PROXIES``; ignore all others.

    ``X-Forwarded-For`` is read from the right, where the nearest proxy wrote: the first address that isn't a
    trusted proxy is the client's. Entries further left could be forged, so they are ignored.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded_for = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        forwarded_proto = request.META.pop("HTTP_X_FORWARDED_PROTO", "")
        peer = _address(request.META.get("REMOTE_ADDR") or "")
        if peer and _is_trusted(peer):
            request.META["REMOTE_ADDR"] = str(_client_address(forwarded_for, peer))
            if forwarded_proto in ("http", "https"):
                request.META["wsgi.url_scheme"] = forwarded_proto
        return self.get_response(request)


def _client_address(forwarded_for: str, peer: Address) -> Address:
    """Return the leftmost address that was written by a trusted proxy."""
    client = peer
    for text in reversed(forwarded_for.split(",")):
        address = _address(text)
        if address is None:
            break
        client = address
        if not _is_trusted(address):
            break
    return client


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
