import logging
import re
from datetime import datetime
from typing import Self

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, Ticket
from bookings.references import REFERENCE
from config.database.compiled import update
from payments import schedule

from .checked_at_stripe import CheckedAtStripe, CheckedAtStripeQuerySet
from .presented import Presented

logger = logging.getLogger(__name__)

SESSION_ID = re.compile(r"cs_[A-Za-z0-9_]{1,250}")


class PaymentStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    PROCESSING = "processing", _("Processing")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
    REFUND_DUE = "refund_due", _("Refund due")
    REFUNDED = "refunded", _("Refunded")
    PARTIALLY_REFUNDED = "partially_refunded", _("Partially refunded")
    DISPUTED = "disputed", _("Disputed")


UNDECIDED = [PaymentStatus.PENDING, PaymentStatus.PROCESSING]
# No money has arrived; it still may.
UNPAID = [*UNDECIDED, PaymentStatus.FAILED, PaymentStatus.EXPIRED]
# These change by themselves: with Stripe's answer, or with the refund.
UNPROCESSED = [*UNDECIDED, PaymentStatus.REFUND_DUE]
# What staff read of Stripe's state: when it was asked, what it said, and which charge has paid.
STATE_FIELDS = (
    "checked_at",
    "question",
    "check_problem",
    "check_error",
    "stripe_state",
    "charge_id",
    "card_last4",
)
# What a change of the status may bring along.
MOVE_FIELDS = (
    *("status", "processed_at", "problem", "error_message", "checks", "next_check_at"),
    *("payment_intent_id", "amount_received", "currency_received"),
    *("amount_discount", "tax_added", "presentment_amount", "presentment_currency"),
    *STATE_FIELDS,
)
# The reconciler asks Stripe about these.
WAITING = [*UNPROCESSED, PaymentStatus.DISPUTED]


class StripeState(models.TextChoices):
    """The state of a session at Stripe, and of the money that it brought."""

    OPEN = "open", _("Open: can be paid")
    PROCESSING = "processing", _("Complete, waiting for the money")
    FAILED = "failed", _("Declined by the bank")
    EXPIRED = "expired", _("Expired")
    PAID = "paid", _("Paid")
    FREE = "free", _("Complete, nothing to pay")
    PARTIALLY_REFUNDED = "partially_refunded", _("Paid, partly refunded")
    REFUNDED = "refunded", _("Refunded")
    DISPUTED = "disputed", _("Disputed")
    MISSING = "missing", _("Not found at Stripe")
    UNREADABLE = "unreadable", _("Unknown state")


# At Stripe, money has come.
ARRIVED = [
    *(StripeState.PAID, StripeState.FREE, StripeState.PARTIALLY_REFUNDED),
    *(StripeState.REFUNDED, StripeState.DISPUTED),
]
# Nobody knows whether such a session leads anywhere; the pages say what is wrong.
DOUBTFUL = [StripeState.MISSING, StripeState.UNREADABLE]


class Problem(models.TextChoices):
    """Why the money of a payment bought nothing, so that it is refunded."""

    AMOUNT_MISMATCH = "amount_mismatch", _("Wrong amount paid")
    CURRENCY_MISMATCH = "currency_mismatch", _("Wrong currency paid")
    REFERENCE_MISMATCH = "reference_mismatch", _("Paid for another booking")
    PAID_AFTER_RELEASE = "paid_after_release", _("Paid after the seats were sold to another buyer")
    PAID_AFTER_CANCELLATION = "paid_after_cancellation", _("Paid after the booking was cancelled")
    EVENT_CALLED_OFF = "event_called_off", _("Paid after the event was cancelled")
    PAID_AFTER_EVENT = "paid_after_event", _("Paid after the event")
    PAID_TWICE = "paid_twice", _("Booking paid twice")


# What was received is another sum than was asked for; ``exclude`` would ask whether it is known, too.
RECEIVED_ANOTHER_SUM = Q(amount_received__lt=F("amount")) | Q(amount_received__gt=F("amount"))
# No money has arrived here, but it has at Stripe. A charge is known from an event of its own, which may come
# though the session's doesn't.
PAID_UNHEARD = Q(status__in=UNPAID) & (Q(charge_id__isnull=False) | Q(stripe_state__in=ARRIVED))


# It bought tickets, and isn't in the receipts' books yet.
BOUGHT_UNRECEIPTED = Q(is_receipted=False, problem="", amount_received__gt=0) & ~Q(status__in=UNPAID)


class Cause(models.TextChoices):
    """What made a payment or a membership change its status."""

    CHECKOUT = "checkout", _("Checkout")
    WEBHOOK = "webhook", _("Stripe's event")
    VERIFICATION = "verification", _("Checked for the customer")
    CANCELLATION = "cancellation", _("Cancelled by the customer")
    SWEEP = "sweep", _("Left by a crashed process")
    RECONCILER = "reconciler", _("Checked by the reconciler")
    REFUND = "refund", _("Refund requested or answered")
    STAFF = "staff", _("Staff")
    FSCK = "fsck", _("Repaired by fsck")


class PaymentQuerySet(CheckedAtStripeQuerySet["Payment"]):
    def with_booking(self) -> Self:
        """Join the booking and its event."""
        return self.select_related("booking__event")

    def of_session(self, session_id: str) -> Self:
        """Return the payment of this session; the id needn't be a valid one."""
        return self.filter(session_id=session_id) if SESSION_ID.fullmatch(session_id) else self.none()

    def of_reference(self, reference: str) -> Self:
        """Return the payment with this reference, which needn't be a valid one."""
        return self.filter(reference=reference) if REFERENCE.fullmatch(reference) else self.none()

    def of_booking(self, booking: Booking) -> "Payment | None":
        """Return the payment that bought ``booking``, else its newest one with a session, else None."""
        known = self.with_booking().filter(booking=booking).exclude(session_id=None)
        return known.paid().filter(problem="").first() or known.order_by("-pk").first()

    def unopened(self, before: datetime) -> Self:
        """Return the pending payments that were created ``before`` then and have no session."""
        return self.filter(status=PaymentStatus.PENDING, session_id=None, created_at__lt=before)

    def idle(self, since: datetime) -> Self:
        """
        Return the pending payments whose customers weren't known to be at it ``since``.

        Those whose session should have ended, or that were cancelled, are being closed anyway. Seats that
        staff hold for an exchange wait for a customer who may not have its address yet.
        """
        waiting = self.of_this_mode().filter(status=PaymentStatus.PENDING, created_at__lt=since)
        unseen = Q(booking__active_at=None) | Q(booking__active_at__lt=since)
        waiting = waiting.filter(exchange_of=None)
        open_ = waiting.filter(expires_at__gt=timezone.now(), booking__cancelled_at=None)
        return open_.filter(unseen).exclude(session_id=None)

    def without_ended_tests(self) -> Self:
        """Leave out what was bought with a test key and was ended: nothing of it is anybody's business."""
        return self.filter(test_ended_at=None)

    def paid_unheard(self) -> Self:
        """Return the payments that are paid at Stripe, as far as is known here, and not paid here."""
        return self.filter(PAID_UNHEARD)

    def undecided(self) -> Self:
        return self.filter(status__in=UNDECIDED)

    def paid(self) -> Self:
        """Return the payments whose money has arrived, refunded or not."""
        return self.exclude(status__in=UNPAID)

    def lock(self) -> "Payment":
        """Lock the one payment, then its booking, and return the payment. Seats are locked after that."""
        return self.locking().get()

    def locking(self) -> Self:
        """
        Return these payments so that they are locked as they are read, each before its booking.

        PostgreSQL locks a row's tables in the order in which they are named. The event comes along unlocked.
        """
        return self.with_booking().select_for_update(no_key=True, of=("self", "booking"))

    def to_check(self) -> Self:
        return self.of_this_mode().filter(next_check_at__isnull=False).exclude(session_id=None)


class Payment(CheckedAtStripe, Presented):
    """
    One attempt to pay for a booking, through one Stripe Checkout Session.

    ``amount`` is an integer in Stripe's minor unit of ``currency``, and so is ``amount_received`` in
    ``currency_received``: what was asked for, less ``amount_discount``, plus ``tax_added``, as Stripe has
    recorded them. The row is committed before the session is opened; its ``reference`` is the
    idempotency key, and the metadata by which Stripe's events are matched. ``stripe_state`` is the last one
    that Stripe reported, in an event or when it was asked at ``checked_at``. ``attempt`` is the customer's
    idempotency key, and ``fingerprint`` a digest of what they wanted with it. ``instructions_url`` is where
    Stripe says how to pay what isn't paid at once, such as a voucher, and ``act_until`` until when. An
    exchange pays for dearer seats instead of ``exchanged_tickets``, which ``exchange_of`` has bought.
    """

    key_prefix = "checkout"

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="payments")
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    amount_received = models.PositiveBigIntegerField(null=True, blank=True)
    currency_received = models.CharField(max_length=3, blank=True, default="", db_default="")
    amount_discount = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text=_("Discount by a Stripe coupon.")
    )
    tax_added = models.PositiveBigIntegerField(default=0, db_default=0, help_text=_("Tax added by Stripe."))
    status = models.CharField(max_length=20, choices=PaymentStatus, default=PaymentStatus.PENDING)
    problem = models.CharField(max_length=30, choices=Problem, blank=True)
    error_message = models.CharField(max_length=300, blank=True, help_text=_("As the customer reads it."))
    attempt = models.CharField(max_length=64, unique=True, null=True, blank=True)
    retry_of = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="retry",
        help_text=_("Earlier failed payment for the same seats."),
    )
    exchange_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("Payment whose tickets are refunded once this one is paid."),
    )
    exchanged_tickets = models.ManyToManyField(Ticket, blank=True, related_name="exchanges")
    fingerprint = models.CharField(max_length=64, blank=True)
    session_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    payment_intent_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    charge_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    card_last4 = models.CharField(_("last four digits"), max_length=4, blank=True, default="", db_default="")
    checkout_url = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(help_text=_("When Stripe closes the session."))
    processed_at = models.DateTimeField(null=True, blank=True)
    stripe_state = models.CharField(max_length=20, choices=StripeState, blank=True, default="", db_default="")
    question = models.BigIntegerField(
        default=0, db_default=0, help_text=_("Number of the request to Stripe that this answers.")
    )
    instructions_url = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text=_("Stripe's payment instructions: a voucher or a transfer."),
    )
    act_until = models.DateTimeField(null=True, blank=True, help_text=_("Deadline of these instructions."))
    test_ended_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When this test purchase was ended.")
    )

    is_receipted = models.BooleanField(default=False, db_default=False, help_text=_("Entered in receipts."))

    objects = PaymentQuerySet.as_manager()

    class Meta(CheckedAtStripe.Meta):
        ordering = ["-created_at"]
        # What the buttons of the admin ask for; migrations give them to the groups of staff.
        permissions = [
            ("ask_stripe", _("Can check payments with Stripe and replay events")),
            ("release_hold", _("Can release seats")),
            ("resend_tickets", _("Can email and redraw tickets")),
            ("reseat", _("Can assign seats to payments without any")),
            ("refund", _("Can refund")),
            ("note", _("Can add notes")),
        ]
        constraints = [
            *CheckedAtStripe.Meta.constraints,
            *Presented.Meta.constraints,
            models.CheckConstraint(condition=Q(status__in=PaymentStatus.values), name="payment_status_known"),
            models.CheckConstraint(
                condition=Q(stripe_state__in=["", *StripeState.values]), name="payment_stripe_state_known"
            ),
            models.CheckConstraint(
                condition=Q(problem__in=["", *Problem.values]), name="payment_problem_known"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_has_an_amount"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[a-z]{3}$"), name="payment_currency_is_three_small_letters"
            ),
            # A paid payment has what proves it.
            models.CheckConstraint(
                condition=Q(status__in=UNPAID)
                | Q(
                    session_id__isnull=False,
                    processed_at__isnull=False,
                    amount_received__isnull=False,
                    currency_received__regex=r"^[a-z]{3}$",
                ),
                name="payment_paid_has_evidence",
            ),
            models.CheckConstraint(
                condition=Q(problem="") | Q(status__in=["refund_due", "refunded", "disputed"]),
                name="payment_with_a_problem_goes_back",
            ),
            models.CheckConstraint(
                condition=~Q(problem="")
                | Q(status__in=UNPAID)
                | Q(
                    amount_received=F("amount") - F("amount_discount") + F("tax_added"),
                    currency_received=F("currency"),
                ),
                name="payment_that_buys_is_the_amount_asked_for",
            ),
            models.CheckConstraint(
                condition=Q(processed_at__isnull=True) | ~Q(status__in=UNDECIDED),
                name="payment_undecided_is_not_processed",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="payment_ends_ahead"),
            # A customer never gets a second session while the first can still be paid.
            models.UniqueConstraint(
                fields=["booking"], condition=Q(status__in=UNDECIDED), name="payment_one_undecided_a_booking"
            ),
            # One payment buys a booking's tickets. Any other has a problem, and is refunded.
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(problem="") & ~Q(status__in=UNPAID),
                name="payment_one_buyer_a_booking",
            ),
        ]
        indexes = [
            *CheckedAtStripe.Meta.indexes,
            models.Index(fields=["created_at"], condition=Q(status__in=UNDECIDED), name="payment_undecided"),
            # Staff's list begins with the newest. What isn't usual is rare, and is filtered for.
            models.Index(fields=["-created_at", "-id"], name="payment_newest"),
            models.Index(
                fields=["status", "-created_at", "-id"],
                condition=~Q(status="succeeded"),
                name="payment_unusual",
            ),
            models.Index(
                fields=["stripe_state", "-created_at", "-id"],
                condition=~Q(stripe_state="paid"),
                name="payment_unusual_at_stripe",
            ),
            models.Index(
                fields=["problem", "-created_at", "-id"],
                condition=~Q(problem=""),
                name="payment_with_problem",
            ),
            # Staff's alerts.
            models.Index(
                fields=["status", "stripe_state"],
                condition=~Q(stripe_state="paid"),
                name="payment_compared",
            ),
            models.Index(fields=["created_at"], condition=PAID_UNHEARD, name="payment_paid_unheard"),
            models.Index(fields=["check_problem"], condition=~Q(check_problem=""), name="payment_unchecked"),
            models.Index(
                fields=["created_at"],
                condition=Q(livemode=False, test_ended_at=None) & ~Q(status__in=["failed", "expired"]),
                name="payment_of_test",
            ),
            models.Index(fields=["created_at"], condition=BOUGHT_UNRECEIPTED, name="payment_unreceipted"),
            # What staff type; the newest come first.
            models.Index(fields=["amount", "-id"], name="payment_asked_for"),
            models.Index(
                fields=["amount_received", "-id"], condition=RECEIVED_ANOTHER_SUM, name="payment_received"
            ),
            models.Index(
                fields=["presentment_amount", "-id"],
                condition=Q(presentment_amount__isnull=False),
                name="payment_presented",
            ),
            models.Index(fields=["card_last4", "-id"], condition=~Q(card_last4=""), name="payment_of_card"),
        ]

    def __str__(self) -> str:
        return self.session_id or self.reference

    @property
    def is_undecided(self) -> bool:
        return self.status in UNDECIDED

    @property
    def is_paid(self) -> bool:
        """Whether its money has arrived, refunded or not."""
        return self.status not in UNPAID

    @property
    def has_bought(self) -> bool:
        """Whether this payment bought the booking's tickets."""
        return self.is_paid and not self.problem

    @property
    def total(self) -> int:
        """What it costs, as far as Stripe has said, in the minor unit of ``currency``."""
        return self.amount - self.amount_discount + self.tax_added

    def next_check(self, *, checks: int) -> datetime:
        now = timezone.now()
        return schedule.next_check(self.status, checks=checks, ends_at=self.expires_at, now=now)

    def move(self, to: PaymentStatus, *, cause: Cause) -> None:
        """
        Change the status of this payment, which the caller has locked, and notify the pages that wait for it.

        What was received, Stripe's state, the problem and the error message are saved with it. The ledger
        decides on a move, and ``checkout.start`` on that of a payment without a session.
        """
        step = Transition(payment=self, from_status=self.status, to_status=to, cause=cause)
        self.status = to
        self.processed_at = None if to in UNDECIDED else timezone.now()
        self.next_check_at = None
        if to in WAITING:
            self.plan_check(checks=0)
        update(self, MOVE_FIELDS, also=step)
        self.booking.publish()
        about = {"payment": self.reference}
        transaction.on_commit(lambda: logger.info("%s, by %s", step, cause, extra=about), robust=True)


class Transition(models.Model):
    """A change of a payment's status, for its timeline."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="transitions")
    from_status = models.CharField(max_length=20, choices=PaymentStatus)
    to_status = models.CharField(max_length=20, choices=PaymentStatus)
    cause = models.CharField(max_length=20, choices=Cause)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(cause__in=Cause.values), name="transition_cause_known"),
            models.CheckConstraint(
                condition=~Q(from_status=F("to_status")), name="transition_changes_status"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"
