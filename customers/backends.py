"""The authentication backends: one for sessions that an emailed code opened, one for staff."""

from typing import Any

from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from customers.accounts import STAFF


class StaffBackend(ModelBackend):
    """
    Check passwords of staff, and restrict the sessions that were opened with them to staff.

    Nobody else has a password that opens anything. ``customers.staff`` limits tries and asks for the second
    factor before it opens a session.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        user = super().authenticate(request, username=username, password=password, **kwargs)
        return user if isinstance(user, User) and user.is_staff else None

    def get_user(self, user_id: int) -> User | None:
        return _active(user_id).filter(STAFF).first()


class MailedCodeBackend(BaseBackend):
    """
    Restrict sessions that were opened with an emailed code to customers.

    Django calls ``get_user`` for every request, so such a session ends when its account becomes staff: access
    to a mailbox must not give access to the admin. There is no ``authenticate``, because ``customers.views``
    checks the code.
    """

    def get_user(self, user_id: int) -> User | None:
        return _active(user_id).exclude(STAFF).first()


def _active(user_id: int) -> Any:
    """Return a query of the user with what ``customers.sessions`` needs to know, if it isn't closed."""
    return User.objects.filter(pk=user_id, is_active=True).select_related("session_generation")
