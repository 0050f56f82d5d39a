"""How many requests one network may make, far above what people do, counted in all processes together."""

import math
from copy import copy
from datetime import timedelta

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from bookings.orders.visitors import digest
from customers.limits import network_of
from customers.models import RequestCount


class CheckoutThrottle(SimpleRateThrottle):
    """
    Limits purchases; those by the API and by the pages count together.

    A network is an IPv4 address, or a /64 of IPv6, which one customer has for themselves. Customers who are
    signed in are no exception: anyone can make more accounts.
    """

    scope = "checkout"
    num_requests: int
    duration: int  # s
    left: timedelta | None = None

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"{self.scope}:{digest('network', network_of(request.META.get('REMOTE_ADDR', '')))}"

    def allow_request(self, request: Request, view: APIView) -> bool:
        window = timedelta(seconds=self.duration)
        number, self.left = RequestCount.objects.count_one(self.get_cache_key(request, view), window)
        return number <= self.num_requests

    def wait(self) -> float | None:
        return self.left.total_seconds() if self.left else None

    def allows(self, request: HttpRequest) -> bool:
        """Count a request to a page and return whether it may go on; the API's are counted anyway."""
        return self.allow_request(Request(copy(request)), APIView())


class ActionThrottle(CheckoutThrottle):
    """Limits cancellations and visits to Stripe's portal: each may be a request to Stripe."""

    scope = "actions"


class WaitingThrottle(CheckoutThrottle):
    """Limits who asks for waiting lists: each time may send a mail to whatever address was typed."""

    scope = "waiting"


class VerifyThrottle(CheckoutThrottle):
    """Limits questions how a payment or membership stands: each looks it up, and some ask Stripe."""

    scope = "verify"


class PairingThrottle(CheckoutThrottle):
    """Limits wrong codes for devices at the door; right ones don't count, so a house can pair many."""

    scope = "pairing"

    def take(self, request: HttpRequest) -> int:
        """Count a try, so that many at once are no more than their number; return 0, or how long to wait."""
        return 0 if self.allows(request) else math.ceil(self.wait() or 1)

    def give_back(self, request: HttpRequest) -> None:
        """Uncount the try: its code was right."""
        RequestCount.objects.take_back(self.get_cache_key(Request(copy(request)), APIView()))
