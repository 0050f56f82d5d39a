from typing import Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from bookings.models import Ticket, TicketStatus

from .payment import Payment


class DisputeStatus(models.TextChoices):
    """
    The status of a dispute, in Stripe's terms, and one of our own for what Stripe says that isn't known here.

    https://docs.stripe.com/api/disputes/object#dispute_object-status
    """

    WARNING_NEEDS_RESPONSE = "warning_needs_response", _("Inquiry, needs an answer")
    WARNING_UNDER_REVIEW = "warning_under_review", _("Inquiry, under review")
    WARNING_CLOSED = "warning_closed", _("Inquiry, closed")
    NEEDS_RESPONSE = "needs_response", _("Needs an answer")
    UNDER_REVIEW = "under_review", _("Under review")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response", _("Appeal, needs an answer")
    APPEAL_UNDER_REVIEW = "appeal_under_review", _("Appeal, under review")
    PREVENTED = "prevented", _("Prevented")
    UNKNOWN = "unknown", _("Unknown status")


STRIPES_DISPUTE_STATUSES = [status for status in DisputeStatus if status != DisputeStatus.UNKNOWN]
# The bank has taken the money back for now.
OPEN = [
    DisputeStatus.NEEDS_RESPONSE,
    DisputeStatus.UNDER_REVIEW,
    DisputeStatus.APPEAL_NEEDS_RESPONSE,
    DisputeStatus.APPEAL_UNDER_REVIEW,
]
# The money is here, unless it was taken all the same: then it is away until Stripe returns it.
OPEN_WHILE_WITHDRAWN = [
    DisputeStatus.WON,
    DisputeStatus.WARNING_NEEDS_RESPONSE,
    DisputeStatus.WARNING_UNDER_REVIEW,
    DisputeStatus.UNKNOWN,
]
# The same, but nothing more will happen: what was taken is gone.
LOST_IF_WITHDRAWN = [DisputeStatus.PREVENTED, DisputeStatus.WARNING_CLOSED]
# Nothing more will happen by itself.
CLOSED = [
    DisputeStatus.WARNING_CLOSED,
    DisputeStatus.WON,
    DisputeStatus.LOST,
    DisputeStatus.PREVENTED,
]


def is_only_exchange(rest: int, whole: int) -> bool:
    """Whether ``rest`` of ``whole`` may come from banks' exchange rates, which move between two days."""
    return rest * 10 < whole


class DisputeEffect(models.TextChoices):
    """What a dispute means for the money that it is about; by its status, and by what Stripe has booked."""

    NONE = "", _("None")
    OPEN = "open", _("Withheld")
    LOST = "lost", _("Gone")


# Where Stripe has booked something, that is the truth, and the status only says whether it may still change.
EFFECT = Case(
    When(status__in=OPEN, then=Value(DisputeEffect.OPEN)),
    When(status__in=OPEN_WHILE_WITHDRAWN, withdrawn__gt=0, then=Value(DisputeEffect.OPEN)),
    When(status__in=LOST_IF_WITHDRAWN, withdrawn__gt=0, then=Value(DisputeEffect.LOST)),
    When(status=DisputeStatus.LOST, withdrawn=None, then=Value(DisputeEffect.LOST)),
    When(status=DisputeStatus.LOST, withdrawn__gt=0, then=Value(DisputeEffect.LOST)),
    default=Value(DisputeEffect.NONE),
)


# ``Dispute.part`` in a query, but for its limit.
PART = Case(
    When(share__isnull=False, then="share"),
    When(currency=F("payment__currency_received"), then="amount"),
    default="payment__amount_received",
)


# What the receipts' books don't have yet: money that is gone, and some that isn't after all.
LOST_UNENTERED = Q(effect="lost", is_entered=False) | (Q(is_entered=True) & ~Q(effect="lost"))


def effect_of(status: str, withdrawn: int | None) -> DisputeEffect:
    """Return the ``effect`` of a dispute that isn't a row, as the database computes it for one that is."""
    has_taken = bool(withdrawn and withdrawn > 0)
    if status in OPEN or (status in OPEN_WHILE_WITHDRAWN and has_taken):
        return DisputeEffect.OPEN
    if status == DisputeStatus.LOST and (has_taken or withdrawn is None):
        return DisputeEffect.LOST
    return DisputeEffect.LOST if status in LOST_IF_WITHDRAWN and has_taken else DisputeEffect.NONE


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def taking(self) -> Self:
        """Return the disputes whose money isn't here, for now or for good."""
        return self.exclude(effect=DisputeEffect.NONE)

    def waiting(self) -> Self:
        """Return the disputes that aren't over, and those whose money hasn't come back though they are."""
        return self.filter(~Q(status__in=CLOSED) | Q(effect=DisputeEffect.OPEN))

    def unassigned(self) -> Self:
        """Return the disputes of a part whose tickets staff haven't named yet, as long as that matters."""
        own = Ticket.objects.filter(booking=OuterRef("payment__booking"))
        is_unmeasured = Q(share=None) & ~Q(currency=F("payment__currency_received"))
        stands_open = Exists(own.filter(status=TicketStatus.VALID)) | (
            is_unmeasured & Exists(own.exclude(status=TicketStatus.VOID))
        )
        return self.taking().filter(stands_open, assigned_at=None, payment__problem="")

    def assignable(self) -> Self:
        """Return those whose tickets staff can name: the unassigned ones, and open ones to correct it."""
        live = Ticket.objects.filter(booking=OuterRef("payment__booking")).exclude(status=TicketStatus.VOID)
        correctable = self.filter(Exists(live), effect=DisputeEffect.OPEN, assigned_at__isnull=False)
        return self.filter(Q(pk__in=self.unassigned().values("pk")) | Q(pk__in=correctable.values("pk")))


class Dispute(models.Model):
    """
    A customer's dispute with their bank, as Stripe last reported it. A payment may have several.

    ``amount`` is in the minor unit of ``currency``, and may be a part of the payment. ``share`` is how much
    of what was received it concerns, in that currency; None if nothing says it. ``withdrawn`` is what Stripe
    has booked out for it and not back in, in the account's currency; None if that isn't known. ``effect``
    follows from it and the status. ``tickets`` are those that staff say a part is about. ``stripe_status`` is
    what Stripe called the status, if that isn't known here: then ``status`` stays as it was.
    """

    dispute_id = models.CharField(max_length=255, unique=True)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    share = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("Disputed part of the payment.")
    )
    withdrawn = models.BigIntegerField(
        null=True, blank=True, help_text=_("Amount withdrawn by Stripe and not returned.")
    )
    status = models.CharField(max_length=30, choices=DisputeStatus)
    stripe_status = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text=_("Stripe's own status, if it's unknown here."),
    )
    effect = models.GeneratedField(
        expression=EFFECT,
        output_field=models.CharField(max_length=10, choices=DisputeEffect),
        db_persist=True,
        null=True,  # It never is, but so an older process may leave it out.
    )
    reason = models.CharField(max_length=100)
    tickets = models.ManyToManyField(Ticket, blank=True, related_name="+")
    assigned_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When staff matched it to tickets.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(help_text=_("When Stripe was asked for this."))
    question = models.BigIntegerField(
        default=0, db_default=0, help_text=_("Number of the request to Stripe that this answers.")
    )

    is_entered = models.BooleanField(
        default=False, db_default=False, help_text=_("Entered as lost in receipts.")
    )

    objects = DisputeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=DisputeStatus.values), name="dispute_status_known"),
        ]
        # Staff's alerts: most disputes are over.
        indexes = [
            models.Index(
                fields=["payment"],
                condition=~Q(status__in=CLOSED) | Q(effect=DisputeEffect.OPEN.value),
                name="dispute_waiting",
            ),
            models.Index(
                fields=["created_at"],
                condition=~Q(effect="") & Q(assigned_at=None),
                name="dispute_unassigned",
            ),
            models.Index(fields=["payment"], condition=~Q(stripe_status=""), name="dispute_unreadable"),
            models.Index(fields=["id"], condition=LOST_UNENTERED, name="dispute_unentered"),
        ]

    def __str__(self) -> str:
        return self.dispute_id

    @property
    def is_open(self) -> bool:
        """Whether its money is away for now."""
        return bool(self.effect == DisputeEffect.OPEN)

    @property
    def is_lost(self) -> bool:
        """Whether its money is gone."""
        return bool(self.effect == DisputeEffect.LOST)

    @property
    def is_closed(self) -> bool:
        return self.status in CLOSED

    @property
    def is_measured(self) -> bool:
        """Whether it is known how much of the payment it concerns."""
        return self.share is not None or self.currency == self.payment.currency_received

    @property
    def part(self) -> int:
        """How much of what was received it concerns, in that currency: all of it, if nobody can say."""
        received = self.payment.amount_received or 0
        stated = self.amount if self.share is None else self.share
        return min(stated, received) if self.is_measured else received


class FraudWarning(models.Model):
    """A card network's early warning that a payment may be fraudulent: a flag for staff, nothing more."""

    warning_id = models.CharField(max_length=255, unique=True)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="fraud_warnings")
    fraud_type = models.CharField(max_length=100)
    is_actionable = models.BooleanField(help_text=_("Not refunded or disputed yet."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["payment"], condition=Q(is_actionable=True), name="fraud_warning_actionable"
            ),
        ]

    def __str__(self) -> str:
        return self.warning_id
