"""Messages to customers about replaced seats, sold-out events and tickets that aren't valid."""

from collections.abc import Collection

from django.utils.text import get_text_list
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bookings.models import StopReason
from bookings.models.ticket import SUSPENDING_REASONS
from bookings.orders.codes import CodeUsedUp, UnknownCode

WHY_STOPPED = {
    StopReason.REFUND_ASKED: _(
        "A refund was asked for, so this ticket admits nobody. Once the money is sent back, it is no longer "
        "valid; if it can’t be sent, the ticket is valid again."
    ),
    StopReason.DISPUTED: _(
        "The payment is disputed with the bank. Until that is decided, this ticket admits nobody; after that "
        "the very same one may be valid again."
    ),
    StopReason.REFUNDED: _("This ticket was refunded, so it admits nobody any more."),
    StopReason.CHARGED_BACK: _("The bank took the payment back, so this ticket admits nobody any more."),
    StopReason.TEST_ENDED: _("This ticket was bought in a test, so it’s not valid."),
    StopReason.RENAMED: _(
        "This ticket was replaced by one with another name, so it admits nobody any more. The new one was "
        "sent to the e-mail address of the booking."
    ),
    StopReason.MOVED: _(
        "This ticket was replaced by one for another seat, so it admits nobody any more. The new one was "
        "sent to the e-mail address of the booking."
    ),
}


def marks() -> dict[str, str]:
    """Return the label shown in place of a stopped ticket's QR code, by the sentence that explains why."""
    return {
        str(words): gettext("On hold") if reason in SUSPENDING_REASONS else gettext("Not valid")
        for reason, words in WHY_STOPPED.items()
    }


def explain_replaced_seats(lost: Collection[str], instead: Collection[str]) -> str:
    """Say which seats a late payment couldn't get and which it got instead; return "" if it got its own."""
    gone = [label for label in lost if label not in instead]
    if not gone:
        return ""
    return ngettext(
        "Seat %(gone)s was taken before your payment came, so you have %(instead)s at the same price.",
        "Seats %(gone)s were no longer all free when your payment came, so you have %(instead)s at the same "
        "price.",
        len(gone),
    ) % {"gone": join_labels(gone), "instead": join_labels(instead)}


def explain_moved_seats(now: Collection[str]) -> str:
    """Say which seats a customer has ``now``, after staff have moved them."""
    return ngettext(
        "Your seat was changed: you have %(seats)s now. Earlier tickets for another seat aren’t valid any "
        "more.",
        "Your seats were changed: you have %(seats)s now. Earlier tickets for other seats aren’t valid any "
        "more.",
        len(now),
    ) % {"seats": join_labels(now)}


def join_labels(labels: Collection[str]) -> str:
    """Return ``labels`` as a list in a sentence: "A-1, A-2 and A-3"."""
    return get_text_list(list(labels), gettext("and"))


def explain_tickets_soon() -> str:
    """Say that there is nothing to buy yet."""
    return gettext("There are no tickets for this event yet.")


def explain_sold_out(free: int) -> str:
    """Say that fewer seats are left than requested, and how many."""
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
