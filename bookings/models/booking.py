from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookings.references import new_reference
from waiting.publishing import publish, publish_all

from .event import Event, Seat


def booking_topic(reference: str) -> str:
    """Return what ``publish`` calls a booking with its payments and tickets: they change together."""
    return f"booking:{reference}"


def customer_topic(customer_id: int) -> str:
    """Return what ``publish`` calls all bookings of a customer with an account."""
    return f"customer:{customer_id}"


class BookingStatus(models.TextChoices):
    HELD = "held", _("Held")
    CONFIRMED = "confirmed", _("Confirmed")
    RELEASED = "released", _("Released")
    CANCELLED = "cancelled", _("Cancelled")


class BookingQuerySet(models.QuerySet["Booking"]):
    def occupying(self) -> Self:
        """Return bookings that have seats. Status decides this, never the clock."""
        return self.filter(status__in=[BookingStatus.HELD, BookingStatus.CONFIRMED])

    def publish(self) -> None:
        """Wake whoever watches one of these, or a list it is in, once the transaction has committed."""
        publish_all({topic for booking in self.only("reference", "customer") for topic in booking.topics})


class Booking(models.Model):
    """
    A customer's claim on seats: held while they pay, then confirmed or released.

    It ends as cancelled where that was meant: the customer let it go, or none of its tickets is valid any
    more because the money went back.
    """

    reference = models.CharField(max_length=26, unique=True, default=new_reference, editable=False)
    ticket_reference = models.CharField(max_length=9, unique=True, null=True, blank=True)
    event = models.ForeignKey(Event, models.PROTECT, related_name="bookings")
    name = models.CharField(max_length=200)
    email = models.EmailField()
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bookings",
        help_text=_("Whose account it is in; a guest's is in none."),
    )
    language = models.CharField(
        max_length=10,
        default=settings.LANGUAGE_CODE,
        db_default=settings.LANGUAGE_CODE,
        help_text=_("What its mails are written in."),
    )
    status = models.CharField(max_length=10, choices=BookingStatus, default=BookingStatus.HELD)
    created_at = models.DateTimeField(auto_now_add=True)
    held_until = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the customer let it go, whatever became of that.")
    )
    mailed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the tickets were sent by mail.")
    )
    mailings = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        help_text=_("How often they were to be sent; each time is a mail of its own."),
    )

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=BookingStatus.values), name="booking_status_known"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=False, ticket_reference__isnull=False)
                | ~Q(status=BookingStatus.CONFIRMED),
                name="booking_confirmed_has_time_and_reference",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=False) | ~Q(status__in=["released", "cancelled"]),
                name="booking_ended_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(held_until__gt=F("created_at")), name="booking_hold_lies_ahead"
            ),
        ]
        indexes = [
            # The customer's dashboard.
            models.Index(fields=["customer", "-created_at"], name="booking_of_customer"),
            models.Index(fields=["held_until"], condition=Q(status="held"), name="booking_held"),
            # What a customer finds in their account when they sign in.
            models.Index(Lower("email"), condition=Q(customer=None), name="booking_of_guest"),
        ]

    def __str__(self) -> str:
        return self.ticket_reference or self.reference

    def get_absolute_url(self) -> str:
        return reverse("bookings:booking", args=[self.reference])

    @property
    def saving(self) -> int:
        """What its seats cost less because a member booked them, in minor units."""
        return self.booked_seats.current().aggregate(sum=Sum("saving"))["sum"] or 0

    @property
    def seat_labels(self) -> list[str]:
        """The labels of the seats that were asked for, or taken in their place, whoever has them now."""
        return self._labels(self.booked_seats.current())

    @property
    def lost_seat_labels(self) -> list[str]:
        """The labels of the seats that were asked for and that others were taken in place of."""
        return self._labels(self.booked_seats.replaced())

    @staticmethod
    def _labels(booked: "BookedSeatQuerySet") -> list[str]:
        return list(booked.order_by("seat_id").values_list("seat__label", flat=True))

    def publish(self) -> None:
        """Wake whoever watches this booking, or all of its customer's, once the transaction has committed."""
        for topic in self.topics:
            publish(topic)

    @property
    def topics(self) -> list[str]:
        """What ``publish`` calls this booking, and the list of its customer."""
        of_customer = [customer_topic(self.customer_id)] if self.customer_id else []
        return [booking_topic(self.reference), *of_customer]


class BookedSeatQuerySet(models.QuerySet["BookedSeat"]):
    def current(self) -> Self:
        return self.filter(replaced_at=None)

    def replaced(self) -> Self:
        return self.exclude(replaced_at=None)


class BookedSeat(models.Model):
    """
    What a booking asked for: a seat at the price of that moment.

    It stays when the seat is released or changes its price, so it tells what was sold, not who sits there.
    A booking that was paid late and got other seats has those too; the first ones are ``replaced``.
    """

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="booked_seats")
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="+")
    price = models.PositiveIntegerField(help_text=_("In the currency's minor unit."))
    saving = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("What a member paid less than others, in minor units.")
    )
    for_member = models.BooleanField(
        default=False, db_default=False, help_text=_("Counts to a member’s limit of seats.")
    )
    replaced_at = models.DateTimeField(null=True, blank=True)

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
        ]

    def __str__(self) -> str:
        return f"{self.booking}: {self.seat}"

    @property
    def full_price(self) -> int:
        """What the seat cost everybody else, in minor units."""
        return self.price + self.saving

    def instead(self, seat: Seat) -> "BookedSeat":
        """Return ``seat``, which costs the same, booked on the terms of this one; nothing is saved."""
        return BookedSeat(
            booking=self.booking, seat=seat, price=self.price, saving=self.saving, for_member=self.for_member
        )


class Resend(models.Model):
    """A customer's wish to get their tickets by mail once more; they are counted, so that they end."""

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="resends")
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["booking", "asked_at"], name="resend_of_booking")]

    def __str__(self) -> str:
        return f"{self.booking}, {self.asked_at:%Y-%m-%d %H:%M}"
