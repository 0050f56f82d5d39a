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
from payments.status.row import RefundRow, StatusRow

UNDER_WAY = [RefundStatus.DUE, RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION]
NOT_PAID = [RefundStatus.REFUSED, *BROKEN]

WHY_BACK = {
    Problem.AMOUNT_MISMATCH: gettext_lazy(
        "Your payment of %(received)s arrived, but the seats cost %(asked)s, so it bought no tickets."
    ),
    Problem.CURRENCY_MISMATCH: gettext_lazy(
        "Your payment of %(received)s arrived in another currency than the one asked for, so it bought no "
        "tickets."
    ),
    Problem.REFERENCE_MISMATCH: gettext_lazy(
        "Your payment of %(received)s arrived, but it named another booking than this one, so it bought no "
        "tickets."
    ),
    Problem.PAID_AFTER_RELEASE: gettext_lazy(
        "Your payment of %(received)s arrived after your seats had been let go, and there were no others at "
        "the same price, so it bought no tickets."
    ),
    Problem.PAID_AFTER_CANCELLATION: gettext_lazy(
        "Your payment of %(received)s arrived after this booking had been cancelled, so it bought no tickets."
    ),
    Problem.EVENT_CALLED_OFF: gettext_lazy(
        "Your payment of %(received)s arrived after the event had been called off, so it bought no tickets."
    ),
    Problem.PAID_AFTER_EVENT: gettext_lazy(
        "Your payment of %(received)s arrived after the event was over, so it bought no tickets."
    ),
    Problem.PAID_TWICE: gettext_lazy(
        "Your payment of %(received)s arrived, but this booking had been paid already. The tickets are those "
        "of the first payment."
    ),
}


def explain_problem(payment: Payment | StatusRow) -> str:
    """Return why a payment with a problem bought no tickets."""
    if not payment.amount_received:
        return _("Your checkout was completed, but the seats couldn’t be booked any more.")
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


def _pending(row: StatusRow) -> str:
    if row.stripe_state == StripeState.MISSING:
        return _unknown_to_stripe()
    if row.stripe_state == StripeState.UNREADABLE:
        return _unclear()
    if row.stripe_state == StripeState.OPEN and row.checked_at:
        return _("The payment provider was asked, and knew of no payment yet.")
    return _("We are waiting for word of your payment.")


def _processing(row: StatusRow) -> str:
    if row.stripe_state == StripeState.MISSING:
        return _unknown_to_stripe()
    if row.stripe_state == StripeState.UNREADABLE:
        return _unclear()
    if row.instructions_url:
        return _to_be_paid(row)
    if row.asked_at:
        return _("Your bank is still working on the payment. Your seats are held for you.")
    return _("Your bank is working on the payment. Your seats are held for you.")


def _to_be_paid(row: StatusRow) -> str:
    """Return what is left to do, and until when, for whoever pays by a voucher or a transfer."""
    if row.act_until is None:
        return _("Please pay as the instructions say. Your seats are held for you.")
    until = {"until": spell(row.act_until, "DAY_TIME_WITH_ZONE", row.time_zone)}
    if row.must_act(timezone.now()):
        return _("Please pay by %(until)s: the instructions say how. Your seats are held for you.") % until
    return (
        _(
            "The time to pay ended on %(until)s. If you have paid, the money is on its way, and your seats "
            "stay held."
        )
        % until
    )


def _unknown_to_stripe() -> str:
    return _("The payment provider doesn’t know this payment. The box office looks into it.")


def _unclear() -> str:
    return _(
        "The payment provider’s answer isn’t clear. Your seats are held, and the box office looks into it. "
        "Please don’t pay a second time."
    )


def _succeeded(row: StatusRow) -> str:
    if all(ticket.stopped_for for ticket in row.tickets):
        return _("Paid, but the tickets are no longer valid. The box office takes care of it.")
    seats = explain_replaced_seats(row.lost_seats, row.seats)
    return " ".join([_paid(row), *([seats] if seats else []), *_going_back(row)])


def _paid(row: StatusRow) -> str:
    if not row.amount_received:
        return _("Your booking is confirmed, and there was nothing to pay. Your tickets are below.")
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
        return _("The event was called off before it was paid. Nothing was charged.")
    return _("The payment did not go through. Nothing was charged and the seats are free again.")


def _expired(row: StatusRow) -> str:
    if row.cancelled_at:
        return _("You cancelled. Nothing was charged and the seats are free again.")
    if row.event_status == EventStatus.CANCELLED:
        return _("The event was called off before it was paid. Nothing was charged.")
    return _("The time to pay has ended. Nothing was charged and the seats are free again.")


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
        return [_("All of it goes back to you by itself.")]
    if kept := _kept(row):
        amounts = {"back": _money(row, row.amount_received - kept), "all": _received(row)}
        return [_("%(back)s of your %(all)s is on its way back to you.") % amounts, *_fee(row)]
    return [_("Your payment of %(amount)s is on its way back to you.") % {"amount": _received(row)}]


def _refunded(row: StatusRow) -> str:
    if not row.amount_received:
        return _nothing_back(row)
    amount = {"amount": _spell(row, [RefundStatus.SUCCEEDED])}
    if row.problem:
        return " ".join([explain_problem(row), _("All of it, %(amount)s, was sent back to you.") % amount])
    return _("Your payment of %(amount)s was sent back to you. The tickets are no longer valid.") % amount


def _nothing_back(row: StatusRow) -> str:
    if row.problem:
        return " ".join([explain_problem(row), _("Nothing was charged.")])
    return _("Your booking is cancelled. Nothing was charged, so nothing goes back.")


def _partially_refunded(row: StatusRow, broken: Collection[str] = BROKEN) -> str:
    are_over = bool(row.tickets) and all(ticket.stopped_for for ticket in row.tickets)
    over = [_("The tickets are no longer valid.")] * are_over
    return " ".join([_sent_of_all(row), *_going_back(row, broken), *over])


def _sent_of_all(row: StatusRow) -> str:
    amounts = {"sent": _spell(row, [RefundStatus.SUCCEEDED]), "all": _received(row)}
    return _("%(sent)s of your %(all)s was sent back to you.") % amounts


def _disputed(row: StatusRow) -> str:
    left = row.amount_received - _sent(row)
    if _taken(row) < left:
        return " ".join([*_parts(row), *_what_parts_leave(row)])
    is_lost = _taken(row, DisputeEffect.LOST) >= left > 0
    match is_lost, bool(row.problem):
        case True, False:
            return _("The bank has taken this payment back, so the tickets are void.")
        case True, True:
            return _("The bank has taken this payment back. It bought no tickets.")
        case False, True:
            return _(
                "This payment is disputed with the bank, which decides about the money. It bought no tickets."
            )
    return _("This payment is disputed with the bank. Until that is decided, the tickets are on hold.")


def _parts(row: StatusRow) -> list[str]:
    """Return what of the payment the bank has taken, and what of it is disputed, a sentence each."""
    is_open, is_lost = _taken(row, DisputeEffect.OPEN), _taken(row, DisputeEffect.LOST)
    disputed = _("%(part)s of your %(all)s is disputed with the bank, which decides about it.")
    taken = _("The bank has taken %(part)s of your %(all)s back.")
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
        tickets = _("Your tickets stay valid.")
    elif all(stopped):
        tickets = _("None of your tickets is valid at the moment. Each says why.")
    else:
        tickets = _("A ticket that isn’t valid says why. The others stay valid.")
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
    unclear = _("We don’t know yet whether %(amount)s was sent back to you. The box office is finding out.")
    return [
        *[on_its_way] * bool(under_way),
        *[unclear % {"amount": _money(row, unknown)}] * bool(unknown),
        *[_not_sent(row, failed)] * bool(failed),
        *_fee(row),
    ]


def _fee(row: StatusRow) -> list[str]:
    kept = {"amount": _money(row, _kept(row))}
    return [_("A fee of %(amount)s for cancelling is kept.") % kept] if _kept(row) else []


def _kept(row: StatusRow) -> int:
    """Return the fee for cancelling, less what staff have refunded of it since."""
    gone = _sum(row, [RefundStatus.SUCCEEDED, *UNDER_WAY, *BROKEN])
    return max(0, min(row.fee, row.amount_received - gone))


def _not_sent(row: StatusRow, amount: int) -> str:
    return _(
        "Sending %(amount)s back to you didn’t work yet. The box office takes care of it; there is nothing "
        "for you to do."
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
