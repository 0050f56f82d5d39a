from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Collate, Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookings.addresses.fields import AddressField
from bookings.addresses.normal_form import beginning
from bookings.fields import EvidenceField
from bookings.references import new_reference, new_spoken_reference
from legal.models import LegalText
from waiting.publishing import publish, publish_all

from .event import Event
from .sale_code import SaleCode
from .words import have_words, words_of

WORDS = words_of("name", "email")
# An index in this order knows all that begin alike.
ADDRESS = Collate(Lower("email"), "C")


def booking_topic(reference: str) -> str:
    """Return the topic for ``publish`` that covers a booking with its payments and tickets."""
    return f"booking:{reference}"


def customer_topic(customer_id: int) -> str:
    """Return the topic for ``publish`` that covers all bookings in a customer's account."""
    return f"customer:{customer_id}"


class BookingStatus(models.TextChoices):
    HELD = "held", _("On hold")
    CONFIRMED = "confirmed", _("Confirmed")
    RELEASED = "released", _("Released")
    CANCELLED = "cancelled", _("Cancelled")


class BookingQuerySet(models.QuerySet["Booking"]):
    def occupying(self) -> Self:
        """Return bookings that take seats. Status decides this, never the clock."""
        return self.filter(status__in=[BookingStatus.HELD, BookingStatus.CONFIRMED])

    def unmailed(self) -> Self:
        """Return the bookings whose tickets weren't mailed yet, and may still be."""
        waiting = self.filter(status=BookingStatus.CONFIRMED, mailed_at=None, mail_refused_at=None)
        return waiting.exclude(email="")

    def refused(self) -> Self:
        """Return the bookings whose tickets the mail server of the address has refused for good."""
        return self.filter(status=BookingStatus.CONFIRMED, mailed_at=None).exclude(mail_refused_at=None)

    def named(self, typed: str) -> Self:
        """Return the bookings whose name and e-mail address have words that begin like each in ``typed``."""
        return self.filter(have_words(WORDS, typed))

    def addressed(self, typed: str) -> Self:
        """Return the bookings whose e-mail address begins like ``typed``."""
        return self.alias(address=ADDRESS).filter(address__startswith=beginning(typed))

    def publish(self) -> None:
        """Notify pages that show these bookings, once the transaction has committed."""
        publish_all({topic for booking in self.only("reference", "customer") for topic in booking.topics})


class Booking(models.Model):
    """
    A customer's claim on seats: held while they pay, then confirmed or released.

    It ends as cancelled if the customer cancelled it, or if all its tickets are void because they were
    refunded or charged back.
    """

    reference = models.CharField(max_length=26, unique=True, default=new_reference, editable=False)
    # The booking number that people read and say. It opens nothing: ``reference`` does.
    ticket_reference = models.CharField(
        max_length=9, unique=True, null=True, blank=True, default=new_spoken_reference
    )
    event = models.ForeignKey(Event, models.PROTECT, related_name="bookings")
    name = models.CharField(max_length=200)
    email = AddressField()
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bookings",
        help_text=_("The customer's account. Empty for guests."),
    )
    language = models.CharField(
        max_length=10,
        default=settings.LANGUAGE_CODE,
        db_default=settings.LANGUAGE_CODE,
        help_text=_("Language of its emails."),
    )
    status = models.CharField(max_length=10, choices=BookingStatus, default=BookingStatus.HELD)
    created_at = models.DateTimeField(auto_now_add=True)
    held_until = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the customer asked to release it.")
    )
    mailed_at = models.DateTimeField(null=True, blank=True, help_text=_("When the tickets were emailed."))
    mail_refused_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the mail server rejected the tickets for good.")
    )
    mail_refusal = EvidenceField(blank=True, db_default="", help_text=_("The mail server's answer."))
    mailings = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        help_text=_("Number of times the tickets were to be emailed."),
    )
    # For the limits on open holds, and only until the booking is decided: bookings.orders.visitors.
    browser = models.CharField(max_length=32, blank=True, db_default="", default="", editable=False)
    network = models.CharField(max_length=32, blank=True, db_default="", default="", editable=False)
    has_confirmed_email = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text=_("Whether the customer had confirmed the email address before booking."),
    )
    active_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("When the customer was last active while unpaid."),
    )

    accepted_terms = models.ForeignKey(
        LegalText,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("Version of the terms the customer accepted. Empty: none."),
    )
    code = models.ForeignKey(
        SaleCode,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bookings",
        db_index=False,
        help_text=_("The discount or access code the customer used."),
    )
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the customer’s name and address were erased.")
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
            # Each checkout counts the open holds of its browser and its network.
            models.Index(fields=["browser"], condition=Q(status="held"), name="booking_of_browser"),
            models.Index(fields=["network"], condition=Q(status="held"), name="booking_of_network"),
            # How often a customer has used a code.
            models.Index(fields=["code"], condition=Q(code__isnull=False), name="booking_with_code"),
            # Signing in claims the bookings that were made as a guest with the same address.
            models.Index(Lower("email"), condition=Q(customer=None), name="booking_of_guest"),
            # Staff's list begins with the newest; what isn't confirmed is rare.
            models.Index(fields=["-created_at", "-id"], name="booking_newest"),
            models.Index(
                fields=["status", "-created_at", "-id"],
                condition=~Q(status="confirmed"),
                name="booking_unconfirmed",
            ),
            models.Index(
                fields=["confirmed_at"],
                condition=Q(status="confirmed", mailed_at=None),
                name="booking_unmailed",
            ),
            # What staff type. Without a list of pending entries, no customer waits until it is worked off.
            GinIndex(WORDS, fastupdate=False, name="booking_names"),
            models.Index(ADDRESS, name="booking_address"),
        ]

    def __str__(self) -> str:
        return self.ticket_reference or self.reference

    def get_absolute_url(self) -> str:
        return reverse("bookings:booking", args=[self.reference])

    @property
    def saving(self) -> int:
        """The member discount on all its seats, in minor units."""
        return self.booked_seats.current().aggregate(sum=Sum("saving"))["sum"] or 0

    @property
    def discount(self) -> int:
        """What its code took off all its seats, in minor units."""
        return self.booked_seats.current().aggregate(sum=Sum("discount"))["sum"] or 0

    @property
    def seat_labels(self) -> list[str]:
        """The labels of the seats this booking is for, even if it doesn't hold them any more."""
        return self.booked_seats.current().labels()

    @property
    def lost_seat_labels(self) -> list[str]:
        """The labels of the booked seats that were taken, so that others replaced them."""
        return self.booked_seats.lost().labels()

    @property
    def first_seat_labels(self) -> list[str]:
        """The labels of the seats it was for before staff moved its customer."""
        return self.booked_seats.as_sold().labels()

    def publish(self) -> None:
        """Notify pages that show this booking, once the transaction has committed."""
        for topic in self.topics:
            publish(topic)

    @property
    def topics(self) -> list[str]:
        """The topics for ``publish``: this booking, and its customer's list of bookings."""
        of_customer = [customer_topic(self.customer_id)] if self.customer_id else []
        return [booking_topic(self.reference), *of_customer]


class Resend(models.Model):
    """A customer's request to get their tickets emailed again; stored so that it can be limited."""

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="resends")
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["booking", "asked_at"], name="resend_of_booking")]

    def __str__(self) -> str:
        return f"{self.booking}, {self.asked_at:%Y-%m-%d %H:%M}"
