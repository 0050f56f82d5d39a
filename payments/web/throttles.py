"""How many requests one address may make, far above what people do."""

from copy import copy

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView


class CheckoutThrottle(SimpleRateThrottle):
    """Limits purchases; those by the API and by the pages count together."""

    scope = "checkout"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Count by address, even for customers who are signed in: anyone can make more accounts."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}

    def allows(self, request: HttpRequest) -> bool:
        """Count a request to a page and return whether it may go on; the API's are counted anyway."""
        return self.allow_request(Request(copy(request)), APIView())


class ActionThrottle(CheckoutThrottle):
    """Limits cancellations and visits to Stripe's portal: each may be a request to Stripe."""

    scope = "actions"
