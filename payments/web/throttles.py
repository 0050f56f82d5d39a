from copy import copy

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView


class CheckoutThrottle(SimpleRateThrottle):
    """So many purchases from one address, far above what people do; the API and the pages count together."""

    scope = "checkout"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Count whoever has signed in like everybody else: an account costs nothing."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}

    def allows(self, request: HttpRequest) -> bool:
        """Count a purchase by the page; REST framework counts those by the API itself."""
        return self.allow_request(Request(copy(request)), APIView())


class ActionThrottle(CheckoutThrottle):
    """So many cancellations from one address, which may mean as many questions to Stripe."""

    scope = "actions"
