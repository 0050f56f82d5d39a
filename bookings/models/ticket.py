from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Func, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.fields import EvidenceField
from bookings.references import new_reference

from .booking import Booking
from .event import Event
from .seat import BookedSeat, Seat
from .words import have_words, words_of

WORDS = words_of("name")
# ``digest`` of a code, which a door device gets in its place; as ``bookings.tickets.tokens`` computes it.
DIGEST = Func(
    "code",
    template="encode(substring(sha256(%(expressions)s::bytea) for 12), 'hex')",
    output_field=TextField(),
)


class TicketStatus(models.TextChoices):
    VALID = "valid", _("Valid")
    SUSPENDED = "suspended", _("On hold")
    VOID = "void", _("Not valid")


class StopReason(models.TextChoices):
    """Why a ticket isn't valid."""

    REFUND_ASKED = "refund_asked", _("Refund requested")
    DISPUTED = "disputed", _("Payment disputed")
    REFUNDED = "refunded", _("Refunded")
    CHARGED_BACK = "charged_back", _("Charged back by the bank")
    RENAMED = "renamed", _("Replaced: name changed")
    MOVED = "moved", _("Replaced: seat changed")
    TEST_ENDED = "test_ended", _("Bought in test mode")


# While the refund or the dispute is undecided. All other reasons void a ticket for good.
SUSPENDING_REASONS = (StopReason.REFUND_ASKED, StopReason.DISPUTED)
# Another ticket of the same booking admits instead.
REPLACING_REASONS = (StopReason.RENAMED, StopReason.MOVED)


class TicketQuerySet(models.QuerySet["Ticket"]):
    def unreplaced(self) -> Self:
        """Return the tickets without those that another replaced: one for each seat that was bought."""
        return self.exclude(stopped_for__in=REPLACING_REASONS)

    def with_kinds(self) -> Self:
        """Annotate ``kind_name`` and ``kind_proof``, of what each was sold as: None at full price."""
        sold = BookedSeat.objects.filter(booking=OuterRef("booking"), seat=OuterRef("seat")).order_by("-pk")
        return self.annotate(
            kind_name=Subquery(sold.values("type__name")[:1]),
            kind_proof=Subquery(sold.values("type__proof")[:1]),
        )

    def undrawn(self) -> Self:
        """Return the tickets that need a drawing and have none."""
        return self.exclude(drawing_error="").exclude(status=TicketStatus.VOID)

    def named(self, typed: str) -> Self:
        """Return the tickets with a name of their own with words that begin like each in ``typed``."""
        return self.exclude(name="").filter(have_words(WORDS, typed))

    def current(self) -> Self:
        """Return the newest ticket for each seat of each booking, valid or not."""
        same = Ticket.objects.filter(booking=OuterRef("booking"), seat=OuterRef("seat"))
        return self.filter(pk=Subquery(same.order_by("-pk").values("pk")[:1]))


class Ticket(models.Model):
    """
    Admission to one seat at one event, shown at the door as a QR code.

    ``stopped_for`` says why a ticket isn't valid. A void ticket never becomes valid again, because its seat
    may be sold. ``moved_from`` is the one for another seat that staff replaced by it. ``qr_png`` is the QR
    code, drawn when the ticket is issued; if that failed, ``drawing_error`` says why.
    """

    code = models.CharField(max_length=26, unique=True, default=new_reference, editable=False)
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="tickets")
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="tickets")
    name = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("Ticket holder, if it isn't the customer."),
    )
    moved_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="+", db_index=False
    )
    status = models.CharField(max_length=10, choices=TicketStatus, default=TicketStatus.VALID)
    stopped_for = models.CharField(max_length=15, choices=StopReason, blank=True, default="", db_default="")
    stopped_at = models.DateTimeField(null=True, blank=True)
    issued_at = models.DateTimeField(auto_now_add=True)
    qr_png = models.BinaryField(null=True, editable=False)
    drawing_error = EvidenceField(blank=True)
    # Set by the database with each change, whatever changes it.
    changed_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    objects = TicketQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        permissions = [("scan_ticket", _("Can scan tickets at the door"))]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=TicketStatus.values), name="ticket_status_known"),
            models.CheckConstraint(
                condition=Q(status="valid", stopped_for="")
                | Q(status="suspended", stopped_for__in=["refund_asked", "disputed"])
                | Q(
                    status="void",
                    stopped_for__in=["refunded", "charged_back", "renamed", "moved", "test_ended"],
                ),
                name="ticket_stopped_says_why",
            ),
            models.UniqueConstraint(
                fields=["seat"],
                condition=~Q(status=TicketStatus.VOID),
                name="ticket_one_live_a_seat",
            ),
            models.CheckConstraint(
                condition=Q(qr_png__isnull=False, drawing_error="")
                | Q(qr_png__isnull=True) & ~Q(drawing_error=""),
                name="ticket_drawn_or_says_why_not",
            ),
        ]
        indexes = [
            models.Index(
                fields=["booking"],
                condition=~Q(drawing_error="") & ~Q(status="void"),
                name="ticket_undrawn",
            ),
            # What isn't valid is rare, and is what staff look for.
            models.Index(fields=["status", "id"], condition=~Q(status="valid"), name="ticket_stopped"),
            models.Index(DIGEST, name="ticket_digest"),
            models.Index(fields=["changed_at"], name="ticket_changed"),
            # What staff type. Few tickets have a name of their own.
            GinIndex(WORDS, fastupdate=False, condition=~Q(name=""), name="ticket_names"),
        ]

    def __str__(self) -> str:
        return f"{self.seat} ({self.code[:6]}…)"

    def get_absolute_url(self) -> str:
        return reverse("bookings:ticket", args=[self.code])

    @property
    def holder(self) -> str:
        """The name on the ticket: its own, else that of the booking's customer."""
        return self.name or self.booking.name

    @property
    def is_drawn(self) -> bool:
        return not self.drawing_error

    @property
    def is_valid(self) -> bool:
        return self.status == TicketStatus.VALID

    @property
    def event(self) -> Event:
        return self.seat.event
