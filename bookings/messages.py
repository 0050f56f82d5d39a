"""Messages to customers about replaced seats, sold-out events and tickets that aren't valid."""

from collections.abc import Collection

from django.utils.text import get_text_list
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bookings.models import StopReason, Ticket
from bookings.orders.codes import CodeUsedUp, UnknownCode

WHY_STOPPED = {
    StopReason.REFUND_ASKED: _(
        "You asked for a refund, so this ticket is on hold. Once the money is refunded, it’s no longer "
        "valid. If the refund fails, it’s valid again."
    ),
    StopReason.DISPUTED: _(
        "The payment is disputed. This ticket is on hold until the bank has decided. After that it may be "
        "valid again, with the same code."
    ),
    StopReason.REFUNDED: _("This ticket was refunded, so it’s no longer valid."),
    StopReason.CHARGED_BACK: _("The bank reversed the payment, so this ticket is no longer valid."),
    StopReason.TEST_ENDED: _("This ticket was bought in a test, so it’s not valid."),
    StopReason.RENAMED: _(
        "The name on this ticket was changed, so this code is no longer valid. We emailed the new ticket to "
        "the address of the booking."
    ),
    StopReason.MOVED: _(
        "The seat of this ticket was changed, so this code is no longer valid. We emailed the new ticket to "
        "the address of the booking."
    ),
}


def explain_replaced_seats(lost: Collection[str], instead: Collection[str]) -> str:
    """Say which seats a late payment couldn't get and which it got instead; return "" if it got its own."""
    gone = [label for label in lost if label not in instead]
    if not gone:
        return ""
    return ngettext(
        "Seat %(gone)s was taken before your payment arrived, so you have %(instead)s at the same price.",
        "Seats %(gone)s were no longer all free when your payment arrived, so you have %(instead)s at the "
        "same price.",
        len(gone),
    ) % {"gone": join_labels(gone), "instead": join_labels(instead)}


def explain_moved_seats(now: Collection[str]) -> str:
    """Say which seats a customer has ``now``, after staff have moved them."""
    return ngettext(
        "Your seat was changed: you have %(seats)s now. Earlier tickets for another seat are no longer "
        "valid.",
        "Your seats were changed: you have %(seats)s now. Earlier tickets for other seats are no longer "
        "valid.",
        len(now),
    ) % {"seats": join_labels(now)}


def explain_new_name(ticket: Ticket) -> str:
    """Say that ``ticket`` has another name than the one that it replaced."""
    words = gettext("The name on %(seat)s is now %(name)s. The old code has stopped working.")
    return words % {"seat": ticket.seat.label, "name": ticket.holder}


def join_labels(labels: Collection[str]) -> str:
    """Return ``labels`` as a list in a sentence: "A-1, A-2 and A-3"."""
    return get_text_list(list(labels), gettext("and"))


def explain_tickets_soon() -> str:
    """Say that there is nothing to buy yet."""
    return gettext("There are no tickets for this event yet.")


def explain_sold_out(free: int, *, has_limit: bool = False) -> str:
    """Say that fewer seats are left than requested, and how many; ``has_limit``: up to the price wanted."""
    if has_limit and not free:
        return gettext("All seats at these prices are taken.")
    if has_limit:
        words = ngettext(
            "Only %(free)d seat is left at these prices.",
            "Only %(free)d seats are left at these prices.",
            free,
        )
        return words % {"free": free}
    if not free:
        return gettext("All seats are taken.")
    return ngettext("Only %(free)d seat is left.", "Only %(free)d seats are left.", free) % {"free": free}


def explain_code(problem: UnknownCode | CodeUsedUp) -> str:
    """Say why a promotion or access code can't be used."""
    match problem:
        case CodeUsedUp(by_customer=True):
            words = gettext("You have used the code %(code)s already.")
        case CodeUsedUp():
            words = gettext("The code %(code)s is used up.")
        case _:
            words = gettext("The code %(code)s isn’t known here, or isn’t valid now.")
    return words % {"code": problem.code}
