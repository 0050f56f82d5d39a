"""The page between a button and its action: it explains, asks why, and only then acts."""

from typing import Any, cast
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _

from payments.admin.forms.actions import ActionForm, AddressForm, NameForm
from payments.admin.forms.moves import MoveForm
from payments.admin.forms.refunds import (
    AssignDisputeForm,
    AssignRefundForm,
    RefundForm,
    RetryRefundForm,
    WaiveRefundForm,
)
from payments.gateway.errors import StripeRefused, StripeUnavailable, Unreadable
from payments.models import Action, ActionOutcome, Payment, StaffAction, StripeEvent, Subscription
from payments.staff.actions import PERMISSIONS, execute, is_possible, version_of
from payments.staff.commands import NotPossible, StaffCommand, Stale, Subject

FORMS: dict[Action, type[ActionForm]] = {
    Action.REFUND: RefundForm,
    Action.RETRY_REFUND: RetryRefundForm,
    Action.ASSIGN_REFUND: AssignRefundForm,
    Action.ASSIGN_DISPUTE: AssignDisputeForm,
    Action.WAIVE_REFUND: WaiveRefundForm,
    Action.ADDRESS: AddressForm,
    Action.NAME: NameForm,
    Action.MOVE: MoveForm,
}
# What is explained to staff instead of being an error of the page.
REFUSALS = (Stale, NotPossible, StripeUnavailable, StripeRefused)


def explain(error: Exception) -> str:
    """Say why something wasn't done, or couldn't be found out."""
    if isinstance(error, Stale):
        return _("This changed since you opened it. Check it and try again.")
    if isinstance(error, StripeUnavailable):
        return _("Can’t reach Stripe right now. Try again in a minute. Nothing is done twice.")
    if isinstance(error, Unreadable):
        return _("Admit can’t use Stripe’s answer, so nothing was changed: %(why)s") % {"why": error}
    if isinstance(error, StripeRefused):
        return _("Stripe refused: %(why)s") % {"why": error}
    return str(error)


class ActionPage:
    """
    One action of a staff member on ``subject``, which is as they see it now.

    Raise ``PermissionDenied`` if they may not do it.
    """

    def __init__(self, request: HttpRequest, action: Action, subject: Subject) -> None:
        self.actor = cast(User, request.user)
        if not self.actor.has_perm(PERMISSIONS[action]):
            raise PermissionDenied
        self.request, self.action, self.subject = request, action, subject
        self.about, self.version = _named(subject), version_of(subject)
        self.form: ActionForm = FORMS.get(action, ActionForm)(
            request.POST if request.method == "POST" else None,
            initial={"form_id": uuid4(), "version": self.version},
            payment=self.about["payment"],
        )

    @property
    def is_answered(self) -> bool:
        """Whether there is something to do, or to refuse. If not, the page is shown, maybe with mistakes."""
        return self.form.is_bound and (self.form.is_valid() or self._is_over())

    def _is_over(self) -> bool:
        """Whether correcting its mistakes would be useless: the form was done already, or is out of date."""
        cleaned = self.form.cleaned_data
        return bool(cleaned.get("form_id")) and (bool(self._done()) or cleaned.get("version") != self.version)

    def _done(self) -> StaffAction | None:
        """Return the record of what this form did already; one that was interrupted doesn't count."""
        records = StaffAction.objects.filter(
            form_id=str(self.form.cleaned_data["form_id"]), action=self.action, **self.about
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
            tell(self.request, record.words or _("Note saved."))

    def _command(self) -> StaffCommand:
        """Return what was asked for; raise ``Stale`` if it makes no sense any more."""
        cleaned = self.form.cleaned_data
        # An event that was applied meanwhile is no reason: applying it again changes nothing, and says so.
        makes_sense = isinstance(self.subject, StripeEvent) or is_possible(self.subject, self.action)
        if cleaned.get("version") != self.version or not makes_sense:
            raise Stale
        return StaffCommand(
            action=self.action,
            actor=self.actor,
            reason=cleaned["reason"],
            form_id=str(cleaned["form_id"]),
            version=cleaned["version"],
            **self.about,
            **self.form.details(),
        )


def _named(subject: Subject) -> dict[str, Any]:
    """Return ``subject`` by the names that records, commands and templates have for it."""
    match subject:
        case Payment():
            return {"payment": subject, "subscription": None, "stripe_event": None}
        case Subscription():
            return {"payment": None, "subscription": subject, "stripe_event": None}
        case StripeEvent():
            return {"payment": subject.payment, "subscription": None, "stripe_event": subject}
