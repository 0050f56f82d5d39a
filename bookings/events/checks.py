"""
What would embarrass the house if an event were public as it is.

A check is a function that yields findings; other apps add theirs with ``check`` in their ``AppConfig.ready``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _

from bookings.models import Event
from bookings.money import format_money, require_price
from legal.terms import current_terms


@dataclass(frozen=True)
class Finding:
    """What isn't right: a problem refuses, anything else only warns. ``field`` is where to mend it."""

    words: str
    is_problem: bool = False
    field: str = ""


Check = Callable[[Event], Iterator[Finding]]
_checks: list[Check] = []
LEFTOVER = re.compile(r"\b(copy|test|draft|new|untitled|asdf|xxx)\b")
YEAR = re.compile(r"\b(20\d\d)\b")


def check(examine: Check) -> Check:
    """Register a check; used as a decorator."""
    _checks.append(examine)
    return examine


def examine(event: Event) -> list[Finding]:
    """Return what is found of ``event``, the problems first."""
    found = [finding for examine in _checks for finding in examine(event)]
    return sorted(found, key=lambda finding: not finding.is_problem)


def _problem(words: str, field: str) -> Finding:
    return Finding(words, is_problem=True, field=field)


def _spell(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F Y, H:i")


@check
def dates(event: Event) -> Iterator[Finding]:
    now = timezone.now()
    if event.ends_at <= now:
        yield _problem(_("The event is over: it ended %(at)s.") % {"at": _spell(event.ends_at)}, "starts_at")
    elif event.starts_at <= now:
        yield _problem(_("The event already started: %(at)s.") % {"at": _spell(event.starts_at)}, "starts_at")
    starts = timezone.localtime(event.starts_at)
    if (starts.hour, starts.minute) == (0, 0):
        yield Finding(_("It starts at midnight. Is that right?"), field="starts_at")


@check
def sale(event: Event) -> Iterator[Finding]:
    now = timezone.now()
    if event.sales_until <= now:
        yield _problem(
            _("The sale is over: it ended %(at)s.") % {"at": _spell(event.sales_until)}, "sales_until"
        )
    if event.sales_from >= event.starts_at:
        yield _problem(_("The sale starts after the event starts."), "sales_from")
    if event.sales_until > event.starts_at:
        yield Finding(_("Tickets are still on sale after the event starts."), field="sales_until")


@check
def seats(event: Event) -> Iterator[Finding]:
    if event.seats.exclude(state="no_place").exists():
        return
    opens_at = event.member_sales_from or event.sales_from
    if opens_at <= timezone.now():
        yield _problem(_("The sale is open, but there are no seats."), "seats")
    else:
        yield Finding(_("No seats yet. The page will say “Tickets soon”."), field="seats")


@check
def prices(event: Event) -> Iterator[Finding]:
    """Find what Stripe would refuse to charge."""
    places = event.seats.exclude(state="no_place")
    for price in places.order_by("price").values_list("price", flat=True).distinct():
        try:
            require_price(price, event.currency)
        except ValueError as error:
            words = _("There are seats for %(price)s. %(why)s")
            yield _problem(words % {"price": format_money(price, event.currency), "why": error}, "seats")


@check
def currency(event: Event) -> Iterator[Finding]:
    others = Event.objects.public().filter(ends_at__gt=timezone.now()).exclude(pk=event.pk)
    used = set(others.values_list("currency", flat=True).distinct())
    if used and event.currency not in used:
        words = _("Priced in %(own)s, but all other events are in %(others)s.")
        names = ", ".join(sorted(used)).upper()
        yield Finding(words % {"own": event.currency.upper(), "others": names}, field="currency")


@check
def terms(event: Event) -> Iterator[Finding]:
    if current_terms() is None:
        yield Finding(_("There are no terms for buyers to accept. Publish them under Legal texts."))


@check
def cancelling(event: Event) -> Iterator[Finding]:
    if event.cancellable_until is None:
        yield Finding(
            _("No cancellation policy. The page will say that tickets can’t be cancelled."),
            field="cancellable_until",
        )
    elif event.cancellable_until <= timezone.now():
        yield Finding(
            _("The cancellation deadline has passed: %(at)s.") % {"at": _spell(event.cancellable_until)},
            field="cancellable_until",
        )
    elif event.cancellation_fee_percent == 100:
        yield Finding(
            _("The cancellation fee is the full price: customers get nothing back."),
            field="cancellation_fee_percent",
        )


@check
def words(event: Event) -> Iterator[Finding]:
    if not event.description.strip():
        yield Finding(_("No description."), field="description")
    if event.title.isupper() and len(event.title) > 12:
        yield Finding(_("THE TITLE IS IN CAPITALS."), field="title")
    same = Event.objects.public().filter(title=event.title, starts_at=event.starts_at).exclude(pk=event.pk)
    if same.exists():
        yield Finding(_("Another event has the same title and start."), field="title")


@check
def slug(event: Event) -> Iterator[Finding]:
    """Find an address that nobody would print on a poster. It can be changed later: the old one leads on."""
    spelled, year = event.slug.replace("-", " ").replace("_", " "), timezone.localtime(event.starts_at).year
    named = YEAR.search(spelled)
    odd = [
        event.slug.isdecimal(),
        bool(LEFTOVER.search(spelled)) and not LEFTOVER.search(slugify(event.title).replace("-", " ")),
        event.slug != event.slug.lower(),
        "_" in event.slug or "--" in event.slug,
        event.slug.strip("-") != event.slug,
        named is not None and abs(int(named[1]) - year) > 1,
    ]
    if any(odd):
        yield Finding(_("The address looks odd: %(slug)s") % {"slug": event.get_absolute_url()}, field="slug")
