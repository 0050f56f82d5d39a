"""What is wrong with the shop itself: staff's words for some of the warnings of ``/readyz``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookings.models import Event
from bookings.seats.held_share import high_shares
from bookings.staff.access import Account, within_scope
from payments.health import checks


@dataclass(frozen=True)
class ShopAlert:
    """Something that stops the shop, or will, ``since`` when and ``count`` of what if that is known."""

    title: str | Promise
    advice: str | Promise
    since: datetime | None
    links: Sequence[tuple[str, str]] = ()
    count: int | None = None


# By the warning's code.
WORDS = {
    "restored": (
        _("Sales are paused after a restore"),
        _("Sales since the backup are being rebuilt. Your administrator reopens the shop."),
    ),
    "key_refused": (
        _("Stripe rejects the shop’s key"),
        _("You can’t sell or refund: the key is wrong or was revoked. Call your administrator."),
    ),
    "right_missing": (
        _("The shop’s key lacks permissions"),
        _("Some functions don’t work. Call your administrator: the Stripe key is too restricted."),
    ),
    "clock_wrong": (
        _("A server clock is wrong"),
        _("Stripe events may be rejected, so tickets arrive late. Call your administrator."),
    ),
    "mails_failing": (
        _("The mail server rejects emails"),
        _("They’re retried for a day. If there are many, call your administrator."),
    ),
    "houses_held": (
        _("Many places on hold"),
        _(
            "Normal when a sale opens, but it can be hoarding. See who holds them, and release seats "
            "if needed."
        ),
    ),
    "door_silent": (
        _("A door device is silent and holds scans"),
        _("It hasn’t been heard of for 10 minutes. Find it: charge it, and bring it where it has a network."),
    ),
    "door_conflicts": (
        _("Let in twice, or with a ticket that isn’t valid"),
        _("Devices without a network let them in. See who it was, and note what you did."),
    ),
}
CHECKS = (
    checks.restored,
    checks.key_refused,
    checks.right_missing,
    checks.clock_wrong,
    checks.mails_failing,
    checks.houses_held,
)
SEES_THE_DOOR = "bookings.view_entry"
DOOR = (checks.door_silent, checks.door_conflicts)


def door_alerts(user: Account) -> list[ShopAlert]:
    """Return what is wrong at the doors of those events that ``user`` has to do with."""
    now = timezone.now()
    found = [_worded(warning, now, user) for check in DOOR for warning in check(now)]
    return [it for it in found if it is not None]


def shop_alerts(user: Account) -> list[ShopAlert]:
    """
    Return what is wrong with the shop at this moment, with links to what ``user`` has to do with.

    What is wrong at the door of some events is told those alone who have to do with one of them.
    """
    now = timezone.now()
    found = [_worded(warning, now, user) for check in CHECKS for warning in check(now)]
    return [*(it for it in found if it is not None), *door_alerts(user)]


def _worded(warning: checks.HealthWarning, now: datetime, user: Account) -> ShopAlert | None:
    since = None if warning.age is None else now - timedelta(seconds=warning.age)
    links: list[tuple[str, str]] = []
    if warning.code == "houses_held":
        links = _held_events(user)
    elif warning.code in AT_THE_DOOR:
        return _at_the_door(warning.code, now, user, since)
    return ShopAlert(*WORDS[warning.code], since, links)


def _held_events(user: Account) -> list[tuple[str, str]]:
    """Return the titles of the events of which much is held, and the addresses of their open holds."""
    held = Event.objects.filter(pk__in=[share.event_id for share in high_shares()])
    events = within_scope(held, user, "pk")
    return [(event.title, reverse("admin:payments_payment_holds", args=[event.pk])) for event in events]


def _at_the_door(code: str, now: datetime, user: Account, since: datetime | None) -> ShopAlert | None:
    find, path = AT_THE_DOOR[code]
    rows = within_scope(find(now).order_by(), user, path)
    events = within_scope(Event.objects.filter(pk__in=rows.values(path)), user, "pk")
    if not events:
        return None
    may = user.has_perm(SEES_THE_DOOR)
    pages = [(event.title, reverse("admin:bookings_event_door", args=[event.pk])) for event in events if may]
    return ShopAlert(*WORDS[code], since, pages, rows.values("pk").distinct().count())


# The rows that a warning is about, and how they lead to their event.
AT_THE_DOOR: dict[str, tuple[Callable[[datetime], QuerySet[Any]], str]] = {
    "door_silent": (checks.silent_devices, "events"),
    "door_conflicts": (checks.open_conflicts, "event"),
}
