"""The page on which a customer answers what an event asks; a booking's secret address is the key."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.models import Booking, QuestionKind, Ticket, TicketNames
from bookings.questions.answering import TooLate, answer
from bookings.questions.asking import Asked, Asking, asking, is_over
from bookings.tickets.renaming import NotRenamable
from bookings.validators import clean_name, is_readable

LONGEST = 500  # characters of an answer
TICKED = "yes"


class LineField(forms.CharField):
    """A line of text that staff can read."""

    def clean(self, value: Any) -> str:
        text = " ".join(str(super().clean(value)).split())
        if not all(map(is_readable, text)):
            raise forms.ValidationError(_("There are characters in it that can’t be read."))
        return text


class NameField(forms.CharField):
    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return clean_name(text) if text else ""


class QuestionsForm(forms.Form):
    """The names of tickets and the questions, as ``asked``."""

    def __init__(self, *args: Any, asked: Asking, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        has_names = asked.names != TicketNames.OFF
        for ticket in asked.tickets if has_names else ():
            self.fields[f"name-{ticket.seat_id}"] = NameField(
                label=_("Name on the ticket"),
                max_length=200,
                required=asked.names == TicketNames.REQUIRED,
                initial=ticket.name,
            )
        for one in asked.questions:
            self.fields[one.field] = _field(one)

    @property
    def of_booking(self) -> list[Any]:
        """The fields that are asked once."""
        return [self[one.field] for one in self.asked.questions if one.seat is None]

    @property
    def of_tickets(self) -> list[tuple[str, list[Any]]]:
        """The fields for each ticket, after the label of its seat."""
        found = [(ticket.seat.label, self._of(ticket)) for ticket in self.asked.tickets]
        return [(label, fields) for label, fields in found if fields]

    def _of(self, ticket: Ticket) -> list[Any]:
        asked = [one.field for one in self.asked.questions if one.seat == ticket.seat]
        return [self[name] for name in (f"name-{ticket.seat_id}", *asked) if name in self.fields]

    @property
    def has_named(self) -> bool:
        """Whether a ticket has a name that can be changed here."""
        return any(ticket.name and f"name-{ticket.seat_id}" in self.fields for ticket in self.asked.tickets)

    @property
    def names(self) -> dict[int, str]:
        """The names by the ids of seats."""
        return {
            ticket.seat_id: self.cleaned_data.get(f"name-{ticket.seat_id}", "")
            for ticket in self.asked.tickets
        }

    @property
    def answers(self) -> dict[str, str]:
        """The answers by the names of their fields."""
        given = {one.field: self.cleaned_data[one.field] for one in self.asked.questions}
        return {field: TICKED if value is True else value or "" for field, value in given.items()}


def _field(one: Asked) -> forms.Field:
    question = one.question
    shared: dict[str, Any] = {
        "label": question.text,
        "help_text": question.help,
        "required": question.required,
    }
    match question.kind:
        case QuestionKind.CHECKBOX:
            return forms.BooleanField(**shared, initial=one.answer == TICKED)
        case QuestionKind.CHOICE:
            choices = [(choice, choice) for choice in ("", *question.choices)]
            return forms.ChoiceField(**shared, choices=choices, initial=one.answer)
        case _:
            return LineField(**shared, max_length=LONGEST, initial=one.answer)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def questions(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what is asked with what was answered, and keep the answers until the event begins."""
    booking = get_object_or_404(Booking.objects.select_related("event"), reference=reference)
    asked = asking(booking)
    if not asked.is_anything:
        return redirect(booking)
    form = QuestionsForm(request.POST if request.method == "POST" else None, asked=asked)
    if not form.is_valid():
        return _render(request, booking, form, status=400 if form.is_bound else 200)
    try:
        answer(booking, names=form.names, answers=form.answers)
    except (TooLate, NotRenamable) as refusal:
        form.add_error(None, str(refusal) or _("The event has begun, so nothing can be changed any more."))
        return _render(request, booking, form, status=409)
    return redirect(booking)


def _render(request: HttpRequest, booking: Booking, form: QuestionsForm, *, status: int) -> HttpResponse:
    context = {"booking": booking, "form": form, "is_over": is_over(booking)}
    return render(request, "bookings/questions.html", context, status=status)
