"""Who calls the JSON interface: whoever the browser's session says."""

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request


class SignedIn(BaseAuthentication):
    """
    Take over who is signed in at the pages.

    There is no token against forged requests, because another site can't make one: only JSON is read, which a
    browser sends nowhere without asking first, and the session's cookie isn't sent along from other sites.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user = request._request.user
        return (user, None) if isinstance(user, User) else None
