from collections.abc import Collection
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce, Length, Upper
from django.utils.translation import gettext_lazy as _

from bookings.money import require_chargeable

from .area import Area, AreaKind
from .booking import Booking
from .event import Event
from .ticket_type import TicketType


class SeatState(models.TextChoices):
    """Whether customers can buy a place while nobody has it."""

    FOR_SALE = "for_sale", _("For sale")
    HELD_BACK = "held_back", _("Held back")
    NO_PLACE = "no_place", _("Not a place")


class SeatNote(models.TextChoices):
    """What buyers should know about a place, in words that pages translate. Others are shown as written."""

    WHEELCHAIR = "wheelchair", _("Wheelchair place")
    COMPANION = "companion", _("For a companion")
    RESTRICTED_VIEW = "restricted view", _("Restricted view")


def split_notes(notes: str) -> list[str]:
    """Return each of the ``notes``, which commas separate; the known ones as in ``SeatNote``."""
    given = dict.fromkeys(" ".join(note.split()) for note in notes.split(",") if note.strip())
    return [note.lower() if note.lower() in SeatNote.values else note for note in given]


# Of two areas the one without a name, which is the whole hall, comes first.
IN_ROW_ORDER = (
    F("area__position").asc(nulls_first=True),
    F("area").asc(nulls_first=True),
    "row_rank",
    Length("row"),
    "row",
    Coalesce("column", 2 * F("number")),
)


FREE = Q(booking=None, state=SeatState.FOR_SALE)


class SeatQuerySet(models.QuerySet["Seat"]):
    def free(self) -> Self:
        """Return the places that customers can buy: for sale, and no booking holds or has bought them."""
        return self.filter(FREE)

    def vacant(self) -> Self:
        """Return the places that nobody has, those that the house holds back included."""
        return self.filter(booking=None).exclude(state=SeatState.NO_PLACE)

    def standing(self) -> Self:
        """Return the places that the map doesn't draw."""
        return self.filter(area__kind=AreaKind.STANDING)

    def drawn(self) -> Self:
        """Return the seats on the map, those that aren't places left out."""
        return self.exclude(area__kind=AreaKind.STANDING).exclude(state=SeatState.NO_PLACE)

    def lock(self) -> "list[Seat]":
        """Lock the seats until the transaction ends, and return them."""
        return list(self.locking())

    def locking(self) -> Self:
        """
        Return these seats so that they are locked as they are read.

        They are locked in the order of their ids, so that two transactions that want the same seats can't
        deadlock. ``no_key`` lets other transactions insert rows that refer to these seats meanwhile.
        """
        return self.order_by("pk").select_for_update(no_key=True, of=("self",))

    def in_row_order(self) -> Self:
        """
        Order seats from the front: by area, then by row (as ``row_rank`` says, A before B, Z before AA), then
        by their places in it.
        """
        return self.order_by(*IN_ROW_ORDER)


class Seat(models.Model):
    """
    One place at one event: a seat on the map, or one of a standing area, which has no row.

    ``booking`` holds it or has bought it, as a place of this ``type``; None means that nobody has. On the map
    its row has the ``row_rank`` from the front, and it is ``column`` half seats from the left: without these,
    rows are in the order of their names, and seats in that of their numbers.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="seats")
    area = models.ForeignKey(
        Area,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="seats",
        db_index=False,
        help_text=_("Empty: no areas."),
    )
    row = models.CharField(max_length=20, blank=True)
    number = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=60, help_text=_("Shown to customers, such as A-1."))
    price = models.PositiveBigIntegerField(
        help_text=_("In the currency's minor unit: 2500 is 25.00 EUR. 0 is free.")
    )
    row_rank = models.SmallIntegerField(default=0, db_default=0)
    column = models.SmallIntegerField(null=True, blank=True)
    state = models.CharField(
        max_length=10, choices=SeatState, default=SeatState.FOR_SALE, db_default=SeatState.FOR_SALE
    )
    held_back_for = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text=_("Who it’s held back for.")
    )
    held_back_note = models.CharField(max_length=200, blank=True, default="", db_default="")
    notes = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text=_(
            "Notes for buyers, separated by commas: wheelchair, companion, restricted view, or "
            "your own words."
        ),
    )
    booking = models.ForeignKey(
        Booking, models.PROTECT, null=True, blank=True, editable=False, related_name="seats"
    )
    type = models.ForeignKey(
        TicketType,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="seats",
        db_index=False,
        help_text=_("Ticket type it’s booked as. Empty: full price."),
    )

    objects = SeatQuerySet.as_manager()

    class Meta:
        ordering = [
            "event_id",
            F("area_id").asc(nulls_first=True),
            "row_rank",
            Length("row"),
            "row",
            "number",
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "label"], name="seat_label_unique"),
            models.UniqueConstraint(
                fields=["event", "area", "row", "number"], nulls_distinct=False, name="seat_unique_in_its_row"
            ),
            models.CheckConstraint(condition=Q(state__in=SeatState.values), name="seat_state_known"),
            models.CheckConstraint(
                condition=Q(booking=None) | ~Q(state="no_place"),
                name="seat_with_a_customer_is_a_place",
                violation_error_message=_("It’s sold or on hold."),
            ),
        ]
        indexes = [
            # Every hold and every seat map looks for free seats.
            models.Index(
                fields=["event", "area", "number"],
                condition=Q(booking=None, state="for_sale"),
                name="seat_for_sale",
            ),
            models.Index(fields=["type"], condition=Q(type__isnull=False), name="seat_of_type"),
            # Staff look for a label without saying at which event: the newest come first.
            models.Index(Upper("label"), F("id").desc(), name="seat_labelled"),
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        self.notes = ", ".join(self.notes_given)
        if not self.price or self.event_id is None:  # The fields report what is missing.
            return
        try:
            require_chargeable(self.price, self.event.currency)
        except ValueError as error:
            raise ValidationError({"price": str(error)}) from error

    @property
    def is_free(self) -> bool:
        """Whether customers can buy it."""
        return self.booking_id is None and self.state == SeatState.FOR_SALE

    @property
    def is_kept(self) -> bool:
        """Whether it is for those who need it: who hasn’t chosen it gets it only if nothing else is left."""
        kept: set[str] = {SeatNote.WHEELCHAIR, SeatNote.COMPANION}
        return not kept.isdisjoint(self.notes_given)

    @property
    def notes_given(self) -> list[str]:
        """What buyers should know, each by itself: the known ones as in ``SeatNote``."""
        return split_notes(self.notes)

    @property
    def place(self) -> int:
        """Where it is in its row, in half seats: neighbours are 2 apart."""
        return 2 * self.number if self.column is None else self.column


class BookedSeatQuerySet(models.QuerySet["BookedSeat"]):
    def current(self) -> Self:
        return self.filter(replaced_at=None)

    def lost(self) -> Self:
        """Return the seats that were taken before a late payment came, so that others replaced them."""
        return self.exclude(replaced_at=None).filter(moved=False)

    def as_sold(self) -> Self:
        """Return the seats as they were booked before staff moved any."""
        return self.filter(Q(replaced_at=None) | Q(moved=True), sold_for=None)

    def moved_to(self, seats: Collection[Seat]) -> Self:
        """Return those of ``seats`` that staff have moved their customer to."""
        return self.current().filter(seat__in=seats, sold_for__isnull=False)

    def with_seats(self) -> Self:
        return self.select_related("seat", "type").order_by("seat_id")

    def with_places(self) -> Self:
        """Return them with all by which a place is named."""
        return self.select_related("seat__area", "type").order_by("seat_id")

    def worth(self) -> int:
        """Return what was paid for these seats together, in minor units; until they are paid, their price."""
        return self.aggregate(sum=Sum(Coalesce(F("paid"), F("price"))))["sum"] or 0

    def labels(self) -> list[str]:
        return list(self.order_by("seat_id").values_list("seat__label", flat=True))


class BookedSeat(models.Model):
    """
    A seat as it was booked, as a place of this ``type``, at the price of that moment.

    The row stays when the seat is released or repriced: it records what was sold, ``Seat.booking`` who has
    the seat. If a late payment gets other seats, they are added and the original rows get ``replaced_at``; if
    staff move the customer, they are ``moved`` as well.
    ``paid`` is what was paid for it where that isn't the price: with a discount or a tax at the checkout.
    After a move that may be less than what came in for it: ``sold_price`` and ``sold_for`` are the price of
    the seat that was bought at first, and what was paid for that. The rest went back.
    """

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="booked_seats")
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="+")
    type = models.ForeignKey(
        TicketType, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    price = models.PositiveBigIntegerField(help_text=_("In the currency's minor unit."))
    discount = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text=_("Discount by code, in minor units.")
    )
    list_price = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text=_("The place’s own price, in minor units. Empty: its price before discounts."),
    )
    saving = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text=_("Member discount, in minor units.")
    )
    paid = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("Amount paid, in minor units. Empty: its price.")
    )
    for_member = models.BooleanField(
        default=False, db_default=False, help_text=_("Counts toward the member’s seat limit.")
    )
    replaced_at = models.DateTimeField(null=True, blank=True)
    moved = models.BooleanField(
        default=False, db_default=False, help_text=_("Staff moved the customer to another seat.")
    )
    sold_price = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("Price of the previous seat, in minor units.")
    )
    sold_for = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("Amount paid for the previous seat, in minor units.")
    )

    objects = BookedSeatQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "seat"],
                condition=Q(replaced_at=None),
                name="booked_seat_once_a_booking",
            ),
            models.CheckConstraint(
                condition=Q(saving=0) | Q(for_member=True), name="booked_seat_saving_is_a_members"
            ),
            models.CheckConstraint(
                condition=Q(moved=False) | Q(replaced_at__isnull=False), name="booked_seat_moved_is_replaced"
            ),
            models.CheckConstraint(
                condition=Q(sold_price=None, sold_for=None)
                | Q(sold_price__isnull=False, sold_for__isnull=False),
                name="booked_seat_sold_says_price_and_paid",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking}: {self.seat}"

    @property
    def full_price(self) -> int:
        """The price of its type, without the member's saving and the code's discount, in minor units."""
        return self.price + self.saving + self.discount

    @property
    def place_price(self) -> int:
        """What the place cost by itself, whatever its type, in minor units."""
        return self.full_price if self.list_price is None else self.list_price

    @property
    def worth(self) -> int:
        """What was paid for it, in minor units; until it is paid, its price."""
        return self.price if self.paid is None else self.paid

    def moved_to(self, seat: Seat) -> "BookedSeat":
        """Return an unsaved copy for another ``seat`` of the same price."""
        return BookedSeat(
            booking=self.booking,
            seat=seat,
            type=self.type,
            price=self.price,
            discount=self.discount,
            list_price=self.list_price,
            saving=self.saving,
            paid=self.paid,
            for_member=self.for_member,
            sold_price=self.sold_price,
            sold_for=self.sold_for,
        )
