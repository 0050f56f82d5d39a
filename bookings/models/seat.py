from collections.abc import Collection
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Max, Min, Q, Sum
from django.db.models.functions import Coalesce, Length, Upper
from django.utils.translation import gettext_lazy as _

from bookings.money import require_chargeable

from .booking import Booking
from .event import Event


class SeatQuerySet(models.QuerySet["Seat"]):
    def free(self) -> Self:
        """Return the seats that no booking holds or has bought."""
        return self.filter(booking=None)

    def lock(self) -> "list[Seat]":
        """Lock the seats until the transaction ends, and return them."""
        return list(self.locking())

    def locking(self) -> Self:
        """
        Return these seats so that they are locked as they are read.

        They are locked in the order of their ids, so that two transactions that want the same seats can't
        deadlock. ``no_key`` lets other transactions insert rows that refer to these seats meanwhile.
        """
        return self.order_by("pk").select_for_update(no_key=True)

    def in_row_order(self) -> Self:
        """Order seats from the front: by row (A before B, Z before AA), then by number."""
        return self.order_by(Length("row"), "row", "number")

    def row_ends(self) -> "models.QuerySet[Seat, tuple[str, int, int]]":
        """Return a tuple for each row: its name, its lowest and its highest seat number."""
        return (
            self.order_by()
            .values("row")
            .annotate(Min("number"), Max("number"))
            .values_list("row", "number__min", "number__max")
        )


class Seat(models.Model):
    """One seat at one event. ``booking`` holds it or has bought it; None means it is free."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="seats")
    row = models.CharField(max_length=10)
    number = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=20, help_text=_("What customers see, such as A-1."))
    price = models.PositiveBigIntegerField(
        validators=[MinValueValidator(1)], help_text=_("In the currency's minor unit: 2500 is 25.00 EUR.")
    )
    booking = models.ForeignKey(
        Booking, models.PROTECT, null=True, blank=True, editable=False, related_name="seats"
    )

    objects = SeatQuerySet.as_manager()

    class Meta:
        ordering = ["event", Length("row"), "row", "number"]
        constraints = [
            models.UniqueConstraint(fields=["event", "label"], name="seat_label_unique"),
            models.UniqueConstraint(fields=["event", "row", "number"], name="seat_place_unique"),
            models.CheckConstraint(condition=Q(price__gt=0), name="seat_has_a_price"),
        ]
        indexes = [
            # Every hold and every seat map looks for free seats.
            models.Index(fields=["event"], condition=Q(booking=None), name="seat_free"),
            # Staff look for a label without saying at which event: the newest come first.
            models.Index(Upper("label"), F("id").desc(), name="seat_labelled"),
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        if self.price is None or self.event_id is None:  # The fields report what is missing.
            return
        try:
            require_chargeable(self.price, self.event.currency)
        except ValueError as error:
            raise ValidationError({"price": str(error)}) from error


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
        return self.select_related("seat").order_by("seat_id")

    def worth(self) -> int:
        """Return what was paid for these seats together, in minor units; until they are paid, their price."""
        return self.aggregate(sum=Sum(Coalesce(F("paid"), F("price"))))["sum"] or 0

    def labels(self) -> list[str]:
        return list(self.order_by("seat_id").values_list("seat__label", flat=True))


class BookedSeat(models.Model):
    """
    A seat as it was booked, at the price of that moment.

    The row stays when the seat is released or repriced: it records what was sold, ``Seat.booking`` who has
    the seat. If a late payment gets other seats, they are added and the original rows get ``replaced_at``; if
    staff move the customer, they are ``moved`` as well.
    ``paid`` is what was paid for it where that isn't the price: with a discount or a tax at the checkout.
    After a move that may be less than what came in for it: ``sold_price`` and ``sold_for`` are the price of
    the seat that was bought at first, and what was paid for that. The rest went back.
    """

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="booked_seats")
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="+")
    price = models.PositiveBigIntegerField(help_text=_("In the currency's minor unit."))
    saving = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text=_("What a member paid less than others, in minor units.")
    )
    paid = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("What was paid for it, in minor units. Empty: its price.")
    )
    for_member = models.BooleanField(
        default=False, db_default=False, help_text=_("Counts to a member’s limit of seats.")
    )
    replaced_at = models.DateTimeField(null=True, blank=True)
    moved = models.BooleanField(
        default=False, db_default=False, help_text=_("Staff moved its customer to another seat.")
    )
    sold_price = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("The price of the seat that it was moved from, in minor units.")
    )
    sold_for = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("What was paid for that one, in minor units.")
    )

    objects = BookedSeatQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "seat"],
                condition=Q(replaced_at=None),
                name="booked_seat_once_a_booking",
            ),
            models.CheckConstraint(condition=Q(price__gt=0), name="booked_seat_has_a_price"),
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
        """The price without the member discount, in minor units."""
        return self.price + self.saving

    @property
    def worth(self) -> int:
        """What was paid for it, in minor units; until it is paid, its price."""
        return self.price if self.paid is None else self.paid

    def moved_to(self, seat: Seat) -> "BookedSeat":
        """Return an unsaved copy for another ``seat`` of the same price."""
        return BookedSeat(
            booking=self.booking,
            seat=seat,
            price=self.price,
            saving=self.saving,
            paid=self.paid,
            for_member=self.for_member,
            sold_price=self.sold_price,
            sold_for=self.sold_for,
        )
