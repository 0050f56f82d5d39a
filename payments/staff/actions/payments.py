"""
What staff can do to a payment: each calls the function that all else uses, and leaves who, when and why.

What they can do to a membership is in ``payments.staff.actions.memberships``, and is carried out here too.

A repair is offered only where it makes sense, explains itself first, and is one action however often its form
is sent. A page that is out of date is refused.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.models import BookingStatus, StopReason, Ticket, TicketStatus
from bookings.tickets import qr_codes
from bookings.tickets.issuing import resend_mail
from customers.claims import correct_address
from payments.gateway.errors import StripeRefused, StripeUnavailable, UnknownToStripe
from payments.gateway.sessions import expire_session
from payments.ledger.payment_state import recompute
from payments.ledger.refunds import NotRefundable, refundable_amount, request_refund
from payments.ledger.reseating import NotReseatable, reseat, why_not_reseatable
from payments.ledger.settlement import expire_missing, settle
from payments.ledger.verification import ask
from payments.models import (
    Action,
    ActionOutcome,
    Cause,
    Notification,
    NotificationKind,
    Origin,
    Payment,
    PaymentStatus,
    Refund,
    StaffAction,
)
from payments.notifications import notify
from payments.staff.actions import memberships
from payments.staff.commands import NotPossible, StaffCommand, Stale
from payments.webhook import intake

PERMISSIONS = {
    Action.ASK: "payments.ask_stripe",
    Action.REPLAY: "payments.ask_stripe",
    Action.RELEASE: "payments.release_hold",
    Action.RESEAT: "payments.reseat",
    Action.REFUND: "payments.refund",
    Action.RETRY_REFUND: "payments.refund",
    Action.ASSIGN_REFUND: "payments.refund",
    Action.WAIVE_REFUND: "payments.refund",
    Action.RESEND: "payments.resend_tickets",
    Action.ADDRESS: "payments.resend_tickets",
    Action.REDRAW: "payments.resend_tickets",
    Action.NOTE: "payments.note",
    Action.LET_GO: "payments.release_hold",
}


def version_of(payment: Payment) -> str:
    """Return a digest of all that a person decides by; asking Stripe and finding nothing new keeps it."""
    payment = Payment.objects.with_booking().get(pk=payment.pk)
    booking = payment.booking
    seen: list[Any] = [payment.status, payment.problem, booking.status, str(booking.mailed_at), booking.email]
    seen += payment.refunds.order_by("pk").values_list("pk", "status", "waived_at")
    seen += payment.disputes.order_by("pk").values_list("pk", "status")
    seen += booking.tickets.order_by("pk").values_list("pk", "status", "drawing_error")
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def execute(command: StaffCommand) -> StaffAction:
    """
    Do what ``command`` says, once for its form, and return the record of it.

    A form that was sent before isn't done again: its record says what came of it then, which may be a
    refusal. Raise ``PermissionDenied``, ``Stale``, ``NotPossible``, or what asking Stripe raises. Whatever is
    raised once the record exists is noted on it as well.
    """
    if not command.actor.has_perm(PERMISSIONS[command.action]):
        raise PermissionDenied
    if command.version and command.version != _version_now(command):
        if earlier := StaffAction.objects.filter(form_id=command.form_id).first():
            return _require_finished(earlier)
        raise Stale
    record, is_new = _record(command)
    if not is_new or command.action == Action.NOTE:
        return _require_finished(record)
    try:
        actions = memberships.ACTIONS if command.subscription else ACTIONS
        words = actions[command.action](command)
    except (NotRefundable, NotReseatable) as error:
        _conclude(record, ActionOutcome.REFUSED, _("Not done: %(why)s") % {"why": error})
        raise NotPossible(str(error)) from error
    except Exception as error:
        outcome = (
            ActionOutcome.REFUSED if isinstance(error, NotPossible | StripeRefused) else ActionOutcome.FAILED
        )
        _conclude(record, outcome, _("Not done: %(why)s") % {"why": str(error) or repr(error)})
        raise
    return _conclude(record, ActionOutcome.DONE, words)


def _version_now(command: StaffCommand) -> str:
    if command.payment:
        return version_of(command.payment)
    return memberships.version_of(command.subscription) if command.subscription else command.version


def _record(command: StaffCommand) -> tuple[StaffAction, bool]:
    """Return the record of ``command`` and whether it is new: a form that is sent twice has one."""
    is_note = command.action == Action.NOTE
    try:
        with transaction.atomic():
            return StaffAction.objects.create(
                form_id=command.form_id,
                action=command.action,
                actor=command.actor,
                payment=command.payment,
                subscription=command.subscription,
                stripe_event=command.stripe_event,
                reason=command.reason,
                outcome=ActionOutcome.DONE if is_note else ActionOutcome.BEGUN,
            ), True
    except IntegrityError:
        return StaffAction.objects.get(form_id=command.form_id), False


def _require_finished(record: StaffAction) -> StaffAction:
    """Return what was done before; raise ``NotPossible`` where nobody knows whether it was."""
    if record.outcome == ActionOutcome.BEGUN:
        raise NotPossible(_("This was begun before, and interrupted. Look how it stands, and decide anew."))
    return record


def _conclude(record: StaffAction, outcome: ActionOutcome, words: str) -> StaffAction:
    record.outcome, record.words = outcome, words
    record.save(update_fields=["outcome", "words"])
    return record


# What is possible


def possible(payment: Payment) -> list[Action]:
    """Return what makes sense for ``payment`` as it is now, in the order of the buttons."""
    return [action for action, is_possible in POSSIBLE.items() if is_possible(payment)]


def _has_tickets(payment: Payment) -> bool:
    live = payment.booking.tickets.exclude(status=TicketStatus.VOID)
    return payment.booking.status == BookingStatus.CONFIRMED and payment.has_bought and live.exists()


POSSIBLE: dict[Action, Callable[[Payment], bool]] = {
    Action.ASK: lambda payment: bool(payment.session_id),
    Action.RELEASE: lambda payment: payment.status == PaymentStatus.PENDING and bool(payment.session_id),
    Action.RESEAT: lambda payment: not why_not_reseatable(payment),
    Action.REFUND: lambda payment: payment.is_paid and refundable_amount(payment) > 0,
    Action.RETRY_REFUND: lambda payment: payment.refunds.broken().exists(),
    Action.ASSIGN_REFUND: lambda payment: payment.refunds.unassigned().exists(),
    Action.WAIVE_REFUND: lambda payment: payment.refunds.broken().exists(),
    Action.RESEND: _has_tickets,
    Action.ADDRESS: _has_tickets,
    Action.REDRAW: lambda payment: payment.booking.tickets.exclude(drawing_error="").exists(),
    Action.NOTE: lambda payment: True,
}


# The actions


def _ask(command: StaffCommand) -> str:
    payment = _payment(command)
    before = payment.status
    if not payment.claim():
        return _("Stripe was asked less than ten seconds ago; nothing was asked again.")
    payment = ask(payment, cause=Cause.STAFF)
    if payment.status != before:
        change = {"before": PaymentStatus(before).label, "after": PaymentStatus(payment.status).label}
        return _("Stripe knew more: %(before)s is now %(after)s.") % change
    return _("Stripe says: %(state)s. Nothing had to be changed.") % {
        "state": payment.get_stripe_state_display()
    }


def _replay(command: StaffCommand) -> str:
    event = command.stripe_event
    if event is None:
        raise NotPossible(_("No event was named."))
    try:
        outcome = intake.apply_again(event)
    except intake.NotApplied as error:
        raise NotPossible(_("It failed again; the event shows why.")) from error
    if outcome == intake.DUPLICATE:
        return _("It had been applied already; nothing was changed.")
    return _("It is applied now.")


def _release(command: StaffCommand) -> str:
    payment = _payment(command)
    bookings = type(payment.booking).objects.filter(pk=payment.booking_id, cancelled_at=None)
    bookings.update(cancelled_at=timezone.now())
    try:
        payment = settle(expire_session(str(payment.session_id)), cause=Cause.STAFF)
    except UnknownToStripe as error:
        if not expire_missing(payment, cause=Cause.STAFF):
            raise NotPossible(
                _("Stripe doesn't know its session. A day after its end it can be let go.")
            ) from error
        return _("Stripe doesn't know its session, which is long over; the seats are free.")
    except StripeUnavailable as error:
        Payment.objects.filter(pk=payment.pk).check_soon()
        raise NotPossible(
            _("Stripe can't be reached. The session is closed, and the seats freed, as soon as it can.")
        ) from error
    if payment.status == PaymentStatus.EXPIRED:
        return _("Stripe closed the session, and the seats are free.")
    return _("Nothing was released: the payment is %(status)s.") % {"status": payment.get_status_display()}


def _reseat(command: StaffCommand) -> str:
    labels = ", ".join(ticket.seat.label for ticket in reseat(_payment(command), cause=Cause.STAFF))
    return _("The customer has %(seats)s now; the tickets are being mailed.") % {"seats": labels}


def _refund(command: StaffCommand) -> str:
    request_refund(
        _payment(command),
        origin=Origin.STAFF,
        cause=Cause.STAFF,
        amount=command.amount,
        tickets=command.tickets,
    )
    return _("The refund is being sent to Stripe.")


def _retry_refund(command: StaffCommand) -> str:
    if command.refund is None:
        raise NotPossible(_("No refund was named."))
    request_refund(_payment(command), origin=Origin.STAFF, cause=Cause.STAFF, replaces=command.refund)
    return _("The refund is being sent to Stripe again.")


@transaction.atomic
def _assign_refund(command: StaffCommand) -> str:
    payment = Payment.objects.filter(pk=_payment(command).pk).lock()
    refund = command.refund
    if refund is None or not payment.refunds.unassigned().filter(pk=refund.pk).exists():
        raise NotPossible(_("That refund isn't waiting to be assigned."))
    if any(ticket.booking_id != payment.booking_id for ticket in command.tickets):
        raise NotPossible(_("Choose tickets of this booking."))
    if Ticket.objects.filter(pk__in=[t.pk for t in command.tickets], stopped_for=StopReason.RENAMED).exists():
        raise NotPossible(_("One of the tickets was replaced by another. Decide again."))
    refund.tickets.set(command.tickets)
    Refund.objects.filter(pk=refund.pk).update(assigned_at=timezone.now())
    if not command.tickets:
        return _("It was for none of the tickets; they stay as they are.")
    recompute(payment, cause=Cause.STAFF)
    notify(Notification(payment=payment, kind=NotificationKind.GIVEN_UP, refund=refund))
    return _("The tickets are void, and their seats free.")


@transaction.atomic
def _waive_refund(command: StaffCommand) -> str:
    payment = Payment.objects.filter(pk=_payment(command).pk).lock()
    refund = command.refund
    if refund is None or not payment.refunds.broken().filter(pk=refund.pk).exists():
        raise NotPossible(_("That refund isn't waiting for anybody."))
    Refund.objects.filter(pk=refund.pk).update(waived_at=timezone.now())
    recompute(payment, cause=Cause.STAFF)
    return _("It counts as settled; no money moves.")


def _resend(command: StaffCommand) -> str:
    payment = _payment(command)
    if not _has_tickets(payment):
        raise NotPossible(_("There are no tickets that admit somebody."))
    resend_mail(payment.booking)
    return _("The tickets are being mailed to %(email)s.") % {"email": payment.booking.email}


@transaction.atomic
def _correct_address(command: StaffCommand) -> str:
    payment = _payment(command)
    if not (command.email and _has_tickets(payment)):
        raise NotPossible(_("There are no tickets that admit somebody."))
    old = payment.booking.email
    correct_address(payment.booking, command.email, keeps_account=command.keeps_account)
    resend_mail(payment.booking)
    return _("The tickets are being mailed to %(new)s; before, it was %(old)s.") % {
        "new": command.email,
        "old": old,
    }


def _redraw(command: StaffCommand) -> str:
    undrawn = list(_payment(command).booking.tickets.exclude(drawing_error=""))
    for ticket in undrawn:
        try:
            qr_codes.redraw(ticket.pk)
        except qr_codes.NotDrawn as error:
            raise NotPossible(_("Drawing failed again: %(why)s") % {"why": error}) from error
    return ngettext("%(n)d code was drawn.", "%(n)d codes were drawn.", len(undrawn)) % {"n": len(undrawn)}


def _payment(command: StaffCommand) -> Payment:
    if command.payment is None:
        raise NotPossible(_("No payment was named."))
    return Payment.objects.with_booking().get(pk=command.payment.pk)


ACTIONS: dict[Action, Callable[[StaffCommand], str]] = {
    Action.ASK: _ask,
    Action.REPLAY: _replay,
    Action.RELEASE: _release,
    Action.RESEAT: _reseat,
    Action.REFUND: _refund,
    Action.RETRY_REFUND: _retry_refund,
    Action.ASSIGN_REFUND: _assign_refund,
    Action.WAIVE_REFUND: _waive_refund,
    Action.RESEND: _resend,
    Action.ADDRESS: _correct_address,
    Action.REDRAW: _redraw,
}
# What a view explains to the person instead of failing.
REFUSALS = (Stale, NotPossible, StripeUnavailable, StripeRefused)
