from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookings.addresses.fields import AddressField
from bookings.references import new_reference

from .area import Area
from .booking import Booking
from .event import Event
from .ticket_type import TicketType

MOST_WANTED = 8  # places


class WaitingStatus(models.TextChoices):
    """How far somebody on the waiting list of an event has come."""

    UNCONFIRMED = "unconfirmed", _("Address not confirmed")
    WAITING = "waiting", _("Waiting")
    OFFERED = "offered", _("Has an offer")
    PAYING = "paying", _("Paying")
    BOUGHT = "bought", _("Bought")
    RAN_OUT = "ran_out", _("Offer expired")
    LEFT = "left", _("Left")
    ENDED = "ended", _("The sale has ended")


class WaitingMail(models.TextChoices):
    """Which mail an entry still waits for."""

    CONFIRM = "confirm", _("To confirm the address")
    OFFER = "offer", _("The offer")


OPEN = [WaitingStatus.UNCONFIRMED, WaitingStatus.WAITING, WaitingStatus.OFFERED, WaitingStatus.PAYING]
WITH_PLACES = [WaitingStatus.OFFERED, WaitingStatus.PAYING]


class WaitingEntryQuerySet(models.QuerySet["WaitingEntry"]):
    def open(self) -> Self:
        """Return the entries that may still come to something."""
        return self.filter(status__in=OPEN)

    def in_line(self, at: datetime) -> Self:
        """
        Return the entries that wait for places, the first one first.

        Who has an offer that hasn't run out, and lost its places while paying, comes before all others.
        """
        timely = Q(offered_until=None) | Q(offered_until__gt=at)
        first = F("offered_until").asc(nulls_last=True)
        return self.filter(timely, status=WaitingStatus.WAITING).order_by(first, "waiting_since", "pk")

    def owed(self) -> Self:
        """Return the entries whose mail wasn't sent yet."""
        return self.exclude(mail_owed="")

    def of_addresses(self, emails: Collection[str]) -> Self:
        """Return the entries with one of these addresses, in their comparable form."""
        return self.alias(address=Lower("email")).filter(address__in=emails)


class WaitingEntry(models.Model):
    """
    Somebody who waits for places at an event that is sold out: anywhere, or in one ``area``.

    While they have an offer, its places are held for them in ``booking``, which has no payment: until
    ``offered_until``, unless they begin to pay. Then ``booking`` is what they buy. ``reference`` is a secret:
    who knows it may take the offer, or leave.
    """

    reference = models.CharField(max_length=26, unique=True, default=new_reference, editable=False)
    event = models.ForeignKey(Event, models.PROTECT, related_name="waiting_entries")
    name = models.CharField(max_length=200)
    email = AddressField()
    language = models.CharField(max_length=10)
    quantity = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MOST_WANTED)]
    )
    area = models.ForeignKey(
        Area,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("Empty: any one area."),
    )
    type = models.ForeignKey(
        TicketType, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    status = models.CharField(max_length=12, choices=WaitingStatus, default=WaitingStatus.UNCONFIRMED)
    created_at = models.DateTimeField(auto_now_add=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    booking = models.OneToOneField(
        Booking, models.PROTECT, null=True, blank=True, related_name="waiting_entry"
    )
    offered_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    mail_owed = models.CharField(max_length=8, choices=WaitingMail, blank=True)
    mailings = models.PositiveSmallIntegerField(default=0, help_text=_("Number of emails to be sent."))
    mailed_at = models.DateTimeField(null=True, blank=True)
    mail_refusal = models.CharField(
        max_length=500, blank=True, help_text=_("The mail server's answer to the last rejected email.")
    )

    objects = WaitingEntryQuerySet.as_manager()

    class Meta:
        ordering = ["waiting_since", "pk"]
        verbose_name_plural = _("waiting list")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=WaitingStatus.values), name="waiting_entry_status_known"
            ),
            models.CheckConstraint(
                condition=Q(quantity__range=(1, MOST_WANTED)), name="waiting_entry_wants_some"
            ),
            models.CheckConstraint(
                condition=Q(status__in=WITH_PLACES, booking__isnull=False, offered_until__isnull=False)
                | ~Q(status__in=WITH_PLACES),
                name="waiting_entry_offer_has_places",
            ),
            models.CheckConstraint(
                condition=~Q(status=WaitingStatus.WAITING) | Q(booking=None, waiting_since__isnull=False),
                name="waiting_entry_waits_since",
            ),
            models.UniqueConstraint(
                F("event"),
                Lower("email"),
                condition=Q(status__in=OPEN),
                name="waiting_entry_once_an_address",
            ),
        ]
        indexes = [
            # Each purchase asks whether somebody waits.
            models.Index(
                fields=["event", "waiting_since"], condition=Q(status="waiting"), name="waiting_entry_in_line"
            ),
            models.Index(fields=["status"], condition=Q(status__in=OPEN), name="waiting_entry_open"),
            models.Index(Lower("email"), name="waiting_entry_address"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.quantity}"

    def get_absolute_url(self) -> str:
        return reverse("bookings:waiting", args=[self.reference])

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def has_offer(self, at: datetime) -> bool:
        """Return whether its places can be bought ``at`` that time."""
        return bool(self.status == WaitingStatus.OFFERED and self.offered_until and at < self.offered_until)
