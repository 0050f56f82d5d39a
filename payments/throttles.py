from rest_framework.throttling import AnonRateThrottle


class CheckoutThrottle(AnonRateThrottle):
    """So many purchases from one address, far above what people do; the API and the pages count together."""

    scope = "checkout"
