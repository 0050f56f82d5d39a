"""The sentences that a customer reads about their payment."""

from collections.abc import Callable, Collection

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.messages import explain_replaced_seats
from bookings.models import EventStatus
from bookings.money import format_money
from bookings.when.words import spell
from payments.models import DisputeEffect, Payment, PaymentStatus, Problem, RefundStatus, StripeState
from payments.models.payment import UNPAID
from payments.models.refund import BROKEN
from payments.status.amounts import in_both
from payments.status.row import BookingRow, RefundRow, StatusRow

UNDER_WAY = [RefundStatus.DUE, RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION]
NOT_PAID = [RefundStatus.REFUSED, *BROKEN]

WHY_BACK = {
    Problem.AMOUNT_MISMATCH: gettext_lazy(
        "Your payment of %(received)s arrived, but the tickets cost %(asked)s, so you have no tickets."
    ),
    Problem.CURRENCY_MISMATCH: gettext_lazy(
        "Your payment of %(received)s arrived in a different currency than we asked for, so you have no "
        "tickets."
    ),
    Problem.REFERENCE_MISMATCH: gettext_lazy(
        "Your payment of %(received)s arrived for a different booking than this one, so you have no tickets."
    ),
    Problem.PAID_AFTER_RELEASE: gettext_lazy(
        "Your payment of %(received)s arrived after your seats had been released, and no others were left "
        "at the same price. So you have no tickets."
    ),
    Problem.PAID_AFTER_CANCELLATION: gettext_lazy(
        "Your payment of %(received)s arrived after this booking had been cancelled, so you have no tickets."
    ),
    Problem.EVENT_CALLED_OFF: gettext_lazy(
        "Your payment of %(received)s arrived after the event had been cancelled, so you have no tickets."
    ),
    Problem.PAID_AFTER_EVENT: gettext_lazy(
        "Your payment of %(received)s arrived after the event was over, so you have no tickets."
    ),
    Problem.PAID_TWICE: gettext_lazy(
        "You paid twice: your payment of %(received)s arrived after this booking had been paid. The tickets "
        "of the first payment are valid."
    ),
}


def explain_problem(payment: Payment | StatusRow) -> str:
    """Return why a payment with a problem bought no tickets."""
    if not payment.amount_received:
        return _("Your checkout was completed, but the seats were no longer available.")
    return WHY_BACK[Problem(payment.problem)] % {
        "asked": format_money(payment.amount, payment.currency),
        "received": spell_received(payment),
    }


def spell_received(payment: Payment | StatusRow) -> str:
    """Return what was received, and what the customer paid in their own currency if they did."""
    return in_both(
        payment.amount_received or 0,
        payment.currency_received,
        payment.presentment_amount,
        payment.presentment_currency,
    )


def message(row: StatusRow) -> str:
    """Return what the customer reads about the state of their payment."""
    if row.test_ended_at and row.status not in UNPAID:
        return _("This was a test. No money was charged, and the tickets aren’t valid.")
    return MESSAGES[row.status](row)


def explain_refunds(row: StatusRow) -> str:
    """Return what became of the money, as ``message`` does, for a mail about a refund of the payment."""
    if row.status in (PaymentStatus.REFUND_DUE, PaymentStatus.REFUNDED, PaymentStatus.DISPUTED):
        return MESSAGES[row.status](row)
    if not _sent(row):  # A ticket for nothing was cancelled.
        return _("Nothing was charged for this, so there’s nothing to refund.")
    return _partially_refunded(row)


def _pending(row: StatusRow) -> str:
    if row.stripe_state == StripeState.MISSING:
        return _unknown_to_stripe()
    if row.stripe_state == StripeState.UNREADABLE:
        return _unclear()
    if row.stripe_state == StripeState.OPEN and row.checked_at:
        return _("The payment provider hasn’t received a payment yet.")
    return _("We’re confirming your payment.")


def _processing(row: StatusRow) -> str:
    if row.stripe_state == StripeState.MISSING:
        return _unknown_to_stripe()
    if row.stripe_state == StripeState.UNREADABLE:
        return _unclear()
    if row.instructions_url:
        return _to_be_paid(row)
    if row.asked_at:
        return _("Your bank is still processing the payment. We’re holding your seats.")
    return _("Your bank is processing the payment. We’re holding your seats.")


def _to_be_paid(row: StatusRow) -> str:
    """Return what is left to do, and until when, for whoever pays by a voucher or a transfer."""
    if row.act_until is None:
        return _("Please follow the payment instructions. We’re holding your seats.")
    until = {"until": spell(row.act_until, "DAY_TIME_WITH_ZONE", row.time_zone)}
    if row.must_act(timezone.now()):
        return _("Please pay by %(until)s, as the instructions say. We’re holding your seats.") % until
    return (
        _(
            "The time to pay ended on %(until)s. If you’ve paid, the money is on its way, and we’re still "
            "holding your seats."
        )
        % until
    )


def _unknown_to_stripe() -> str:
    return _("The payment provider can’t find this payment. The box office is looking into it.")


def _unclear() -> str:
    return _(
        "The payment provider’s answer isn’t clear. We’re holding your seats, and the box office is looking "
        "into it. Please don’t pay again."
    )


def _succeeded(row: StatusRow) -> str:
    if all(ticket.stopped_for for ticket in row.tickets):
        return _("You’ve paid, but the tickets are no longer valid. The box office is looking into it.")
    seats = explain_replaced_seats(row.lost_seats, row.seats)
    return " ".join([_paid(row), *([seats] if seats else []), *_going_back(row)])


def _paid(row: StatusRow) -> str:
    if not row.amount_received:
        return _("Your booking is confirmed. There was nothing to pay. Your tickets are below.")
    return " ".join([_("Paid. Your tickets are below."), *_how_much(row)])


def _how_much(row: StatusRow) -> list[str]:
    """Return what was paid, if that isn't what the customer saw on our pages before."""
    amounts = {
        "paid": spell_received(row),
        "discount": format_money(row.amount_discount, row.currency),
        "tax": format_money(row.tax_added, row.currency),
    }
    match bool(row.amount_discount), bool(row.tax_added):
        case True, True:
            words = _("You paid %(paid)s, after a discount of %(discount)s and including %(tax)s of tax.")
        case True, False:
            words = _("You paid %(paid)s, after a discount of %(discount)s.")
        case False, True:
            words = _("You paid %(paid)s, including %(tax)s of tax.")
        case _:
            words = _("You paid %(paid)s.") if row.presentment_amount is not None else ""
    return [words % amounts] if words else []


def _failed(row: StatusRow) -> str:
    if row.event_status == EventStatus.CANCELLED:
        return _("The event was cancelled before you paid. Nothing was charged.")
    return " ".join([_("The payment didn’t go through. Nothing was charged."), _what_of_seats(row)])


def _expired(row: StatusRow) -> str:
    if row.cancelled_at:
        return " ".join([_("You cancelled before paying. Nothing was charged."), _what_of_seats(row)])
    if row.event_status == EventStatus.CANCELLED:
        return _("The event was cancelled before you paid. Nothing was charged.")
    return " ".join([_("The time to pay is over. Nothing was charged."), _what_of_seats(row)])


def _what_of_seats(row: StatusRow) -> str:
    """
    Return what became of the seats of an unpaid booking that is over.

    Whether they are free now isn't said: that changes, and this customer may have them by another booking.
    """
    if isinstance(row, BookingRow) and row.has_seats_again:
        return _("You have another booking for these seats.")
    return _("The seats were released.")


def _refund_due(row: StatusRow) -> str:
    return " ".join([*_problem(row), *_whole_way_back(row)])


def _whole_way_back(row: StatusRow) -> list[str]:
    if _sent(row) and row.problem:
        return [_sent_of_all(row), *_going_back(row, NOT_PAID)]
    if _sent(row):
        return [_partially_refunded(row, NOT_PAID)]
    if _sum(row, [RefundStatus.UNKNOWN]):
        return _going_back(row, NOT_PAID)
    came_to_nothing = _sum(row, NOT_PAID)
    if came_to_nothing and not _sum(row, UNDER_WAY):
        return [_not_sent(row, min(came_to_nothing, row.amount_received))]
    if row.problem:
        return [_("You’ll get all of it back automatically.")]
    if kept := _kept(row):
        amounts = {"back": _money(row, row.amount_received - kept), "all": _received(row)}
        return [_("%(back)s of your %(all)s is on its way back to you.") % amounts, *_fee(row)]
    return [_("Your payment of %(amount)s is on its way back to you.") % {"amount": _received(row)}]


def _refunded(row: StatusRow) -> str:
    if not row.amount_received:
        return _nothing_back(row)
    amount = {"amount": _spell(row, [RefundStatus.SUCCEEDED])}
    if row.problem:
        return " ".join([explain_problem(row), _("All of it, %(amount)s, was refunded.") % amount])
    if any(not ticket.stopped_for for ticket in row.tickets):  # Another payment has bought them.
        return _("Your payment of %(amount)s was refunded.") % amount
    return _("Your payment of %(amount)s was refunded. The tickets are no longer valid.") % amount


def _nothing_back(row: StatusRow) -> str:
    if row.problem:
        return " ".join([explain_problem(row), _("Nothing was charged.")])
    return _("Your booking is cancelled. Nothing was charged, so there’s nothing to refund.")


def _partially_refunded(row: StatusRow, broken: Collection[str] = BROKEN) -> str:
    are_over = bool(row.tickets) and all(ticket.stopped_for for ticket in row.tickets)
    over = [_("The tickets are no longer valid.")] * are_over
    return " ".join([_sent_of_all(row), *_going_back(row, broken), *over])


def _sent_of_all(row: StatusRow) -> str:
    amounts = {"sent": _spell(row, [RefundStatus.SUCCEEDED]), "all": _received(row)}
    return _("%(sent)s of your %(all)s was refunded.") % amounts


def _disputed(row: StatusRow) -> str:
    left = row.amount_received - _sent(row)
    if _taken(row) < left:
        return " ".join([*_parts(row), *_what_parts_leave(row)])
    is_lost = _taken(row, DisputeEffect.LOST) >= left > 0
    match is_lost, bool(row.problem):
        case True, False:
            return _("The bank reversed this payment, so the tickets are no longer valid.")
        case True, True:
            return _("The bank reversed this payment. You have no tickets from it.")
        case False, True:
            return _(
                "This payment is disputed, and the bank decides about the money. You have no tickets from it."
            )
    return _("This payment is disputed. The tickets are on hold until the bank has decided.")


def _parts(row: StatusRow) -> list[str]:
    """Return what of the payment the bank has taken, and what of it is disputed, a sentence each."""
    is_open, is_lost = _taken(row, DisputeEffect.OPEN), _taken(row, DisputeEffect.LOST)
    disputed = _("%(part)s of your %(all)s is disputed, and the bank decides about it.")
    taken = _("The bank reversed %(part)s of your %(all)s.")
    return [
        words % {"part": _money(row, part), "all": _received(row)}
        for words, part in ((taken, is_lost), (disputed, is_open))
        if part
    ]


def _what_parts_leave(row: StatusRow) -> list[str]:
    """Return how the tickets stand while a part is disputed or lost, and what else goes back."""
    sent = [_sent_of_all(row)] * bool(_sent(row))
    if row.problem:
        return [explain_problem(row), *sent, *_going_back(row, NOT_PAID)]
    stopped = [bool(ticket.stopped_for) for ticket in row.tickets]
    if not any(stopped):
        tickets = _("Your tickets are still valid.")
    elif all(stopped):
        tickets = _("None of your tickets is valid right now. Each says why.")
    else:
        tickets = _("A ticket that isn’t valid says why. The others are still valid.")
    return [tickets, *sent, *_going_back(row)]


def _taken(row: StatusRow, *effects: DisputeEffect) -> int:
    """Return the sum of the disputes whose money isn't here, or of those with these ``effects``."""
    parts = [dispute.part for dispute in row.disputes if not effects or dispute.effect in effects]
    return min(sum(parts), row.amount_received)


def _problem(row: StatusRow) -> list[str]:
    return [explain_problem(row)] if row.problem else []


def _going_back(row: StatusRow, broken: Collection[str] = BROKEN) -> list[str]:
    """
    Return what is being refunded, what should be and couldn't, and which fee is kept, a sentence each.

    Together that is never more than what isn't gone yet: somebody may have sent a part by hand.
    """
    left = max(0, row.amount_received - _sent(row) - _taken(row))
    under_way = min(left, _sum(row, UNDER_WAY))
    unknown = min(left - under_way, _sum(row, [RefundStatus.UNKNOWN]))
    failed = min(left - under_way - unknown, _sum(row, broken))
    on_its_way = _("%(amount)s is on its way back to you.") % {"amount": _money(row, under_way)}
    unclear = _("We don’t know yet whether %(amount)s was refunded. The box office is finding out.")
    return [
        *[on_its_way] * bool(under_way),
        *[unclear % {"amount": _money(row, unknown)}] * bool(unknown),
        *[_not_sent(row, failed)] * bool(failed),
        *_fee(row),
    ]


def _fee(row: StatusRow) -> list[str]:
    kept = {"amount": _money(row, _kept(row))}
    return [_("The cancellation fee was %(amount)s.") % kept] if _kept(row) else []


def _kept(row: StatusRow) -> int:
    """Return the fee for cancelling, less what staff have refunded of it since."""
    gone = _sum(row, [RefundStatus.SUCCEEDED, *UNDER_WAY, *BROKEN])
    return max(0, min(row.fee, row.amount_received - gone))


def _not_sent(row: StatusRow, amount: int) -> str:
    return _(
        "Your refund of %(amount)s hasn’t worked yet. The box office is taking care of it, and you don’t "
        "need to do anything."
    ) % {"amount": _money(row, amount)}


def _sum(row: StatusRow, statuses: Collection[str]) -> int:
    """Return the sum of the refunds in these ``statuses``, in the minor unit."""
    return sum(refund.amount for refund in _refunds(row, statuses))


def _refunds(row: StatusRow, statuses: Collection[str]) -> list[RefundRow]:
    return [refund for refund in row.refunds if refund.status in statuses and refund.amount]


def _spell(row: StatusRow, statuses: Collection[str]) -> str:
    """Return the sum of these refunds as text, also in the customer's currency where Stripe has said it."""
    refunds = _refunds(row, statuses)
    amount = sum(refund.amount for refund in refunds)
    if not refunds or any(refund.presentment_amount is None for refund in refunds):
        return _money(row, amount)
    presented = sum(refund.presentment_amount or 0 for refund in refunds)
    return in_both(amount, row.currency_received, presented, refunds[0].presentment_currency)


def _sent(row: StatusRow) -> int:
    return _sum(row, [RefundStatus.SUCCEEDED])


def _received(row: StatusRow) -> str:
    return spell_received(row)


def _money(row: StatusRow, amount: int) -> str:
    return format_money(amount, row.currency_received)


MESSAGES: dict[PaymentStatus, Callable[[StatusRow], str]] = {
    PaymentStatus.PENDING: _pending,
    PaymentStatus.PROCESSING: _processing,
    PaymentStatus.SUCCEEDED: _succeeded,
    PaymentStatus.FAILED: _failed,
    PaymentStatus.EXPIRED: _expired,
    PaymentStatus.REFUND_DUE: _refund_due,
    PaymentStatus.REFUNDED: _refunded,
    PaymentStatus.PARTIALLY_REFUNDED: _partially_refunded,
    PaymentStatus.DISPUTED: _disputed,
}
