"""Authenticate requests to the JSON API by the browser's session."""

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request


class SignedInAuthentication(BaseAuthentication):
    """
    Use the user who is signed in on the pages, without a CSRF token.

    Other sites can't forge requests: the API reads only JSON, which browsers send to another origin only
    after a CORS preflight, and the session cookie is ``SameSite``.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user = request._request.user
        return (user, None) if isinstance(user, User) else None
