"""Staff move the customer of a paid booking to other seats."""

from django.conf import settings
from django.utils.translation import gettext as _

from bookings.money import format_money
from bookings.seats.moving import NotMovable
from bookings.when.words import spell
from payments.checkout.exchange import open_exchange
from payments.ledger import moving
from payments.ledger.moving import Quote, quote_moves
from payments.models import Cause, Payment
from payments.pause import SalesPaused
from payments.staff.commands import NotPossible, StaffCommand


def move(payment: Payment, command: StaffCommand) -> str:
    """Move tickets at once, or hold dearer seats and say where they are paid for."""
    try:
        if quote_moves(payment, command.seats).is_exchange:
            return _offer(open_exchange(payment, command.seats, agreed=command.agreed))
        return _tell(moving.move(payment, command.seats, agreed=command.agreed, cause=Cause.STAFF))
    except NotMovable as error:
        raise NotPossible(str(error)) from error
    except SalesPaused as error:
        raise NotPossible(_("Sales are paused, so customers can’t pay right now.")) from error


def _tell(quote: Quote) -> str:
    about = {"seats": ", ".join(str(move) for move in quote.moves)}
    if not quote.back:
        return _("Moved: %(seats)s. Emailing the new tickets.") % about
    about["back"] = format_money(quote.back, quote.payment.currency)
    return _("Moved: %(seats)s. Emailing the new tickets, refunding %(back)s.") % about


def _offer(own: Payment) -> str:
    event = own.booking.event
    words = _("On hold until %(until)s: %(seats)s. The customer gets a payment link for %(money)s: %(url)s")
    return words % {
        "seats": ", ".join(own.booking.seat_labels),
        "until": spell(own.expires_at, "DAY_TIME_WITH_ZONE", event.time_zone),
        "money": format_money(own.amount, own.currency),
        "url": settings.SITE_URL + own.booking.get_absolute_url(),
    }
