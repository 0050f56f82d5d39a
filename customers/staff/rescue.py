"""Let somebody back in who has lost their second factor."""

from django.contrib.auth.models import User
from django.http import HttpRequest

from customers.models import Step
from customers.sessions import end_sessions, record
from customers.staff import notices
from customers.staff.factors import remove_all


def reset_second_factor(user: User, request: HttpRequest | None = None) -> None:
    """
    Remove all second factors of ``user``, end their sessions, record who did it, and tell them.

    ``request`` is the administrator's, or None for a command.
    """
    remove_all(user)
    end_sessions(user)
    record(request, Step.RESET, user, actor=request.user if request else None)
    notices.notify(user, notices.RESET)
