"""Check passwords of staff, a few at a time: hashing one keeps a processor busy for a while, on purpose."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest

from customers.models import Factor, SignInEvent, Step
from customers.staff.attempts import begin


class Busy(Exception):
    """Too many passwords are being checked in this process at this moment."""


class Lane:
    """Lets ``at_once`` threads through at a time, has ``waiting`` more wait, and refuses all others."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._admitted = threading.BoundedSemaphore(at_once + waiting)
        self._running = threading.BoundedSemaphore(at_once)

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Wait for a turn; raise ``Busy`` if too many wait already."""
        if not self._admitted.acquire(blocking=False):
            raise Busy
        try:
            with self._running:
                yield
        finally:
            self._admitted.release()


# Strangers in many networks can fill their lane, and not the one of browsers that staff have signed in with.
STRANGERS = Lane(at_once=2, waiting=4)
KNOWN = Lane(at_once=1, waiting=2)


def check_password(request: HttpRequest, name: str, password: str) -> tuple[SignInEvent, User | None]:
    """
    Return the counted try and the member of staff with this name and password, if there is one.

    The caller ends the try if it succeeded. Raise ``LimitReached`` or ``Busy`` before anything is hashed.
    """
    attempt = begin(request, name, Factor.PASSWORD)
    lane = KNOWN if attempt.device else STRANGERS
    try:
        with lane.enter():
            user = authenticate(request, username=name, password=password)
    except Busy:
        attempt.delete()  # Nothing was tried.
        raise
    if not isinstance(user, User):
        attempt.end(Step.WRONG, User.objects.filter(username=name).first())
        return attempt, None
    return attempt, user
