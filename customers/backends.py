"""How sessions that a mailed code opened are told from those that a password opened."""

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User

from customers.accounts import STAFF


class MailedCodeBackend(BaseBackend):
    """
    Keep the sessions of mailed codes to customers.

    Django asks at every request. So such a session ends when its account becomes one of the staff's: a
    mailbox never opens the admin. It knows no credentials: ``customers.views`` has checked the code.
    """

    def get_user(self, user_id: int) -> User | None:
        return User.objects.exclude(STAFF).filter(pk=user_id, is_active=True).first()
