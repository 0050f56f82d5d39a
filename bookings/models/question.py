from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .booking import Booking
from .event import Event
from .seat import Seat


class QuestionKind(models.TextChoices):
    TEXT = "text", _("Text")
    CHOICE = "choice", _("Single choice")
    CHECKBOX = "checkbox", _("Checkbox")


class QuestionScope(models.TextChoices):
    """Whether a question is asked once, or for each ticket."""

    BOOKING = "booking", _("Once per booking")
    TICKET = "ticket", _("For each ticket")


class Question(models.Model):
    """
    What an event asks those who have booked, after they have paid.

    A required one is asked with a notice until it is answered; tickets admit without that.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="questions")
    text = models.CharField(max_length=200, help_text=_("Shown to customers as written."))
    help = models.CharField(max_length=200, blank=True, help_text=_("Help text, such as an example."))
    kind = models.CharField(max_length=10, choices=QuestionKind, default=QuestionKind.TEXT)
    options = models.TextField(blank=True, help_text=_("One choice per line."))
    per = models.CharField(max_length=10, choices=QuestionScope, default=QuestionScope.BOOKING)
    required = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "text"], name="question_text_unique"),
            models.CheckConstraint(condition=Q(kind__in=QuestionKind.values), name="question_kind_known"),
            models.CheckConstraint(condition=Q(per__in=QuestionScope.values), name="question_scope_known"),
        ]

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        self.options = "\n".join(dict.fromkeys(self.choices))
        if self.kind == QuestionKind.CHOICE and len(self.choices) < 2:
            raise ValidationError({"options": _("Enter at least two choices, one per line.")})
        if self.kind != QuestionKind.CHOICE and self.options:
            raise ValidationError({"options": _("Only single-choice questions have choices.")})

    @property
    def choices(self) -> list[str]:
        """What can be chosen, in the order in which staff wrote it."""
        return [" ".join(line.split()) for line in self.options.splitlines() if line.strip()]

    @property
    def is_per_ticket(self) -> bool:
        return self.per == QuestionScope.TICKET


class AnswerQuerySet(models.QuerySet["Answer"]):
    def follow(self, booking: Booking, *, old: Seat, new: Seat) -> None:
        """Let what was answered for the ``old`` seat of ``booking`` be about the ``new`` one."""
        self.filter(booking=booking, seat=old).update(seat=new)

    def given(self) -> Self:
        return self.exclude(value="")


class Answer(models.Model):
    """
    What a customer has answered for their booking, or for the ``seat`` of one ticket.

    ``value`` is text, one of the choices, or ``yes``. An empty one was taken back.
    """

    question = models.ForeignKey(Question, models.PROTECT, related_name="answers")
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="answers")
    seat = models.ForeignKey(Seat, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    value = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField()

    objects = AnswerQuerySet.as_manager()

    class Meta:
        ordering = ["question__position", "question_id", "seat_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "question", "seat"], nulls_distinct=False, name="answer_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.value}"
