"""The page that comes between a button and its action: it explains, asks why, and only then acts."""

from typing import Any, cast
from uuid import uuid4

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from payments.admin.forms import ActionForm, AddressForm
from payments.admin.refund_forms import AssignRefundForm, RefundForm, RetryRefundForm
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.ledger import verification
from payments.models import Action, ActionOutcome, Payment, StaffAction, StripeEvent, Subscription
from payments.staff.actions import memberships
from payments.staff.actions.payments import PERMISSIONS, REFUSALS, execute, possible
from payments.staff.commands import StaffCommand, Stale

FORMS: dict[Action, type[ActionForm]] = {
    Action.REFUND: RefundForm,
    Action.RETRY_REFUND: RetryRefundForm,
    Action.ASSIGN_REFUND: AssignRefundForm,
    Action.WAIVE_REFUND: RetryRefundForm,
    Action.ADDRESS: AddressForm,
}


def explain(error: Exception) -> str:
    """Say why something wasn't done, or couldn't be found out."""
    if isinstance(error, Stale):
        return _("This changed since you opened it. Look again, and decide anew.")
    if isinstance(error, StripeUnavailable):
        return _("Stripe doesn’t answer at the moment. Try again in a minute: nothing is ever done twice.")
    if isinstance(error, StripeRefused):
        return _("Stripe said no: %(why)s") % {"why": error}
    return str(error)


class ActionPage:
    """
    One action that a person may do to ``payment`` or ``subscription``, or with ``stripe_event``.

    They are as the person sees them now; ``version`` is the digest of that. Raise ``PermissionDenied`` for
    who may not.
    """

    def __init__(
        self,
        request: HttpRequest,
        action: Action,
        *,
        payment: Payment | None = None,
        subscription: Subscription | None = None,
        stripe_event: StripeEvent | None = None,
        version: str = "",
        about: dict[str, Any] | None = None,
    ) -> None:
        self.actor = cast(User, request.user)
        if not self.actor.has_perm(PERMISSIONS[action]):
            raise PermissionDenied
        self.request, self.action = request, action
        self.payment, self.subscription, self.stripe_event = payment, subscription, stripe_event
        self.version, self.about = version, about or {}
        blank = {"form_id": uuid4(), "version": version}
        self.form: ActionForm = FORMS.get(action, ActionForm)(
            request.POST if request.method == "POST" else None, initial=blank, payment=payment
        )

    @property
    def is_answered(self) -> bool:
        """Whether there is something to carry out, or to refuse: a page with mistakes is shown again."""
        return self.form.is_bound and (self.form.is_valid() or self._is_over())

    def _is_over(self) -> bool:
        """Whether a form with mistakes was done already, or is out of date, so that none can be mended."""
        cleaned = self.form.cleaned_data
        return bool(cleaned.get("form_id")) and (bool(self._done()) or cleaned.get("version") != self.version)

    def _done(self) -> StaffAction | None:
        """Return the record of what this form did already; one that was interrupted did nothing for sure."""
        records = StaffAction.objects.filter(
            form_id=str(self.form.cleaned_data["form_id"]),
            action=self.action,
            payment=self.payment,
            subscription=self.subscription,
            stripe_event=self.stripe_event,
        )
        return records.exclude(outcome=ActionOutcome.BEGUN).first()

    def execute(self) -> None:
        """Do it, and leave a message with what came of it."""
        try:
            record = self._done() or execute(self._command())
        except REFUSALS as error:
            tell = messages.warning if isinstance(error, Stale) else messages.error
            tell(self.request, explain(error))
        else:
            tell = messages.success if record.outcome == ActionOutcome.DONE else messages.error
            tell(self.request, record.words or _("It is kept."))

    def _command(self) -> StaffCommand:
        """Return what was asked for; raise ``Stale`` if it makes no sense any more."""
        cleaned = self.form.cleaned_data
        if self.version and (cleaned.get("version") != self.version or not self._is_possible()):
            raise Stale
        return StaffCommand(
            action=self.action,
            actor=self.actor,
            reason=cleaned["reason"],
            form_id=str(cleaned["form_id"]),
            payment=self.payment,
            subscription=self.subscription,
            stripe_event=self.stripe_event,
            version=cleaned["version"],
            **self.form.details(),
        )

    def _is_possible(self) -> bool:
        if self.subscription:
            return self.action in memberships.possible(self.subscription)
        return self.stripe_event is not None or (
            self.payment is not None and self.action in possible(self.payment)
        )

    def render(self, site: AdminSite) -> HttpResponse:
        context = {
            **site.each_context(self.request),
            "title": self.action.label,
            "action": self.action,
            "form": self.form,
            "payment": self.payment,
            "subscription": self.subscription,
            "stripe_event": self.stripe_event,
            **self._explanation(),
            **self.about,
        }
        folder = "admin/payments/actions/membership" if self.subscription else "admin/payments/actions"
        return TemplateResponse(self.request, f"{folder}/{self.action.value}.html", context)

    def _explanation(self) -> dict[str, Any]:
        """Return what the page needs to say what would happen; nothing is changed by that."""
        if self.subscription:
            return _look_at(self.subscription) if self.action != Action.NOTE else {}
        if self.payment is None:
            return {}
        known: dict[str, Any] = {"booking": self.payment.booking, "seats": self.payment.booking.seat_labels}
        return {**known, **EXPLANATIONS.get(self.action, lambda payment: {})(self.payment)}


def _look(payment: Payment) -> dict[str, Any]:
    try:
        state, judgement = verification.compare_with_stripe(payment)
    except (StripeUnavailable, StripeRefused) as error:
        return {"failure": explain(error)}
    return {"stripe_state": state, "judgement": judgement}


def _look_at(subscription: Subscription) -> dict[str, Any]:
    try:
        return {"at_stripe": memberships.look(subscription)}
    except (StripeUnavailable, StripeRefused) as error:
        return {"failure": explain(error)}


def _undrawn(payment: Payment) -> dict[str, Any]:
    undrawn = payment.booking.tickets.exclude(drawing_error="").select_related("seat").defer("qr_png")
    return {"undrawn": undrawn}


EXPLANATIONS = {Action.ASK: _look, Action.REDRAW: _undrawn, Action.RELEASE: _look}
