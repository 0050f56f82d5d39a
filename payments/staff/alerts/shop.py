"""What is wrong with the shop itself: staff's words for some of the warnings of ``/readyz``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
    """Something that stops the shop, or will, ``since`` when if that is known."""

    title: str | Promise
    advice: str | Promise
    since: datetime | None
    links: Sequence[tuple[str, str]] = ()


# By the warning's code.
WORDS = {
    "restored": (
        _("Sales are paused: the shop was restored from a backup"),
        _("What was sold since is being brought back, and whoever looks after the shop opens the sale."),
    ),
    "key_refused": (
        _("Stripe doesn’t take the shop’s key"),
        _("Nothing can be sold or refunded: it was revoked, or is wrong. Call whoever looks after the shop."),
    ),
    "right_missing": (
        _("The shop’s key may not do all that the shop needs"),
        _("Some of it doesn’t work. Call whoever looks after the shop: the key was restricted."),
    ),
    "clock_wrong": (
        _("A clock of the shop is wrong"),
        _("Stripe’s events may be refused, so tickets come late. Call whoever looks after the shop."),
    ),
    "mails_failing": (
        _("The mail server refuses mails"),
        _("They are tried again for a day. If there are many, call whoever looks after the shop."),
    ),
    "houses_held": (
        _("Much of a house is held and not paid for"),
        _("That is so when a sale begins, or somebody hoards. Look who holds it, and let it go if need be."),
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


def shop_alerts(user: Account) -> list[ShopAlert]:
    """Return what is wrong with the shop at this moment, with links to what ``user`` has to do with."""
    now = timezone.now()
    return [_worded(warning, now, user) for check in CHECKS for warning in check(now)]


def _worded(warning: checks.HealthWarning, now: datetime, user: Account) -> ShopAlert:
    since = None if warning.age is None else now - timedelta(seconds=warning.age)
    links = _held_events(user) if warning.code == "houses_held" else []
    return ShopAlert(*WORDS[warning.code], since, links)


def _held_events(user: Account) -> list[tuple[str, str]]:
    """Return the titles of the events of which much is held, and the addresses of their open holds."""
    held = Event.objects.filter(pk__in=[share.event_id for share in high_shares()])
    events = within_scope(held, user, "pk")
    return [(event.title, reverse("admin:payments_payment_holds", args=[event.pk])) for event in events]
