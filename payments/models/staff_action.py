from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.fields import EvidenceField

from .payment import Payment
from .stripe_event import StripeEvent
from .subscription import Subscription


class Action(models.TextChoices):
    """What staff can do to a payment or a membership. Nobody can edit one."""

    ASK = "ask", _("Check with Stripe")
    REPLAY = "replay", _("Replay event")
    RELEASE = "release", _("Release seats")
    RESEAT = "reseat", _("Assign seats")
    MOVE = "move", _("Move to other seats")
    REFUND = "refund", _("Refund")
    RETRY_REFUND = "retry_refund", _("Retry refund")
    ASSIGN_REFUND = "assign_refund", _("Match refund to tickets")
    ASSIGN_DISPUTE = "assign_dispute", _("Match dispute to tickets")
    WAIVE_REFUND = "waive_refund", _("Mark refund as settled")
    RESEND = "resend", _("Email tickets again")
    ADDRESS = "address", _("Correct email address")
    NAME = "name", _("Correct name")
    REDRAW = "redraw", _("Redraw QR code")
    NOTE = "note", _("Note")
    LET_GO = "let_go", _("Remove membership")
    END_TEST = "end_test", _("End test purchase")
    ADOPT = "adopt", _("Adopt subscription")


class ActionOutcome(models.TextChoices):
    """What came of an action. One that stays ``begun`` was interrupted: how far it got is not known."""

    BEGUN = "begun", _("Begun")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")


class StaffAction(models.Model):
    """
    What a staff member did, when, why, and what came of it.

    The row is written before anything is done, so that failures are recorded too; ``words`` are what the
    staff member was told in the end. A note is done by being written, and needs no words. A form that is sent
    twice has one ``form_id``, and is done once.
    """

    form_id = models.CharField(max_length=36, unique=True)
    action = models.CharField(max_length=20, choices=Action)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="staff_actions")
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, null=True, blank=True, related_name="staff_actions"
    )
    stripe_event = models.ForeignKey(
        StripeEvent, models.PROTECT, null=True, blank=True, related_name="staff_actions"
    )
    reason = models.TextField()
    outcome = models.CharField(max_length=10, choices=ActionOutcome, default=ActionOutcome.BEGUN)
    words = EvidenceField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(action__in=Action.values), name="staff_action_kind_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="staff_action_says_why"),
            models.CheckConstraint(
                condition=Q(outcome__in=ActionOutcome.values), name="staff_action_outcome_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome=ActionOutcome.BEGUN) | Q(action=Action.NOTE) | ~Q(words=""),
                name="staff_action_finished_has_words",
            ),
            models.CheckConstraint(
                condition=Q(outcome=ActionOutcome.DONE) | ~Q(action=Action.NOTE),
                name="staff_action_note_is_done",
            ),
            models.CheckConstraint(
                condition=Q(payment__isnull=False)
                | Q(subscription__isnull=False)
                | Q(stripe_event__isnull=False),
                name="staff_action_is_about_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} ({self.actor})"
