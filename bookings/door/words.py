"""The words of the verdicts that the page has with it, for when there is no server to ask."""

from django.utils.translation import gettext as _

from bookings.models import Verdict


def words() -> dict[str, dict[str, str]]:
    """
    Return for each verdict the ``word`` that is written large, and what is to be ``say``-d beside it.

    In braces is what the device fills in: ``{at}``, ``{gate}``, ``{age}`` and ``{minutes}``. Besides: a
    ticket that is ``younger`` than the device's list; what it can't decide since it has ``no_list``, or
    mustn't, as it can't keep it; and whatever ``else`` the server refuses to record.
    """
    spoken = {
        Verdict.ADMITTED: (_("Welcome"), ""),
        Verdict.LEFT: (_("Left"), _("They can come back with this ticket.")),
        Verdict.AGAIN: (_("Already scanned"), _("Same ticket. It’s in.")),
        Verdict.INVALID: (_("Not our ticket"), _("Not one of our tickets.")),
        Verdict.UNKNOWN: (_("Not known"), _("It’s ours, but we have no record of it. Ask a supervisor.")),
        Verdict.WRONG_EVENT: (_("Another event"), _("This ticket is for another event.")),
        Verdict.REPLACED: (_("Replaced"), _("Ask for the newer ticket.")),
        Verdict.VOID: (_("Not valid"), _("This ticket was refunded or cancelled.")),
        Verdict.SUSPENDED: (_("Box office"), _("Send them to the box office.")),
        Verdict.NOT_YET: (_("Too early"), _("Doors open at {at}.")),
        Verdict.OVER: (_("Over"), _("The event is over.")),
        Verdict.INSIDE: (_("Already inside"), _("In since {at}, {minutes} min ago.")),
        Verdict.NOT_INSIDE: (_("Not inside"), _("Nobody is inside with this ticket.")),
    }
    found = {verdict.value: {"word": word, "say": say} for verdict, (word, say) in spoken.items()}
    return {**found, **_without_verdict()}


def _without_verdict() -> dict[str, dict[str, str]]:
    return {
        "younger": {"word": _("Welcome"), "say": _("Not on the list, which is {age} min old.")},
        "no_list": {
            "word": _("No answer"),
            "say": _("Nobody was let in: the server can’t be reached, and this device has no list of today."),
        },
        "not_kept": {
            "word": _("Not recorded"),
            "say": _("Nobody was let in: this device has no room left. Clear some space."),
        },
        "else": {"word": _("Not recorded"), "say": ""},
    }
