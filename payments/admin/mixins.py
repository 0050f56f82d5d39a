"""Admin pages of rows that staff can do something about."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from bookings.read_only_admin import ReadOnlyPageAdmin
from bookings.staff.access import within_scope
from payments.admin.actions import ActionPage, explain
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.models import Action, StripeEvent
from payments.staff.actions import PERMISSIONS, TABLES, is_possible, possible
from payments.staff.comparison import compare
from payments.staff.comparison.lines import Comparison, NothingToCompare
from payments.staff.timeline.entries import Entry


class ActionMixin(ReadOnlyPageAdmin):
    """
    Rows with actions, each with a page that explains it, asks why, and then does it.

    ``no_sense`` is the message for an action that isn't possible for a row as it is now.
    """

    action_templates: ClassVar[str]
    no_sense: ClassVar[str | Promise] = ""
    no_sense_level: ClassVar[int] = messages.ERROR

    def explain_action(self, row: Any, action: Action) -> dict[str, Any]:
        """Return what the page of ``action`` shows besides its form; nothing is changed."""
        raise NotImplementedError

    def act(self, request: HttpRequest, row: Any, action: Action) -> HttpResponse:
        """Answer with the page of ``action``, or do it if its form has come back."""
        page = ActionPage(request, action, row)
        if page.is_answered:
            page.execute()
        elif not is_possible(row, action):
            messages.add_message(request, self.no_sense_level, str(self.no_sense))
        else:
            context = {
                **self.admin_site.each_context(request),
                "title": action.label,
                "action": action,
                "form": page.form,
                **page.about,
                **self.explain_action(row, action),
            }
            return TemplateResponse(request, f"{self.action_templates}/{action.value}.html", context)
        return self.after_action(request, row)

    def after_action(self, request: HttpRequest, row: Any) -> HttpResponse:
        """Lead to the page that shows what came of an action."""
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", row.pk)

    def get_row(self, request: HttpRequest, pk: int) -> Any:
        """Return the row that a page is about; raise ``PermissionDenied`` or ``Http404``."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = within_scope(self.model._default_manager.all(), request.user, self.event_path or "pk")
        return get_object_or_404(rows.select_related(*self.page_select_related), pk=pk)


class ComparisonMixin(ActionMixin):
    """Rows with actions that can be compared with Stripe: payments and memberships."""

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("<int:pk>/compare/", view(self.compare), name=f"{name}_compare"),
            path("<int:pk>/<slug:action>/do/", view(self.do), name=f"{name}_do"),
            *super().get_urls(),
        ]

    def do(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """Explain ``action``, and ask why; do it when the form comes back."""
        row = self.get_row(request, pk)
        if action not in TABLES[self.model].specs:
            raise Http404
        return self.act(request, row, Action(action))

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a row's page with what Stripe says now beside what is known here."""
        row = self.get_row(request, pk)
        if not request.user.has_perm(PERMISSIONS[Action.ASK]):
            raise PermissionDenied
        return self.change_view(request, str(pk), "", {"comparison": _compare(row)})


def _compare(row: Any) -> Comparison | dict[str, str]:
    try:
        return compare(row)
    except NothingToCompare:
        return {"failure": _("No payment page was opened at Stripe, so there’s nothing to compare.")}
    except (StripeUnavailable, StripeRefused) as error:
        return {"failure": explain(error)}


def buttons(row: Any, user: User, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return what the buttons on a row's page need; ``entries`` are those of its timeline."""
    events = [entry.subject for entry in entries if isinstance(entry.subject, StripeEvent)]
    return {
        "actions": [action for action in possible(row) if user.has_perm(PERMISSIONS[action])],
        "may_ask": user.has_perm(PERMISSIONS[Action.ASK]),
        "unapplied": [event for event in events if not event.is_decided],
    }
