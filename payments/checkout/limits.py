"""
How much one customer may buy, and hold unpaid, so that nobody keeps a house from the others.

Open holds are counted by browser, by e-mail address and by network, in the transaction that makes the next
one. A hold is open until it is paid for or let go. One that a bank works on isn't its customer's any more,
who has paid as far as they can; it still is its network's, since a debit needs no more than somebody's IBAN.
A voucher costs nothing until it is paid, so it is both's.
"""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from bookings.addresses.normal_form import comparable
from bookings.models import Booking, Event, TicketStatus
from bookings.models.booking import ADDRESS, BookingQuerySet
from bookings.orders.buyers import Buyer
from bookings.seats.held_share import held_shares
from payments.models import CounterSale, SaleKind

# A process relies on the share that it has counted for so many times as long as counting took: on the first
# morning of a sale, thousands of holds would be counted for each customer.
RELIED_ON = 20
TRACED_FOR = timedelta(days=1)  # whoever took free places
_is_share_high: dict[int, tuple[float, bool]] = {}  # by event: until when it is known, and what


# Written by hand: Django takes longer to write it than PostgreSQL to run it, and each checkout does.
OPEN_HOLDS = """
    SELECT reference, browser, network, email, has_confirmed_email, held_until,
           (SELECT count(*) FROM bookings_seat AS seat WHERE seat.booking_id = booking.id),
           EXISTS (
               SELECT FROM payments_payment AS payment
                WHERE payment.booking_id = booking.id AND payment.status = 'processing'
                  AND payment.instructions_url = '')
      FROM bookings_booking AS booking
     WHERE status = 'held'
       AND (browser = %(browser)s AND browser <> '' OR network = %(network)s AND network <> ''
            OR lower(email) COLLATE "C" = %(email)s)
"""


class TooManyHolds(Exception):
    """
    Of ``limit`` that may be, ``held`` are held, and the next would be too many.

    ``unit`` is ``checkouts`` or ``places``, ``scope`` is ``customer`` or ``network``. ``until`` is when
    enough of them end, at the latest. ``bookings`` are the references of those made in this browser.
    """

    def __init__(
        self, *, scope: str, unit: str, limit: int, held: int, until: datetime, bookings: Collection[str]
    ) -> None:
        super().__init__(f"{held} of {limit} {unit} of a {scope}")
        self.scope, self.unit, self.limit, self.held = scope, unit, limit, held
        self.until, self.bookings = until, bookings


class TooManyFree(Exception):
    """Of ``limit`` free places of an event that one customer or network may take a day, ``taken`` are."""

    def __init__(self, *, limit: int, taken: int) -> None:
        super().__init__(f"{taken} of {limit}")
        self.limit, self.taken = limit, taken


class OrderLimit(Exception):
    """One order can be for ``limit`` places of the event at most."""

    def __init__(self, limit: int) -> None:
        super().__init__(str(limit))
        self.limit = limit


class CustomerLimit(Exception):
    """One customer can have ``limit`` places of the event: this one can have ``left`` more."""

    def __init__(self, *, limit: int, left: int) -> None:
        super().__init__(f"{left} of {limit}")
        self.limit, self.left = limit, left


class EmailUnconfirmed(Exception):
    """The customer has to show that the mailbox is theirs before these seats are held."""


class Hold(NamedTuple):
    """One open hold, in the order in which ``_open_holds`` reads it."""

    reference: str
    browser: str
    network: str
    email: str
    has_confirmed_email: bool
    until: datetime
    places: int
    is_at_bank: bool


@dataclass(frozen=True)
class Limit:
    scope: str
    checkouts: int
    places: int

    def require(self, holds: Collection[Hold], wanted: int, *, own: Iterable[Hold] = ()) -> None:
        """Raise ``TooManyHolds`` if a hold of ``wanted`` places besides ``holds`` would exceed the limit."""
        places = sum(hold.places for hold in holds)
        for unit, limit, now, more in (
            ("checkouts", self.checkouts, len(holds), 1),
            ("places", self.places, places, wanted),
        ):
            if now + more > limit:
                raise TooManyHolds(
                    scope=self.scope,
                    unit=unit,
                    limit=limit,
                    held=now,
                    until=self._until(holds, wanted),
                    bookings=[hold.reference for hold in own],
                )

    def _until(self, holds: Collection[Hold], wanted: int) -> datetime:
        """Return when so many of ``holds`` have ended that there is room; now, if that is never."""
        left, places = len(holds), sum(hold.places for hold in holds)
        for hold in sorted(holds, key=lambda hold: hold.until):
            left, places = left - 1, places - hold.places
            if left < self.checkouts and places + wanted <= self.places:
                return hold.until
        return max((hold.until for hold in holds), default=timezone.now())


def take_turns(buyer: Buyer, *, attempt: str) -> None:
    """
    Let others of the same attempt, account, browser, address or network wait until the transaction ends.

    There may be no rows to lock yet. The attempt comes first, and the others in one order, so that nobody
    waits in a circle.
    """
    visitor, account = buyer.visitor, str(buyer.account.pk) if buyer.account else ""
    sources = (
        *(("account", account), ("browser", visitor.browser)),
        *(("email", comparable(buyer.email)), ("network", visitor.network)),
    )
    keys = sorted(f"hold:{kind}:{value}" for kind, value in sources if value)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(%s::text[]) AS key",
            [[attempt, *keys] if attempt else keys],
        )


def require_within_limits(event: Event, buyer: Buyer, *, wanted: int) -> None:
    """
    Raise ``OrderLimit`` or ``CustomerLimit`` unless ``buyer`` may have ``wanted`` more places of ``event``.

    What they have paid for counts, and what they hold: by their address, however it is written, and in their
    account. A network is many customers, and doesn't count. Call it after ``take_turns``.
    """
    if wanted > event.order_limit:
        raise OrderLimit(event.order_limit)
    if event.most_per_customer is None:
        return
    has = event.seats.filter(booking__in=_bookings_of(buyer).filter(event=event).occupying()).count()
    if has + wanted > event.most_per_customer:
        left = max(0, event.most_per_customer - has)
        raise CustomerLimit(limit=event.most_per_customer, left=left)


def _bookings_of(buyer: Buyer) -> BookingQuerySet:
    own = Q(address=comparable(buyer.email))
    if buyer.account:
        own |= Q(customer=buyer.account)
    return Booking.objects.alias(address=ADDRESS).filter(own)


def require_few_holds(event: Event, buyer: Buyer, *, wanted: int) -> None:
    """
    Raise ``TooManyHolds`` or ``EmailUnconfirmed`` unless ``buyer`` may hold so many places of ``event``.

    Call it after ``take_turns``. Strangers who type somebody's address can't keep its owner from booking:
    once that is confirmed, only what was held by its owner counts.
    """
    visitor = buyer.visitor
    holds = _open_holds(buyer)
    unpaid = [hold for hold in holds if not hold.is_at_bank]
    of_browser = [hold for hold in unpaid if visitor.browser and hold.browser == visitor.browser]
    of_email = [hold for hold in unpaid if hold.email.lower() == buyer.email.lower()]
    of_network = [hold for hold in holds if visitor.network and hold.network == visitor.network]
    customer = Limit("customer", settings.HOLDS_PER_CUSTOMER, settings.HOLD_PLACES_PER_CUSTOMER)
    network = Limit("network", settings.HOLDS_PER_NETWORK, settings.HOLD_PLACES_PER_NETWORK)
    require = partial(customer.require, wanted=wanted, own=of_browser)
    require(of_browser)
    network.require(of_network, wanted, own=of_browser)
    require([hold for hold in of_email if hold.has_confirmed_email or hold in of_browser])
    if visitor.has_confirmed_email:
        return
    try:
        require(of_email)
    except TooManyHolds as refusal:
        raise EmailUnconfirmed from refusal
    if is_share_high(event):
        raise EmailUnconfirmed


def require_few_free(event: Event, buyer: Buyer, *, wanted: int) -> None:
    """
    Raise ``TooManyFree`` unless ``buyer`` may have so many places of ``event`` for nothing.

    What is free is confirmed at once, so holds don't limit it. Call it after ``take_turns``. What was given
    back doesn't count.
    """
    sales = CounterSale.objects.filter(
        kind=SaleKind.FREE, booking__event=event, sold_at__gt=timezone.now() - TRACED_FOR
    )
    live = Count("booking__tickets", filter=~Q(booking__tickets__status=TicketStatus.VOID))
    visitor = buyer.visitor
    sources = (
        (settings.HOLD_PLACES_PER_CUSTOMER, {"browser": visitor.browser}),
        (settings.HOLD_PLACES_PER_CUSTOMER, {"booking__email__iexact": buyer.email}),
        (settings.HOLD_PLACES_PER_NETWORK, {"network": visitor.network}),
    )
    for limit, source in sources:
        taken = sales.filter(**source).aggregate(taken=live)["taken"] if all(source.values()) else 0
        if taken + wanted > limit:
            raise TooManyFree(limit=limit, taken=taken)


def forget_visitors() -> None:
    """Forget who took free places, once that limits nobody any more."""
    over = CounterSale.objects.filter(sold_at__lte=timezone.now() - TRACED_FOR)
    over.exclude(browser="", network="").update(browser="", network="")


def _open_holds(buyer: Buyer) -> list[Hold]:
    """Return what is held unpaid by the browser, the address or the network of ``buyer``."""
    visitor = buyer.visitor
    wanted = {"browser": visitor.browser, "network": visitor.network, "email": buyer.email.lower()}
    with connection.cursor() as cursor:
        cursor.execute(OPEN_HOLDS, wanted)
        return [Hold(*row) for row in cursor.fetchall()]


def is_share_high(event: Event) -> bool:
    """Return whether so much of ``event`` is held unpaid that customers confirm their address first."""
    began = time.monotonic()
    until, is_high = _is_share_high.get(event.pk, (began, False))
    if began >= until:
        is_high = any(share.is_high for share in held_shares(event=event))
        now = time.monotonic()
        _is_share_high[event.pk] = (now + RELIED_ON * (now - began), is_high)
    return is_high
