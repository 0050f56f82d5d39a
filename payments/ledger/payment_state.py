"""How the status of a paid payment, and of its tickets, follows from its refunds and disputes."""

from collections.abc import Sequence

from django.db.models import Min
from django.db.models.functions import Coalesce

from bookings.models import BookingStatus, StopReason, TicketStatus
from bookings.tickets.validity import Change, stop_tickets
from payments.ledger.state_matrix import stripe_state_for
from payments.models import Cause, Dispute, Payment, PaymentStatus, Refund, RefundStatus, StripeState
from payments.models.dispute import is_only_exchange
from payments.models.refund import BROKEN, UNDER_WAY


def recompute(payment: Payment, *, cause: Cause) -> list[Change]:
    """
    Set the status of a paid payment and of its tickets by its refunds and disputes; return what changed.

    The caller has locked the payment and its booking. The result depends only on the rows as they are now, so
    it is the same in whatever order they were saved, and however often this is called.
    """
    refunds = list(payment.refunds.standing().prefetch_related("tickets"))
    disputes = list(payment.disputes.prefetch_related("tickets"))
    changes = []
    if payment.has_bought:
        changes = stop_tickets(payment.booking, reasons_to_stop(payment, refunds, disputes))
    status = status_of(payment, refunds, disputes)
    if status != payment.status:
        payment.move(status, cause=cause)
    else:
        payment.booking.publish()  # The page shows the refunds, too.
    payment.stripe_state = _state_at_stripe(payment, refunds, disputes)
    _plan_check(payment, refunds, disputes)
    payment.save(update_fields=["stripe_state", "checks", "next_check_at"])
    return changes


def _plan_check(payment: Payment, refunds: Sequence[Refund], disputes: Sequence[Dispute]) -> None:
    """Let the reconciler ask Stripe as long as a refund or a dispute isn't over, or isn't understood."""
    is_under_way = any(refund.status in UNDER_WAY or refund.stripe_status for refund in refunds)
    is_under_way = is_under_way or any(dispute.is_open or dispute.stripe_status for dispute in disputes)
    if not is_under_way and payment.status != PaymentStatus.REFUND_DUE:
        payment.next_check_at = None
    elif payment.next_check_at is None:
        payment.plan_check(checks=0)


def status_of(payment: Payment, refunds: Sequence[Refund], disputes: Sequence[Dispute]) -> PaymentStatus:
    """Return the status of a paid payment with these ``refunds`` (its standing ones) and ``disputes``."""
    received = payment.amount_received or 0
    requested = sum(refund.amount for refund in refunds)
    refunded = sum(refund.amount for refund in refunds if refund.status == RefundStatus.SUCCEEDED)
    # The fee for a cancelled ticket isn't owed to the customer, and buys nothing any more.
    accounted = requested + sum(refund.fee for refund in refunds)
    if any(dispute.effect for dispute in disputes):
        return PaymentStatus.DISPUTED
    if not received:  # Nothing can go back, so only its tickets say whether it still buys something.
        is_over = payment.problem or payment.booking.status == BookingStatus.CANCELLED
        return PaymentStatus.REFUNDED if is_over else PaymentStatus.SUCCEEDED
    if refunded >= received:
        return PaymentStatus.REFUNDED
    if payment.problem or (accounted >= received and refunded < requested):
        return PaymentStatus.REFUND_DUE
    return PaymentStatus.PARTIALLY_REFUNDED if refunded else PaymentStatus.SUCCEEDED


def _state_at_stripe(payment: Payment, refunds: Sequence[Refund], disputes: Sequence[Dispute]) -> StripeState:
    return stripe_state_for(
        amount=payment.amount_received or 0,
        refunded=sum(refund.amount for refund in refunds if refund.is_accepted),
        is_disputed=any(dispute.effect for dispute in disputes),
    )


def reasons_to_stop(
    payment: Payment, refunds: Sequence[Refund], disputes: Sequence[Dispute]
) -> dict[int, StopReason]:
    """
    Return the ids of the tickets of ``payment`` that aren't valid, each with the gravest reason.

    A refund or a dispute of a part stops the tickets that it is known to be about. Once no money is left that
    could pay for a ticket, all are stopped.
    """
    accepted = [refund for refund in refunds if refund.is_accepted]
    lost = [dispute for dispute in disputes if dispute.is_lost and _is_decisive(dispute)]
    taking = [dispute for dispute in disputes if dispute.effect]
    live = payment.booking.tickets.exclude(status=TicketStatus.VOID).values_list("pk", flat=True)
    reasons = {
        ticket.pk: StopReason.REFUND_ASKED
        for refund in refunds
        if refund.status in (RefundStatus.DUE, RefundStatus.UNKNOWN, *BROKEN)
        for ticket in refund.tickets.all()
    }
    reasons |= {ticket.pk: StopReason.DISPUTED for dispute in taking for ticket in dispute.tickets.all()}
    if not all(_is_decisive(dispute) for dispute in taking) or pays_for_nothing(payment, accepted, taking):
        reasons |= dict.fromkeys(live, StopReason.DISPUTED)
    refunded = {ticket.pk: StopReason.REFUNDED for refund in accepted for ticket in refund.tickets.all()}
    reasons |= refunded
    back, received = sum(refund.amount for refund in accepted), payment.amount_received or 0
    if received and back >= received:
        reasons |= dict.fromkeys(live, StopReason.REFUNDED)
    reasons |= {ticket.pk: StopReason.CHARGED_BACK for dispute in lost for ticket in dispute.tickets.all()}
    if pays_for_nothing(payment, accepted, lost):
        reasons |= dict.fromkeys(set(live) - refunded.keys(), StopReason.CHARGED_BACK)
    if payment.test_ended_at:
        reasons |= dict.fromkeys(live, StopReason.TEST_ENDED)
    return reasons


def _is_decisive(dispute: Dispute) -> bool:
    """Whether it is known what a dispute is about. If not, no ticket is lost before staff have said it."""
    return dispute.is_measured or dispute.assigned_at is not None


def pays_for_nothing(payment: Payment, refunds: Sequence[Refund], disputes: Sequence[Dispute]) -> bool:
    """
    Whether these ``disputes``, with what went back by ``refunds``, leave nothing that could pay for a ticket.

    The fee of a cancelled ticket pays for no other one. A dispute of everything can be a little smaller than
    the payment, because banks convert at the rate of another day. Unless staff have said which tickets it is
    about, such a rest counts as nothing.
    """
    measured = [dispute for dispute in disputes if dispute.is_measured]
    if not measured:
        return False
    received = payment.amount_received or 0
    accounted = sum(refund.amount + refund.fee for refund in refunds)
    rest = received - accounted - sum(dispute.part for dispute in measured)
    if rest <= 0:
        return True
    is_judged = all(dispute.assigned_at for dispute in measured)
    return not is_judged and is_only_exchange(rest, received) and rest < _cheapest(payment)


def _cheapest(payment: Payment) -> int:
    """Return the least that was paid for a seat whose ticket isn't void; 0 if there is none."""
    live = payment.booking.tickets.exclude(status=TicketStatus.VOID).values("seat")
    paid = payment.booking.booked_seats.current().annotate(worth_of=Coalesce("paid", "price"))
    charged = paid.filter(seat__in=live, worth_of__gt=0)
    return charged.aggregate(lowest=Min("worth_of"))["lowest"] or 0
