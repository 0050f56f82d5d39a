"""Staff's pages of questions and answers."""

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from bookings.event_filter import NearEventFilter
from bookings.models import Answer, Event, Question
from bookings.read_only_admin import ReadOnlyAdmin, ReadOnlyInline
from bookings.search import find_bookings
from bookings.staff.access import within_scope
from bookings.staff.scoped_admin import ScopedAdmin


@admin.register(Question)
class QuestionAdmin(ScopedAdmin):
    """The questions of events. What was answered once keeps its question."""

    event_path = "event"
    list_display = ["text", "event", "kind", "per", "required", "position"]
    list_filter = [("event", NearEventFilter)]
    list_select_related = ["event"]

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "event":
            kwargs["queryset"] = within_scope(Event.objects.order_by("-starts_at"), request.user, "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Question | None = None) -> list[str]:
        return ["event", "kind", "per"] if obj and obj.answers.exists() else []


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    """What was answered: by event and question, with who it is from."""

    event_path = "question__event"
    list_display = ["value", "question", "seat", "booking", "customer", "answered_at"]
    list_filter = [
        ("question__event", NearEventFilter),
        ("question", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["question", "seat", "booking"]
    search_fields = ["value"]
    search_help_text = gettext_lazy("Words of the answer, or anything that finds the booking.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Answer]:
        return super().get_queryset(request).exclude(value="")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Answer], search_term: str
    ) -> tuple[QuerySet[Answer], bool]:
        if not search_term:
            return queryset, False
        found = queryset.filter(value__icontains=search_term)
        return found | queryset.filter(booking__in=find_bookings(search_term)), False

    @admin.display(description=gettext_lazy("Customer"))
    def customer(self, answer: Answer) -> str:
        return answer.booking.name


class AnswerInline(ReadOnlyInline):
    model = Answer
    fields = ["question", "seat", "value", "answered_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Answer]:
        return super().get_queryset(request).exclude(value="").select_related("question", "seat")
