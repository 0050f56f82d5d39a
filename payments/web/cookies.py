"""The cookie with the Checkout Sessions of this browser, for customers who come back without paying."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from payments.gateway.checkout.session_params import SESSION_LIFE

REMEMBERED = 5


def cookie_name() -> str:
    # With the prefix, no other host of the domain can set the cookie.
    return "__Host-checkout" if settings.HTTPS else "checkout"


def remembered_sessions(request: HttpRequest) -> list[str]:
    """Return the ids of the last Checkout Sessions that this browser was sent to."""
    return request.get_signed_cookie(cookie_name(), default="").split()  # type: ignore[union-attr]


def remember_session(request: HttpRequest, response: HttpResponse, session_id: str) -> None:
    """Let the browser remember a Checkout Session for as long as it can be paid; scripts can't read it."""
    others = [known for known in remembered_sessions(request) if known != session_id]
    response.set_signed_cookie(
        cookie_name(),
        " ".join([*others, session_id][-REMEMBERED:]),
        max_age=SESSION_LIFE,
        httponly=True,
        secure=settings.HTTPS,
        samesite="Lax",
    )
