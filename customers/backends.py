"""The authentication backend for sessions that were opened with an emailed code."""

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User

from customers.accounts import STAFF


class MailedCodeBackend(BaseBackend):
    """
    Restrict sessions that were opened with an emailed code to customers.

    Django calls ``get_user`` for every request, so such a session ends when its account becomes staff: access
    to a mailbox must not give access to the admin. There is no ``authenticate``, because ``customers.views``
    checks the code.
    """

    def get_user(self, user_id: int) -> User | None:
        return User.objects.exclude(STAFF).filter(pk=user_id, is_active=True).first()
