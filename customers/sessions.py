"""Sessions of customers and staff: opening them, when they are over, and the record of sign-ins."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from customers.devices import forget_devices, known_device
from customers.limits import network_of
from customers.models import Factor, SessionGeneration, SignInEvent, Step, subject_of

STAFF_BACKEND = "customers.backends.StaffBackend"
CUSTOMER_BACKEND = "customers.backends.MailedCodeBackend"
SIGN_IN = "sign_in"  # session key: when and how the session was opened
NOTED_EVERY = 60  # s between two notes of when somebody was last seen


class SignedInMiddleware(AuthenticationMiddleware):
    """
    Set ``request.user`` as Django does, unless the session is over by this module's rules.

    It is found out when a view first asks, so that requests that don't need to know cost nothing.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(partial(_user_of, request))  # type: ignore[assignment]
        del request.auser  # It doesn't know the rules, and nothing here is asynchronous.


def _user_of(request: Any) -> User | AnonymousUser:
    if not hasattr(request, "_cached_user"):
        user = auth.get_user(request)
        if isinstance(user, User) and is_over(request.session, user):
            request.session.flush()
            user = AnonymousUser()
        request._cached_user = user
        if isinstance(user, User):
            _note_activity(request)
    found: User | AnonymousUser = request._cached_user
    return found


def is_over(session: Any, user: User) -> bool:
    """Return whether a session of ``user`` was ended everywhere, or is a staff session that is too old."""
    sign_in = session.get(SIGN_IN, {})
    if sign_in.get("generation", 0) != generation_of(user):
        return True
    return _is_staffs(session) and _is_over_for_staff(sign_in)


def _is_over_for_staff(sign_in: dict[str, Any]) -> bool:
    now = timezone.now().timestamp()
    if now - sign_in.get("at", 0) >= settings.STAFF_SESSION_LIFETIME.total_seconds():
        return True
    if now - sign_in.get("seen", 0) >= settings.STAFF_SESSION_IDLE.total_seconds():
        return True
    return needs_second_factor() and sign_in.get("factor") not in (
        Factor.APP,
        Factor.RECOVERY,
        Factor.PASSKEY,
    )


def needs_second_factor() -> bool:
    """Return whether all staff need a second factor; otherwise those who have set one up do."""
    return bool(settings.STAFF_SECOND_FACTOR == "required")


def is_recent(request: HttpRequest, period: timedelta) -> bool:
    """Return whether the session was opened within ``period``."""
    age = timezone.now().timestamp() - request.session.get(SIGN_IN, {}).get("at", 0)
    return bool(age < period.total_seconds())


def generation_of(user: User) -> int:
    """Return how often all sessions of ``user`` were ended."""
    generation = getattr(user, "session_generation", None)
    return generation.number if generation else 0


def _is_staffs(session: Any) -> bool:
    return bool(session.get(auth.BACKEND_SESSION_KEY) == STAFF_BACKEND)


def _note_activity(request: HttpRequest) -> None:
    """Note that staff are active. What pages ask by themselves is no activity."""
    if not _is_staffs(request.session) or request.path.startswith("/api/"):
        return
    sign_in, now = request.session[SIGN_IN], timezone.now().timestamp()
    if now - sign_in["seen"] >= NOTED_EVERY:
        request.session[SIGN_IN] = {**sign_in, "seen": now}


@receiver(user_logged_in)
def _note_opening(request: HttpRequest, user: User, **_signal: Any) -> None:
    now = timezone.now()
    generation = SessionGeneration.objects.filter(user=user).first()
    request.session[SIGN_IN] = {
        "generation": generation.number if generation else 0,
        "at": now.timestamp(),
        "seen": now.timestamp(),
        "factor": getattr(request, "factor", ""),
    }
    if _is_staffs(request.session):
        request.session.set_expiry(now + settings.STAFF_SESSION_LIFETIME)


def open_session(request: HttpRequest, user: User, factor: Factor) -> None:
    """Sign in ``user``, who has proved who they are, at last by ``factor``."""
    request.factor = factor  # type: ignore[attr-defined]
    backend = CUSTOMER_BACKEND if factor == Factor.EMAILED else STAFF_BACKEND
    auth.login(request, user, backend)


@transaction.atomic
def end_sessions(user: User) -> None:
    """End all sessions of ``user``, and forget the browsers that are known."""
    SessionGeneration.objects.advance(user)
    forget_devices(user)


def record(request: HttpRequest | None, step: Step, user: User, factor: str = "", **more: Any) -> SignInEvent:
    """Record a step of ``user``, which ``actor`` has done if given; ``request`` is None for a command."""
    here = {}
    if request is not None:
        here = {
            "network": network_of(request.META["REMOTE_ADDR"]),
            "device": known_device(request, user=user),
        }
    name = user.get_username()
    return SignInEvent.objects.create(
        step=step, user=user, account=name, subject=subject_of(name), factor=factor, **here, **more
    )
