"""What the door says, in a sentence for each verdict. It is read at arm's length, so it is short."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Event, Scan, StopReason, Ticket
from bookings.when.words import spell

WHY_VOID = {
    StopReason.REFUNDED: gettext_lazy("Refunded on %(day)s."),
    StopReason.CHARGED_BACK: gettext_lazy("Charged back by the bank on %(day)s."),
    StopReason.TEST_ENDED: gettext_lazy("Bought in test mode."),
}
WHY_SUSPENDED = {
    StopReason.REFUND_ASKED: gettext_lazy("A refund was requested. Send them to the box office."),
    StopReason.DISPUTED: gettext_lazy("The payment is disputed. Send them to the box office."),
}


def say_invalid(hint: str) -> str:
    words = _("Not one of our tickets.")
    return f"{words} {hint}" if hint else words


def say_unknown() -> str:
    return _("It’s ours, but we have no record of it. Ask a supervisor.")


def say_wrong_event(event: Event) -> str:
    day = spell(event.starts_at, "WEEKDAY_DAY_TIME", event.time_zone)
    return _("For another event: %(title)s, %(day)s.") % {"title": event.title, "day": day}


def say_stopped(ticket: Ticket, event: Event) -> str:
    """Say why ``ticket`` doesn't admit: replaced, void or on hold."""
    reason = StopReason(ticket.stopped_for)
    if reason in WHY_SUSPENDED:
        return str(WHY_SUSPENDED[reason])
    day = spell(ticket.stopped_at, "DAY_TIME", event.time_zone) if ticket.stopped_at else ""
    words = str(WHY_VOID.get(reason) or _("Replaced on %(day)s. Ask for the newer ticket."))
    return words % {"day": day}


def say_not_yet(event: Event) -> str:
    at = spell(event.admits_from, "WEEKDAY_DAY_TIME", event.time_zone)
    return _("Doors open %(at)s.") % {"at": at}


def say_over(event: Event) -> str:
    at = spell(event.ends_at, "WEEKDAY_DAY_TIME", event.time_zone)
    return _("The event ended %(at)s.") % {"at": at}


def say_again() -> str:
    return _("Same ticket. It’s in.")


def say_inside(inside: Scan, ticket: Ticket, event: Event, at: datetime) -> str:
    """Say since when somebody is in this seat, where they came in, and who if it's another's ticket."""
    since = inside.corrected_at
    minutes = max(int((at - since).total_seconds() // 60), 0)
    parts = [
        _("In since %(time)s") % {"time": spell(since, "TIME", event.time_zone)},
        inside.gate,
        _("%(minutes)d min ago") % {"minutes": minutes},
    ]
    if inside.ticket and inside.ticket_id != ticket.pk:
        parts.append(_("with the ticket of %(name)s") % {"name": inside.ticket.holder})
    return ", ".join(filter(None, parts)) + "."


def say_admitted() -> str:
    return _("Welcome.")


def say_left() -> str:
    return _("Left. They can come back with this ticket.")


def say_not_inside() -> str:
    return _("Nobody is inside with this ticket.")
