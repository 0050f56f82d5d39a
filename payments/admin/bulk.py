"""One action for many rows: chosen in a list, explained, and then watched while the worker does it."""

from collections.abc import Callable
from typing import Any, ClassVar, cast
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.read_only_admin import ReadOnlyAdmin, ReadOnlyPageAdmin
from bookings.staff.access import is_limited
from payments.models import Action, BulkRun, ItemOutcome
from payments.reconciliation.run import CALLS_PER_SECOND
from payments.staff import bulk
from payments.staff.actions import PERMISSIONS
from payments.templatetags.staff import ago

ChangelistAction = tuple[Callable[..., Any], str, str]

LABELS = {
    Action.ASK: gettext_lazy("Check selected with Stripe"),
    Action.RELEASE: gettext_lazy("Release seats of selected"),
    Action.RESEND: gettext_lazy("Email tickets of selected again"),
    Action.REPLAY: gettext_lazy("Replay selected"),
    Action.END_TEST: gettext_lazy("End selected test purchases"),
}


class BulkForm(forms.Form):
    """Asks why. ``form_id`` makes the form one run, however often it is sent."""

    form_id = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=500,
        help_text=gettext_lazy("Saved with your name."),
    )


class BulkMixin(ReadOnlyAdmin):
    """A list whose rows can be selected for ``bulk_actions``, by staff who may do them to a single row."""

    bulk_actions: ClassVar[list[Action]] = []

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        may = [action for action in self.bulk_actions if request.user.has_perm(PERMISSIONS[action])]
        return {action.value: _changelist_action(action) for action in may}


def _changelist_action(action: Action) -> ChangelistAction:
    def begin(page: ReadOnlyAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
        return _begin(page, request, rows, action)

    return begin, action.value, str(LABELS[action])


def _begin(page: ReadOnlyAdmin, request: HttpRequest, rows: QuerySet[Any], action: Action) -> HttpResponse:
    """Explain ``action`` and ask why; start the run when the form comes back."""
    answered = "reason" in request.POST
    form = BulkForm(request.POST if answered else None, initial={"form_id": uuid4()})
    if answered and form.is_valid():
        cleaned = form.cleaned_data
        run = bulk.start(
            rows,
            action=action,
            actor=cast(User, request.user),
            reason=cleaned["reason"],
            form_id=str(cleaned["form_id"]),
        )
        return redirect("admin:payments_bulkrun_change", run.pk)
    count = rows.count()
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": action.label,
        "form": form,
        "action": action,
        "count": count,
        "seconds": count // CALLS_PER_SECOND + 1,
        "selected": request.POST.getlist("_selected_action"),
        "across": request.POST.get("select_across", "0"),
    }
    return TemplateResponse(request, "admin/payments/bulk/confirm.html", context)


@admin.register(BulkRun)
class BulkRunAdmin(ReadOnlyPageAdmin):
    """The list of runs, and the page of each with its progress."""

    list_display = ["action", "actor", "reason", "when", "finished_at", "cancelled_at"]
    list_filter = ["action"]
    list_select_related = ["actor"]
    list_per_page = 50
    change_form_template = "admin/payments/bulk/progress.html"

    @admin.display(description=gettext_lazy("When"), ordering="created_at")
    def when(self, run: BulkRun) -> str:
        return ago(run.created_at)

    def is_closed(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkRun]:
        """Whoever is limited to chosen events sees only the runs that they began themselves."""
        runs = super().get_queryset(request)
        return runs.filter(actor=request.user.pk) if is_limited(request.user) else runs

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return any(request.user.has_perm(PERMISSIONS[action]) for action in LABELS)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        cancel = self.admin_site.admin_view(self.cancel)
        return [path("<int:run_id>/cancel/", cancel, name="payments_bulkrun_cancel"), *super().get_urls()]

    def describe(self, request: HttpRequest, row: BulkRun) -> dict[str, Any]:
        return describe(row)

    def cancel(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Cancel what is still waiting."""
        run = get_object_or_404(self.get_queryset(request), pk=run_id)
        if not request.user.has_perm(PERMISSIONS[Action(run.action)]):
            raise PermissionDenied
        if request.method == "POST":
            bulk.cancel(run)
            messages.success(request, _("Cancelled. Items still waiting are unchanged."))
        return redirect("admin:payments_bulkrun_change", run.pk)


def describe(run: BulkRun) -> dict[str, Any]:
    """Return what the page of ``run`` shows."""
    counts = bulk.progress(run)
    total = sum(counts.values())
    failed = run.items.filter(outcome=ItemOutcome.FAILED).select_related("payment__booking", "stripe_event")
    return {
        "run": run,
        "total": total,
        "done": total - counts[ItemOutcome.WAITING],
        "outcomes": [(outcome.label, counts[outcome]) for outcome in ItemOutcome if counts[outcome]],
        "failed": failed[:200],
        "is_running": run.finished_at is None,
    }
