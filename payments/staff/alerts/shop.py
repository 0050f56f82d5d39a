"""What is wrong with the shop itself: staff's words for some of the warnings of ``/readyz``."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.health import checks


@dataclass(frozen=True)
class ShopAlert:
    """Something that stops the shop, or will, ``since`` when if that is known."""

    title: str | Promise
    advice: str | Promise
    since: datetime | None


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
}
CHECKS = (
    checks.restored,
    checks.key_refused,
    checks.right_missing,
    checks.clock_wrong,
    checks.mails_failing,
)


def shop_alerts() -> list[ShopAlert]:
    """Return what is wrong with the shop at this moment."""
    now = timezone.now()
    return [_worded(warning, now) for check in CHECKS for warning in check(now)]


def _worded(warning: checks.HealthWarning, now: datetime) -> ShopAlert:
    since = None if warning.age is None else now - timedelta(seconds=warning.age)
    return ShopAlert(*WORDS[warning.code], since)
