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
