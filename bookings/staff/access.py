"""Which events a member of staff has to do with: all, or the chosen ones that they are limited to."""

from typing import Any, TypeVar

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from bookings.models import Event, EventScope

M = TypeVar("M", bound=Model)
Account = AbstractUser | AnonymousUser


def scope_of(user: Account) -> list[int] | None:
    """
    Return the ids of the events that ``user`` is limited to, or None if it is to none.

    It is read once for each request, whose user this is.
    """
    if user.is_superuser or not user.is_authenticated:
        return None
    known: dict[str, Any] = vars(user)
    if "_event_scope" not in known:
        chosen = list(EventScope.objects.filter(user=user.pk).values_list("events", flat=True))
        known["_event_scope"] = [event for event in chosen if event is not None] if chosen else None
    return known["_event_scope"]


def is_limited(user: Account) -> bool:
    return scope_of(user) is not None


def within_scope(rows: "QuerySet[M]", user: Account, path: str) -> "QuerySet[M]":
    """
    Return those of ``rows`` that ``user`` has to do with.

    ``path`` leads from a row to its event: ``booking__event``, or ``pk`` where the rows are events.
    """
    scope = scope_of(user)
    return rows if scope is None else rows.filter(**{f"{path}__in": scope})


def add_to_scope(user: Account, event: Event) -> None:
    """Let somebody who is limited to chosen events keep the ``event`` that they have just made."""
    scope = scope_of(user)
    if scope is None:
        return
    EventScope.objects.get(user=user.pk).events.add(event)
    scope.append(event.pk)


def may_preview(request: HttpRequest, event: Event) -> bool:
    """Return whether a draft is shown to whoever asks: to staff who see it in the admin, too."""
    user: Any = request.user
    if not (user.is_active and user.is_staff and user.has_perm("bookings.view_event")):
        return False
    scope = scope_of(user)
    return scope is None or event.pk in scope
